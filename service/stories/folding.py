"""Passages found → one for each stretch of text, however many copies of it were found.

A passage that the better ones among copies of its article already say is folded into the
one that says most of it, so that five papers with the same agency text take one place of
those that are read and shown, not five. What only one of the copies has, such as a
paragraph of its own, stays. Which articles are copies is known to ``copies.py``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from indexer.points import published_seconds
from indexer.shingles import shingles
from indexer.store import Candidate, StoredArticle
from service.stories.copies import Stories

#: Of a passage's shingles, how much others must say for it to be folded.
_SAID = 0.8


@dataclass
class Fold:
    """A passage that stands for its copies; ``place`` is its rank among what was found."""

    place: int
    candidate: Candidate
    copies: list[Candidate] = field(default_factory=list)


@dataclass
class _Open:
    fold: Fold
    shingles: set[str]


def fold(
    candidates: Sequence[Candidate], articles: Mapping[str, StoredArticle], stories: Stories
) -> list[Fold]:
    """Folds in the order of the candidates, best first, which they take their places from.

    Of copies that say the same the one that was published first stands for them, and of
    those of one day the best.
    """
    folds: list[Fold] = []
    open_ones: dict[str, list[_Open]] = {}
    for place, candidate in enumerate(candidates):
        copies = stories.copies(candidate.article_id)
        if not copies:
            folds.append(Fold(place, candidate))
            continue
        said = shingles(candidate.text)
        others = [one for article_id in copies for one in open_ones.get(article_id, ())]
        into = _into(said, others)
        if into is not None:
            into.copies.append(candidate)
            continue
        folds.append(Fold(place, candidate))
        open_ones.setdefault(candidate.article_id, []).append(_Open(folds[-1], said))
    for each in folds:
        if each.copies:
            _put_first_published_first(each, articles)
    return folds


def _into(said: set[str], others: Sequence[_Open]) -> Fold | None:
    """The fold that says most of it, None where together they say too little."""
    together = said.intersection(set[str]().union(*(one.shingles for one in others)))
    if not said or len(together) < _SAID * len(said):
        return None
    return max(others, key=lambda one: (len(said & one.shingles), -one.fold.place)).fold


def _put_first_published_first(one: Fold, articles: Mapping[str, StoredArticle]) -> None:
    leading = shingles(one.candidate.text)
    # A copy that says less than the one it is folded into can't stand for it.
    equals = [c for c in one.copies if len(leading & shingles(c.text)) >= _SAID * len(leading)]
    first = min([one.candidate, *equals], key=lambda c: _published(articles[c.article_id]))
    if first is not one.candidate:
        one.copies = [one.candidate, *(c for c in one.copies if c is not first)]
        one.candidate = first


def _published(stored: StoredArticle) -> float:
    """When it was published, in days since 1970: those without a date come last."""
    seconds = published_seconds(stored.article.published_at)
    return float("inf") if seconds is None else seconds // 86400
