"""Text files → articles, with a seed header or without.

Without one the title is the first line, if it looks like a title, and the date
is the one that the file's name begins with. The text is the file, unchanged.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Final

from indexer.article import Article, Span
from indexer.language import detect
from indexer.sources import dates, seed
from indexer.sources.content import BOM, decode, line_bounds, skip_blanks

_LONGEST_TITLE: Final = 200
# A title is left out of the passages. A first paragraph of one sentence must not be.
_SENTENCE_ENDS: Final = (".", "…", ":", ",", ";", "。", "।", "۔", "።", "။")


def parse(data: bytes, *, source_root: str, source: str, article_id: str | None = None) -> Article:
    """The article of a text file; its id is ``source`` unless another is given.

    Raises SourceError where the bytes are no text, or a seed header is wrong.
    """
    text = decode(data, source)
    header = seed.header(text, source)
    if header:
        published_at: str | None = header.published_at
        title_span, body_start = header.title_span, header.body_start
    else:
        published_at = dates.from_name(PurePosixPath(source).name)
        title_span, body_start = _first_line(text)
    return Article(
        id=article_id or source,
        text=text,
        title=text[title_span.start : title_span.end] if title_span else None,
        published_at=published_at,
        language=detect(text),
        body_start=body_start,
        title_span=title_span,
        source_root=source_root,
        source=source,
    )


def _first_line(text: str) -> tuple[Span | None, int]:
    """The span of a title, and where the body begins: (None, 0) without a title."""
    start = skip_blanks(text, 1 if text.startswith(BOM) else 0)
    line_end, next_line = line_bounds(text, start)
    title = text[start:line_end].rstrip()
    blank_follows = not text[next_line : line_bounds(text, next_line)[0]].strip()
    body_start = skip_blanks(text, next_line)
    if (
        len(title) > _LONGEST_TITLE
        or title.endswith(_SENTENCE_ENDS)
        or not blank_follows
        or body_start == len(text)
    ):
        return None, 0
    return Span(start, start + len(title)), body_start
