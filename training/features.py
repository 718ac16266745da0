"""Examples → token ids and targets, cut into the very windows that the reader reads."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from service.windows import Window, cut_question, windows
from training.examples import Example, Shown

if TYPE_CHECKING:
    from indexer.tokenizer import Tokenized, Tokenizer

#: The token whose logits say "no answer here".
NULL = 0


@dataclass(frozen=True)
class Read:
    """A window to read: its token ids, where its passage's tokens begin and end, its targets.

    ``start`` and ``end`` are tokens of ``ids``, both ``NULL`` where the window has no answer.
    ``cosine`` is the passage's, where it was found. ``taught`` are the ids of the same window
    with the question in the passage's language, where that is to teach this one.
    """

    ids: list[int]
    first: int
    last: int
    start: int = NULL
    end: int = NULL
    cosine: float | None = None
    taught: list[int] = field(default_factory=list)


class Features:
    """Makes what the model is shown of an example. Deterministic for a seed."""

    def __init__(self, tokenizer: Tokenizer, *, negatives: int, seed: int) -> None:
        self._tokenizer = tokenizer
        self._negatives = negatives
        self._chance = random.Random(seed)  # noqa: S311

    def of(self, example: Example) -> list[Read]:
        """The windows of a question: first the one that answers, if one does, then others.

        Of the others as many as a question is to have, by chance, the better ones likelier.
        Empty where the answer can't be shown whole.
        """
        asked = self._encode([example.question])[0]
        found: list[Read] = []
        if example.passage is not None and example.span is not None:
            right = [
                read
                for window in self._windows(asked, example.passage)
                if (read := targeted(window, example.span)) is not None
            ]
            if not right:
                return []
            found.append(
                self._finished(self._chance.choice(right), example, example.passage, asked)
            )
        for other in self._chosen(example.others):
            seen = self._windows(asked, other)
            if seen:
                read = _without_answer(self._chance.choice(seen))
                found.append(self._finished(read, example, other, asked))
        return found

    def _finished(self, read: Read, example: Example, shown: Shown, asked: Tokenized) -> Read:
        """With the passage's cosine, and what teaches it.

        Where nothing answers there is no teacher: it would say what is to be unlearnt.
        """
        teacher = example.wordings.get(shown.language or "")
        taught = []
        if teacher is not None and example.span is not None:
            instead = cut_question(self._encode([teacher])[0])
            taught = [read.ids[0], *instead, *read.ids[1 + len(cut_question(asked)) :]]
        return replace(read, cosine=shown.cosine, taught=taught)

    def _chosen(self, others: Sequence[Shown]) -> list[Shown]:
        """By chance, without repeats; each has two thirds of the chance of the one before."""
        pool = list(others)
        chosen: list[Shown] = []
        while pool and len(chosen) < self._negatives:
            weights = [(2 / 3) ** place for place in range(len(pool))]
            place = self._chance.choices(range(len(pool)), weights)[0]
            chosen.append(pool.pop(place))
        return chosen

    def _windows(self, asked: Tokenized, passage: Shown) -> list[Window]:
        return windows(asked, self._encode([passage.head]), self._encode([passage.text]))

    def _encode(self, texts: list[str]) -> Sequence[Tokenized]:
        return self._tokenizer.encode_batch(texts, add_special_tokens=False)


def targeted(window: Window, span: tuple[int, int]) -> Read | None:
    """The window with the tokens of a span as targets, None where it does not have them all."""
    start, end = span
    inside = [
        token
        for token, (begins, ends) in enumerate(window.offsets)
        if begins < end and ends > start and begins < ends
    ]
    if not inside or window.offsets[inside[0]][0] > start or window.offsets[inside[-1]][1] < end:
        return None
    return replace(
        _without_answer(window), start=window.first + inside[0], end=window.first + inside[-1]
    )


def _without_answer(window: Window) -> Read:
    return Read(window.ids, window.first, window.first + len(window.offsets))


def batches(
    groups: Sequence[Sequence[Read]], tokens: int, chance: random.Random
) -> list[list[Sequence[Read]]]:
    """Groups of alike length together, padded to at most ``tokens``, in an order by chance."""
    found: list[list[Sequence[Read]]] = []
    batch: list[Sequence[Read]] = []
    rows = 0
    for width, group in sorted(
        ((max(len(read.ids) for read in group), group) for group in groups),
        key=lambda pair: pair[0],
    ):
        if batch and width * (rows + len(group)) > tokens:
            found.append(batch)
            batch, rows = [], 0
        batch.append(group)
        rows += len(group)
    if batch:
        found.append(batch)
    chance.shuffle(found)
    return found
