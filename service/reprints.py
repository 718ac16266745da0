"""A quote or a passage → where copies of its article say the same, if word for word.

A short quote, such as a name, stands in many places: it counts as the same only with the
words around it. Where a copy has other words it is named without a place. Which articles
are copies is known to ``stories.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from indexer.article import Span
from indexer.store import Candidate, StoredArticle
from service.answer import Copy

_TELLING = 40
"""Characters that say the same wherever they stand, in a story told twice."""
_ALL = 1_000_000


def quoted_in(
    stored: StoredArticle, span: Span, context: Span, copies: Iterable[StoredArticle]
) -> list[Copy]:
    """The copies, each with the place of the quote in it: those that have it first.

    ``context`` is the sentence around the quote; all texts must be there.
    """
    text = stored.article.text
    before, quote, after = (
        text[context.start : span.start],
        text[span.start : span.end],
        text[span.end : context.end],
    )
    found = []
    for copy in copies:
        place = _place(copy.article.text, before, quote, after)
        found.append(_copy(copy, place, quote if place else None))
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


def _place(text: str, before: str, quote: str, after: str) -> Span | None:
    """Where the quote stands in a text as it does between these words."""
    for left, right in ((_ALL, _ALL), (_TELLING, _TELLING), (0, _TELLING), (_TELLING, 0)):
        if min(left, right) == 0 and len(after if right else before) < _TELLING:
            continue  # too little to tell by one side alone
        pattern = _loose(before[-left:] if left else "") + f"({re.escape(quote)})"
        found = re.search(pattern + _loose(after[:right]), text)
        if found:
            return Span(*found.span(1))
    at = text.find(quote) if len(quote) >= _TELLING else -1
    return Span(at, at + len(quote)) if at >= 0 else None


def _loose(words: str) -> str:
    """A pattern for these words, however they are broken into lines."""
    return r"\s+".join(map(re.escape, re.split(r"\s+", words)))


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
