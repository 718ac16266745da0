"""Markdown files → articles: front matter or the first heading gives the title.

The text is the file, unchanged, with front matter and markup in it; the body
begins after the front matter and a heading that is the title. Rendering it is
left to the service.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Final

from indexer.article import Article, Span
from indexer.errors import SourceError
from indexer.language import detect, valid_code
from indexer.sources import dates, fields, frontmatter
from indexer.sources.content import BOM, decode, line_bounds, skip_blanks

_HEADING: Final = re.compile(r" {0,3}#[ \t]+(\S.*?)(?:[ \t]+#+)?[ \t]*\Z")
_FENCE: Final = re.compile(r" {0,3}(```|~~~)")
# Other names that site generators give to a field.
_ALSO: Final = {"date": "published_at", "lang": "language", "authors": "author", "tag": "tags"}


def parse(data: bytes, *, source_root: str, source: str) -> Article:
    """The article of a Markdown file; its id is ``source``.

    Raises SourceError where the bytes are no text, or a field is wrong.
    """
    text = decode(data, source)
    front = frontmatter.read(text)
    record: dict[str, object] = {_ALSO.get(key, key): value for key, value in front.values.items()}
    given = fields.title(record) if isinstance(record.get("title"), str) else None
    title_span = _span_in_front_matter(text, front, given)
    body = front.end or int(text.startswith(BOM))
    body_start = skip_blanks(text, body)
    heading = next(_headings(text, body), None)
    title = given
    if heading and (title is None or title == text[heading.start : heading.end]):
        title, title_span = text[heading.start : heading.end], heading
        line_end, next_line = line_bounds(text, body_start)
        if heading.end <= line_end:  # it is the first thing of the body
            body_start = skip_blanks(text, next_line)
    try:
        published_at = fields.published_at(record)
        return Article(
            id=source,
            text=text,
            title=title,
            published_at=published_at or dates.from_name(PurePosixPath(source).name),
            url=_url(record),
            language=valid_code(fields.string(record, "language"))
            or detect(f"{title or ''}\n{text[body_start:]}"),
            metadata=fields.metadata(record),
            body_start=body_start,
            title_span=title_span,
            source_root=source_root,
            source=source,
        )
    except ValueError as error:
        raise SourceError(source, f"front matter: {error}") from error


def _span_in_front_matter(
    text: str, front: frontmatter.FrontMatter, title: str | None
) -> Span | None:
    """Where the title stands in its line; None if escapes make it read otherwise there."""
    if title is None:
        return None
    line = front.starts["title"]
    start = text.find(title, line + len("title"), line_bounds(text, line)[0])
    return Span(start, start + len(title)) if start >= 0 else None


def _headings(text: str, start: int) -> Iterator[Span]:
    """Spans of the first-level headings, passing over code (where ``# `` is a comment)."""
    fence: str | None = None
    while start < len(text):
        line_end, next_line = line_bounds(text, start)
        line = text[start:line_end]
        if marker := _FENCE.match(line):
            fence = None if fence == marker[1] else fence or marker[1]
        elif fence is None and (heading := _HEADING.match(line)):
            yield Span(start + heading.start(1), start + heading.end(1))
        start = next_line


def _url(record: Mapping[str, object]) -> str | None:
    """Only a whole address: generators also write a path such as ``/2024/title`` here."""
    value = record.get("url")
    return value if isinstance(value, str) and fields.is_web_address(value) else None
