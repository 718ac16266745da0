"""Question and passage → what a reader sees at once, and back to a span of the passage.

A passage that is longer than what is read at once is read in windows that overlap.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from indexer.article import Span

if TYPE_CHECKING:
    from indexer.tokenizer import Tokenized

_MAX_TOKENS, _STRIDE = 384, 128
_MAX_QUESTION, _MAX_HEAD, _MAX_SPAN = 64, 48, 30
_START, _SEPARATOR = 0, 2
#: What fills a text up to the length of others.
PAD = 1


@dataclass(frozen=True)
class Window:
    """The token ``ids`` of a question, a heading and a part of the ``passage``-th text.

    ``offsets`` are those of the part's tokens in code points of the passage.
    """

    passage: int
    ids: list[int]
    first: int  # where the passage's tokens begin in ``ids``
    offsets: list[tuple[int, int]]

    def best_span(self, logits: npt.NDArray[np.float32]) -> tuple[float, Span]:
        """The span of the highest score, less that of none; ``logits`` are ``(tokens, 2)``."""
        null = float(logits[0].sum())
        inside = slice(self.first, self.first + len(self.offsets))
        starts, ends = logits[inside, 0], logits[inside, 1]
        # All pairs with start <= end < start + 30, as a band of the score matrix.
        scores = starts[:, None] + ends[None, :]
        allowed = np.triu(np.ones_like(scores, dtype=bool)) & ~np.triu(
            np.ones_like(scores, dtype=bool), _MAX_SPAN
        )
        scores = np.where(allowed, scores, -np.inf)
        start, end = np.unravel_index(int(scores.argmax()), scores.shape)
        span = Span(self.offsets[start][0], self.offsets[end][1])
        return float(scores[start, end]) - null, span


def windows(
    question: Tokenized, heads: Sequence[Tokenized], texts: Sequence[Tokenized]
) -> list[Window]:
    """All windows of all passages, in their order; a blank passage has none."""
    asked = cut_question(question)
    return [
        window
        for passage, (head, text) in enumerate(zip(heads, texts, strict=True))
        for window in _of_passage(passage, asked, head, text)
    ]


def cut_question(question: Tokenized) -> list[int]:
    """The ids of a question as far as it is read."""
    return question.ids[:_MAX_QUESTION]


def _of_passage(
    passage: int, asked: list[int], head: Tokenized, text: Tokenized
) -> Iterator[Window]:
    before = [_START, *asked, _SEPARATOR, _SEPARATOR, *head.ids[:_MAX_HEAD]]
    room = _MAX_TOKENS - len(before) - 1
    for at in range(0, max(1, len(text.ids) - _STRIDE), room - _STRIDE):
        ids = text.ids[at : at + room]
        if ids:
            offsets = text.offsets[at : at + room]
            yield Window(passage, [*before, *ids, _SEPARATOR], len(before), offsets)
