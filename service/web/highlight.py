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
    """The span to mark, or why none is: ``None`` for both where none was asked for."""

    span: Span | None = None
    problem: Literal["changed", "outside"] | None = None


def highlight(
    stored: StoredArticle, start: str | None, end: str | None, content_sha256: str | None
) -> Highlight:
    """What a link's parameters ask for, as they were sent."""
    if content_sha256 and not _is_version(content_sha256.lower(), stored.content_sha256):
        return Highlight(problem="changed")
    if start is None and end is None:
        return Highlight()
    if not (_NUMBER.fullmatch(start or "") and _NUMBER.fullmatch(end or "")):
        return Highlight(problem="outside")
    span = Span(int(start or ""), int(end or ""))
    if not span.start < span.end <= len(stored.article.text):
        return Highlight(problem="outside")
    return Highlight(span)


def _is_version(named: str, current: str) -> bool:
    """Links name a version by the first digits of its hash, at least eight."""
    return len(named) >= _FEWEST_DIGITS and current.startswith(named)
