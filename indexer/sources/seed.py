"""The seed format: `` date YYYY-MM-DD TITLE`` on the first line, a blank line, the body.

The header stays in the text, so that offsets are those of the file; here it is
only found and read. Text without such a header is left to ``plaintext``.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from indexer.article import Span
from indexer.errors import SourceError
from indexer.sources import dates
from indexer.sources.content import line_bounds, skip_blanks

_HEADER: Final = re.compile(r"\ufeff?[ \t]*date[ \t]+([0-9]{4}-[0-9]{2}-[0-9]{2})(?=\s|\Z)")


class Header(NamedTuple):
    """What a header says; ``body_start`` is the first character of the body."""

    published_at: str
    title_span: Span | None
    body_start: int


def header(text: str, source: str) -> Header | None:
    """The seed header that ``text`` begins with, or None.

    Raises SourceError for a header whose date is in no calendar.
    """
    match = _HEADER.match(text)
    if not match:
        return None
    line_end, next_line = line_bounds(text, 0)
    try:
        published_at = dates.normalise(match[1])
    except ValueError as error:
        # Prose may begin like this too, but has no blank line after its first one.
        if text[next_line : line_bounds(text, next_line)[0]].strip():
            return None
        raise SourceError(source, str(error), line=1) from error
    start = skip_blanks(text[:line_end], match.end())
    title = text[start:line_end].rstrip()
    title_span = Span(start, start + len(title)) if title else None
    return Header(published_at, title_span, skip_blanks(text, next_line))
