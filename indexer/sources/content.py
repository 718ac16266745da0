"""Bytes → text, with nothing normalised: byte-order mark and line ends stay.

What can't be a text (another encoding, nothing but blanks) is refused with the
offset at fault. What the text means is left to the readers of each format.
"""

from __future__ import annotations

import re
from typing import Final

from indexer.errors import SourceError

BOM: Final = "\ufeff"
_LINE_END: Final = re.compile(r"\r\n|\n|\r")
_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")


def decode(data: bytes, source: str) -> str:
    """What ``open(path, encoding="utf-8", newline="").read()`` gives.

    Raises SourceError where the bytes are not UTF-8, or the text is blank.
    """
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        if data.startswith(_UTF16_MARKS):
            raise SourceError(source, "is UTF-16; save it as UTF-8") from error
        raise SourceError(source, not_utf8(error)) from error
    if is_blank(text):
        raise SourceError(source, "is empty" if not text else "holds nothing but blanks")
    return text


def not_utf8(error: UnicodeDecodeError) -> str:
    """Which byte is at fault, counted from 0."""
    return f"is not UTF-8 at byte {error.start} (0x{error.object[error.start]:02X})"


def is_blank(text: str) -> bool:
    """True for a text of white space and byte-order marks."""
    return not text or not text.replace(BOM, " ").strip()


def line_bounds(text: str, start: int) -> tuple[int, int]:
    """Where the line that begins at ``start`` ends, without and with its line end."""
    end = _LINE_END.search(text, start)
    return (end.start(), end.end()) if end else (len(text), len(text))


def skip_blanks(text: str, start: int) -> int:
    """The offset of the first character from ``start`` on that is not white space."""
    while start < len(text) and text[start].isspace():
        start += 1
    return start
