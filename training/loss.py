"""What the reader is to learn, as one number.

Where the answer begins and ends, or that there is none (Devlin et al. 2019): cross entropy
over a window's tokens. And which of a question's passages answers: cross entropy over what they
are ranked by later, their relevance and how near the question they are, so that what one passage
says can be weighed against what another does (Clark & Gardner 2018).

A part of the targets may be what a teacher says to the same question in the passage's language
(distillation, Hinton et al. 2015): within a language it knows better what it reads.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from service.confidence import Calibration
from service.reader import Logits
from training.features import NULL, Read

_NEVER = -1e4


def loss_of(
    logits: Tensor,
    groups: Sequence[Sequence[Read]],
    ranking: float,
    teaching: float = 0.0,
    teacher: Sequence[Logits | None] = (),
) -> Tensor:
    """The loss of a batch; ``logits``, ``(windows, tokens, 2)``, are in the groups' order.

    So are those of the ``teacher``, of each window's ``taught``; ``teaching`` is its share of
    the targets of a window that it was asked about.
    """
    reads = [read for group in groups for read in group]
    allowed = _allowed(reads, logits.shape[1]).to(logits.device)
    logits = logits.masked_fill(~allowed[..., None], _NEVER)
    targets = torch.tensor([(read.start, read.end) for read in reads], device=logits.device)
    wanted = functional.one_hot(targets, logits.shape[1]).transpose(1, 2).to(logits)
    for row, said in enumerate(teacher):
        if said is not None:
            soft = _soft(reads[row], said, logits.shape[1]).to(logits)
            wanted[row] = torch.lerp(wanted[row], soft, teaching)
    # Log-probabilities of what is not allowed are finite, so that nothing times them is nothing.
    spans = -(wanted * functional.log_softmax(logits, 1)).sum(1).mean()
    if not ranking:
        return spans
    return spans + ranking * _ranking(logits, targets, groups)


def _soft(read: Read, said: Logits, width: int) -> Tensor:
    """What a teacher says, ``(width, 2)``, at the tokens where the window has the same ones."""
    shift = len(read.taught) - len(read.ids)
    there = [NULL, *range(read.first + shift, read.last + shift)]
    soft = torch.zeros(width, 2)
    soft[[NULL, *range(read.first, read.last)]] = torch.from_numpy(said[there]).softmax(0)
    return soft


def _ranking(logits: Tensor, targets: Tensor, groups: Sequence[Sequence[Read]]) -> Tensor:
    """Of questions that are answered: how surely the passage that answers stands first."""
    null = logits[:, NULL].sum(-1)
    right = logits.gather(1, targets[:, None, :]).squeeze(1).sum(-1) - null
    best = logits[:, NULL + 1 :].amax(1).sum(-1) - null
    losses, at = [], 0
    for group in groups:
        if group[0].start != NULL and len(group) > 1:
            relevance = torch.cat([right[at : at + 1], best[at + 1 : at + len(group)]])
            scores = relevance + _closeness(group).to(relevance)
            losses.append(-functional.log_softmax(scores, 0)[0])
        at += len(group)
    return torch.stack(losses).mean() if losses else logits.sum() * 0


def _closeness(group: Sequence[Read]) -> Tensor:
    """What the passages' cosines add to their relevance; one not found is as far as the last."""
    found = [read.cosine for read in group if read.cosine is not None]
    last = min(found, default=0.0)
    cosines = [last if read.cosine is None else read.cosine for read in group]
    return Calibration().dense_weight * torch.tensor(cosines)


def _allowed(reads: Sequence[Read], width: int) -> Tensor:
    """The tokens that an answer may stand at: those of the passage, and the one for none."""
    allowed = torch.zeros(len(reads), width, dtype=torch.bool)
    allowed[:, NULL] = True
    for row, read in enumerate(reads):
        allowed[row, read.first : read.last] = True
    return allowed
