"""What the reader is to learn, as one number.

Where the answer begins and ends, or that there is none (Devlin et al. 2019): cross entropy
over a window's tokens. And which of a question's passages answers: cross entropy over their
relevance, as it is ranked by later, so that what one passage says can be weighed against
what another does (Clark & Gardner 2018).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from training.features import NULL, Read

_NEVER = -1e4


def loss_of(logits: Tensor, groups: Sequence[Sequence[Read]], ranking: float) -> Tensor:
    """The loss of a batch; ``logits``, ``(windows, tokens, 2)``, are in the groups' order."""
    reads = [read for group in groups for read in group]
    allowed = _allowed(reads, logits.shape[1]).to(logits.device)
    logits = logits.masked_fill(~allowed[..., None], _NEVER)
    targets = torch.tensor([(read.start, read.end) for read in reads], device=logits.device)
    spans = (
        functional.cross_entropy(logits[..., 0], targets[:, 0])
        + functional.cross_entropy(logits[..., 1], targets[:, 1])
    ) / 2
    if not ranking:
        return spans
    return spans + ranking * _ranking(logits, targets, groups)


def _ranking(logits: Tensor, targets: Tensor, groups: Sequence[Sequence[Read]]) -> Tensor:
    """Of questions that are answered: how surely the passage that answers stands first."""
    null = logits[:, NULL].sum(-1)
    right = logits.gather(1, targets[:, None, :]).squeeze(1).sum(-1) - null
    best = logits[:, NULL + 1 :].amax(1).sum(-1) - null
    losses, at = [], 0
    for group in groups:
        if group[0].start != NULL and len(group) > 1:
            relevance = torch.cat([right[at : at + 1], best[at + 1 : at + len(group)]])
            losses.append(-functional.log_softmax(relevance, 0)[0])
        at += len(group)
    return torch.stack(losses).mean() if losses else logits.sum() * 0


def _allowed(reads: Sequence[Read], width: int) -> Tensor:
    """The tokens that an answer may stand at: those of the passage, and the one for none."""
    allowed = torch.zeros(len(reads), width, dtype=torch.bool)
    allowed[:, NULL] = True
    for row, read in enumerate(reads):
        allowed[row, read.first : read.last] = True
    return allowed
