"""A quote or a passage → where copies of its article say the same, if word for word.

A short quote, such as a name, stands in many places: it counts as the same only with the
words around it. A copy that does not have the words is named without a place. Which articles
are copies is known to ``copies.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile

from indexer.article import Span
from indexer.store import Candidate, StoredArticle
from service.answer import Copy
from service.relocation import relocate

# Characters in common, the quote among them, that are no chance in a story told twice.
_TELLING = 40


def quoted_in(
    stored: StoredArticle, span: Span, context: Span, copies: Iterable[StoredArticle]
) -> list[Copy]:
    """The copies, each with the place of the quote in it: those that have it first.

    ``context`` is the sentence around the quote; all texts must be there.
    """
    found = []
    for copy in copies:
        place = _place(stored, span, context, copy.article.text)
        found.append(_copy(copy, place, stored.article.quote(span) if place else None))
    return _in_order(found)


def printed_in(
    candidate: Candidate, copies: Sequence[Candidate], articles: Mapping[str, StoredArticle]
) -> list[Copy]:
    """The articles of a passage's copies, each with its place where it is the very same text."""
    found: dict[str, Copy] = {}
    for copy in copies:
        stored = articles[copy.article_id]
        place = Span(copy.start, copy.end) if copy.text == candidate.text else None
        if copy.article_id != candidate.article_id and (place or copy.article_id not in found):
            found[copy.article_id] = _copy(stored, place, None)
    return _in_order(found.values())


def _place(stored: StoredArticle, span: Span, context: Span, copy: str) -> Span | None:
    """Where a copy has the quote between the same words, None where it does not."""
    text = stored.article.text
    quote = text[span.start : span.end]
    place = relocate(span, quote, copy, text)
    if place is None or copy[place.start : place.end] != quote:
        return None
    before, after = _flat(text[context.start : span.start]), _flat(text[span.end : context.end])
    left = _alike(before[::-1], _flat(copy[: place.start][-2 * len(before) - 1 :])[::-1])
    right = _alike(after, _flat(copy[place.end :][: 2 * len(after) + 1]))
    whole = left == len(before) and right == len(after)
    return place if whole or left + len(quote) + right >= _TELLING else None


def _flat(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def _alike(one: str, other: str) -> int:
    """How many characters the two begin with alike."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _copy(stored: StoredArticle, place: Span | None, quote: str | None) -> Copy:
    article = stored.article
    outlet = article.metadata.get("outlet")
    return Copy(
        article_id=article.id,
        title=article.title,
        url=article.url,
        outlet=outlet if isinstance(outlet, str) else None,
        published_at=article.published_at,
        language=article.language,
        content_sha256=stored.content_sha256,
        start=place.start if place else None,
        end=place.end if place else None,
        quote=quote,
    )


def _in_order(copies: Iterable[Copy]) -> list[Copy]:
    return sorted(
        copies, key=lambda c: (c.start is None, c.published_at or "9", c.outlet or "", c.article_id)
    )
