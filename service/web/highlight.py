"""Where a link into an article points, and whether the article still has that place.

A link carries ``start`` and ``end`` in code points and may carry the hash of the text
that it was made for. How a place is shown is left to the templates.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from indexer.article import Span
from indexer.store import StoredArticle

_FEWEST_DIGITS = 8
_NUMBER = re.compile(r"[0-9]{1,15}")


@dataclass(frozen=True)
class Highlight:
    """The span to mark, and what a reader must be told: ``None`` for both where none was asked for.

    ``cited`` is the span of the version cited, where that is another one than the article's.
    """

    span: Span | None = None
    problem: Literal["changed", "moved", "outside"] | None = None
    cited: Span | None = None


def highlight(
    stored: StoredArticle, start: str | None, end: str | None, content_sha256: str | None
) -> Highlight:
    """What a link's parameters ask for, as they were sent."""
    span = _span(start, end)
    if content_sha256 and not _is_version(content_sha256.lower(), stored.content_sha256):
        return Highlight(problem="changed", cited=span)
    if start is None and end is None:
        return Highlight()
    if span is None or span.end > len(stored.article.text):
        return Highlight(problem="outside")
    return Highlight(span)


def _span(start: str | None, end: str | None) -> Span | None:
    if not (_NUMBER.fullmatch(start or "") and _NUMBER.fullmatch(end or "")):
        return None
    span = Span(int(start or ""), int(end or ""))
    return span if span.start < span.end else None


def _is_version(named: str, current: str) -> bool:
    """Links name a version by the first digits of its hash, at least eight."""
    return len(named) >= _FEWEST_DIGITS and current.startswith(named)
