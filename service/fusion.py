"""Dense and lexical scores → one score, with regard to language.

A question and a passage in one language are nearer to each other than the same two in
different ones: by 0.05 of cosine, which is more than what tells the article that answers from
one on the same event that does not. Where an archive has several languages, the articles of the
question's own would crowd out the others; so most of that head start is taken off.

Words only ever match within a language, so how much the lexical score counts
depends on whether question and passage speak the same one. Plain reciprocal rank
fusion, which ignores this, loses 26 points of recall at 1 across languages
(``docs/retrieval.md``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from indexer.store import Candidate


@dataclass(frozen=True)
class FusionWeights:
    """Weight of the lexical z-score beside the dense one, by agreement of languages.

    ``head_start`` is the cosine that a passage in the question's language loses. Chosen on the
    development questions (``docs/retrieval.md``).
    """

    same_language: float = 0.3
    other_language: float = 0.1
    head_start: float = 0.03


def levelled(
    candidates: Sequence[Candidate], question_language: str | None, weights: FusionWeights
) -> list[Candidate]:
    """The same, those in the question's language less near by the head start that this gives.

    In an archive of one language all lose as much or none does, which changes no order.
    """
    if question_language is None:
        return list(candidates)
    return [
        replace(candidate, dense=candidate.dense - weights.head_start)
        if candidate.language == question_language
        else candidate
        for candidate in candidates
    ]


def fuse(
    candidates: Sequence[Candidate], question_language: str | None, weights: FusionWeights
) -> list[float]:
    """A score for each candidate; higher is better.

    The dense score is standardised over all candidates, the lexical one over
    those of the same language, so that neither leg's scale nor a language's
    number of passages matters. A passage that its lexical leg did not return gets
    the lowest score of that leg.
    """
    if not candidates:
        return []
    fused = _standardised(np.array([c.dense for c in candidates]))
    by_language: dict[str | None, list[int]] = defaultdict(list)
    for i, candidate in enumerate(candidates):
        by_language[candidate.language].append(i)
    for language, members in by_language.items():
        agree = language is not None and language == question_language
        weight = weights.same_language if agree else weights.other_language
        fused[members] += weight * _standardised(_lexical([candidates[i] for i in members]))
    return [float(score) for score in fused]


def _lexical(candidates: Sequence[Candidate]) -> npt.NDArray[np.float64]:
    known = [c.lexical for c in candidates if c.lexical is not None]
    floor = min(known, default=0.0)
    return np.array([floor if c.lexical is None else c.lexical for c in candidates])


def _standardised(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    spread = scores.std()
    return (scores - scores.mean()) / spread if spread > 0 else np.zeros_like(scores)
