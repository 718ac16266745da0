"""What was read of a passage → its place among the others, and a probability.

The weights were fitted on development questions (``docs/reader.md``);
``benchmarks/calibration.py`` fits them again and shows how far the probability can be
relied on. Below which one nothing is answered is a setting.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from indexer.store import Candidate
from service.answer_kind import fits
from service.reader import Reading

# A blank passage reads as minus infinity, which neither ranking nor JSON can work with.
_LEAST = -100.0


@dataclass(frozen=True)
class Calibration:
    """Scores of the reader → a ranking and a probability.

    ``dense_weight`` is what a cosine of 1 counts beside the reader's relevance. The
    confidence is logistic (Platt scaling) in the relevance, and in whether the answer is of
    another kind than was asked for (``answer_kind.py``). Passages are read on until one has a
    relevance of ``plain``, or none of the others could come first with ``most``: one that is
    less near hardly ever reads as more. What other articles may say to it is read in any case:
    where they are as near as the best one, but for ``close``, and where a second one answers
    plainly.
    """

    dense_weight: float = 150.0
    slope: float = 0.360
    misfit: float = -6.71
    bias: float = -0.174
    plain: float = 8.0
    most: float = 10.0
    close: float = 0.02

    def place(self, candidate: Candidate, reading: Reading) -> float:
        """By this number passages that were read are ordered."""
        return max(reading.relevance, _LEAST) + self.dense_weight * candidate.dense

    def confidence(self, question: str, candidate: Candidate, reading: Reading) -> float:
        """The probability that the passage answers the question; 0 where it has no span."""
        if reading.span.start >= reading.span.end:
            return 0.0
        exponent = (
            self.slope * reading.relevance
            + self.misfit * is_misfit(question, candidate, reading)
            + self.bias
        )
        return 1 / (1 + math.exp(-max(-50.0, min(50.0, exponent))))

    def decided(self, read: list[tuple[Candidate, Reading]], unread: list[Candidate]) -> bool:
        """Whether it is as good as sure that none of the unread matters beside what was read."""
        # An empty span is no answer, however relevant.
        answers = [(c, r) for c, r in read if r.span.start < r.span.end]
        if not answers:
            return not unread
        candidate, reading = max(answers, key=lambda pair: self.place(*pair))
        best = self.place(candidate, reading)
        plainly = {c.article_id for c, r in answers if r.relevance >= self.plain}
        if unread and len(plainly) > 1:
            return False
        if any(
            other.dense > candidate.dense - self.close
            for other in unread
            if other.article_id != candidate.article_id
        ):
            return False
        return reading.relevance >= self.plain or all(
            self.most + self.dense_weight * other.dense <= best for other in unread
        )


def is_misfit(question: str, candidate: Candidate, reading: Reading) -> bool:
    """Whether the answer that was read in a passage is of another kind than was asked for."""
    start, end = reading.span
    return not fits(question, candidate.text[start:end], candidate.text[end:])
