"""PDF exports → articles: one a file, its text put together from the lines on its pages.

Offsets count in that text, which the index keeps. Reading the file is left to
``pdf_lines``, paragraphs to ``pdf_paragraphs``. Columns are read in the order in which
the file has them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from statistics import median
from typing import Final

from indexer.article import Article, Span
from indexer.errors import SourceError
from indexer.language import detect, valid_code
from indexer.sources import dates
from indexer.sources.content import skip_blanks
from indexer.sources.pdf_lines import Print, read_lines
from indexer.sources.pdf_paragraphs import Paragraph, paragraphs

_GAP: Final = "\n\n"
_HEADLINE: Final = 1.2  # times the size of the text
_LONGEST_TITLE: Final = 200
_FEWEST_LETTERS: Final = 20
# What programs write where nobody gave a title or an author.
_NO_NAME: Final = re.compile(
    r"\W*(?:untitled|unbenannt|unspecified|anonymous|unknown|none|user|admin|document\d*|dokument\d*"
    r"|microsoft (?:word|powerpoint) - .*|.*\.(?:docx?|indd|qxd|pdf|odt|rtf|tex|pptx?))\W*",
    re.IGNORECASE | re.DOTALL,
)
_DATE: Final = re.compile(r"D?:?(\d{4})(\d\d)(\d\d)")
_UNREADABLE: Final = re.compile(r"[\ufffd\ue000-\uf8ff\x00-\x08\x0e-\x1f]|/g\d+|\(cid:\d+\)")


def parse(data: bytes, *, source_root: str, source: str) -> Article:
    """The article of a PDF; its id is ``source``.

    Raises SourceError where it can't be read, or holds no text.
    """
    printed = read_lines(data, source)
    found = paragraphs(printed.pages)
    text = _GAP.join(paragraph.text for paragraph in found)
    _check(text, len(printed.pages), source)
    title, title_span, body_start = _title(found, text, printed)
    author = _named(printed, "/Author")
    return Article(
        id=source,
        text=text,
        title=title,
        published_at=dates.from_name(PurePosixPath(source).name) or _created(printed),
        language=detect(text[body_start:]) or valid_code(printed.metadata.get("/Lang")),
        metadata={"author": author} if author else {},
        body_start=body_start,
        title_span=title_span,
        source_root=source_root,
        source=source,
    )


def _check(text: str, pages: int, source: str) -> None:
    letters = sum(map(str.isalpha, text))
    if letters < _FEWEST_LETTERS:
        reason = f"there is no text on its {pages} pages; scans need text recognition (OCR) first"
        raise SourceError(source, reason)
    if len(_UNREADABLE.findall(text)) > letters / 4:
        reason = "its fonts don't say which characters they show; export it anew, or use OCR"
        raise SourceError(source, reason)


def _title(
    found: Sequence[Paragraph], text: str, printed: Print
) -> tuple[str | None, Span | None, int]:
    """The title, its span where it stands at the beginning, and where the body begins."""
    size = median(paragraph.size for paragraph in found for _ in paragraph.text.split())
    named = _named(printed, "/Title")
    first = found[0].text
    stands_out = found[0].size >= _HEADLINE * size and len(first) <= _LONGEST_TITLE
    if len(found) > 1 and (stands_out or first == named):
        span = Span(0, len(first))
        return first, span, skip_blanks(text, span.end)
    return named, None, 0


def _named(printed: Print, key: str) -> str | None:
    """What the file calls itself or its author, None where a program did that."""
    value = " ".join(printed.metadata.get(key, "").replace("\x00", "").split())
    if not value or len(value) > _LONGEST_TITLE or _NO_NAME.fullmatch(value):
        return None
    return value


def _created(printed: Print) -> str | None:
    """The day on which the file says that it was made (ISO 32000-1, 7.9.4)."""
    match = _DATE.match(printed.metadata.get("/CreationDate", ""))
    try:
        return dates.normalise("-".join(match.groups())) if match else None
    except ValueError:
        return None
