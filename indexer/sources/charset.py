"""The bytes of a web page → text, by the charset that the page declares.

Follows the WHATWG Encoding Standard where it matters for saved pages: marks
first, old labels mean their Windows supersets. An undeclared charset is not
guessed, because a wrong guess would be quoted.
"""

from __future__ import annotations

import codecs
import re
from typing import Final

from indexer.errors import SourceError
from indexer.sources.content import not_utf8

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED: Final = re.compile(
    rb"""<(?:meta\s[^>]*?charset|\?xml\s[^>]*?encoding)\s*=\s*["']?\s*([\w.:+-]+)""", re.IGNORECASE
)
_PRESCAN_BYTES: Final = 4096  # browsers look at 1,024; saved pages carry more comments
_SUPERSETS: Final = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}
# Python also calls "punycode" and "unicode_escape" encodings; a page may not choose those.
_OF_PAGES: Final = re.compile(r"utf-8|ascii|iso8859|iso2022|cp\d|koi8|mac|gb|hz|big5|shift|euc|tis")
# In seven bits: such a page would pass for UTF-8.
_SEVEN_BIT: Final = ("iso2022", "hz")


def decode_page(data: bytes, source: str, *, header: str | None = None) -> str:
    """The page as text; ``header`` is the charset of its Content-Type, which goes first.

    Raises SourceError with the byte that its charset does not have.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _decode(data.removeprefix(mark), encoding, source)
    in_page = _declared(data)
    declared = _known(header) or in_page
    if declared and declared.startswith(_SEVEN_BIT):
        return _decode(data, declared, source)
    try:
        # Other charsets are hardly ever valid UTF-8 by accident, wrong labels are common.
        return data.decode()
    except UnicodeDecodeError as error:
        if declared == "utf-8":  # it isn't: a server says so of everything
            declared = in_page
        if declared and declared != "utf-8":
            return _decode(data, declared, source)
        hint = "" if declared else ", and the page declares no charset that is known here"
        raise SourceError(source, not_utf8(error) + hint) from error


def _declared(data: bytes) -> str | None:
    """Python's name for the declared charset; None without one, or one that is unknown."""
    match = _DECLARED.search(data, 0, _PRESCAN_BYTES)
    return _known(match[1].decode("ascii", "replace")) if match else None


def _known(label: str | None) -> str | None:
    try:
        name = codecs.lookup(label.strip()).name if label else ""
    except (LookupError, ValueError):
        return None
    return _SUPERSETS.get(name, name) if _OF_PAGES.match(name) else None


def _decode(data: bytes, encoding: str, source: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        reason = f"is not {encoding}, which the page declares, at byte {error.start}"
        raise SourceError(source, reason) from error
