"""PDF bytes → the lines on each page, through pypdf: their words, place and size.

Reads what is printed as text; pictures of text are left to text recognition, and what
lines mean to ``pdf_paragraphs.py``. Everything that pypdf trips over becomes a
SourceError. It fetches nothing, runs nothing, and bounds what it unpacks.
"""

from __future__ import annotations

import io
import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from indexer.errors import SourceError

if TYPE_CHECKING:
    from pypdf import PdfReader

_MOST_PAGES: Final = 2_000
_MOST_CHARACTERS: Final = 5_000_000
_SAME_LINE: Final = 0.3  # of the size of its letters


@dataclass(frozen=True)
class Line:
    """Words on one line. ``x``, ``y`` and ``size`` are in points, ``y`` from the page's foot."""

    text: str
    x: float
    y: float
    size: float


@dataclass(frozen=True)
class Page:
    """The lines of a page in the order in which they are written, and its height in points."""

    lines: list[Line]
    height: float


@dataclass(frozen=True)
class Print:
    """What is printed, and what the file says of itself: ``/Title``, ``/Author``, ``/Lang``, …"""

    pages: list[Page]
    metadata: Mapping[str, str] = field(default_factory=dict)


def available() -> bool:
    """Whether pypdf is installed."""
    try:
        return find_spec("pypdf") is not None
    except ValueError:  # somebody made sure that it isn't imported
        return False


def read_lines(data: bytes, source: str) -> Print:
    """What is printed in a PDF.

    Raises SourceError where it is encrypted, damaged or too large, or pypdf is missing.
    """
    if not available():
        reason = "PDF needs an extra package; install it with: pip install 'fundstelle[pdf]'"
        raise SourceError(source, reason)
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it doesn't say which file is meant
    try:
        return _read(data, source)
    except SourceError:
        raise
    except RecursionError as error:
        raise SourceError(source, "is nested too deeply to be read as PDF") from error
    except Exception as error:
        # pypdf raises its own errors for much, and whatever Python does for the rest.
        what = f"{type(error).__name__}: {error}".rstrip(": ")[:200]
        raise SourceError(source, f"is damaged, or no PDF ({what})") from error


def _read(data: bytes, source: str) -> Print:
    from pypdf import PdfReader

    if not data.strip():
        raise SourceError(source, "is empty")
    reader = PdfReader(io.BytesIO(data))
    # Many files are encrypted with an empty password, only to forbid printing.
    if reader.is_encrypted and not reader.decrypt(""):
        raise SourceError(source, "needs a password; save it without one")
    if len(reader.pages) > _MOST_PAGES:
        raise SourceError(
            source, f"has {len(reader.pages)} pages, {_MOST_PAGES} are the most; split it"
        )
    pages, characters = [], 0
    for page in reader.pages:
        found = _Collected()
        page.extract_text(visitor_text=found.add)
        pages.append(Page(found.lines, float(page.mediabox.height)))
        characters += sum(len(line.text) for line in found.lines)
        if characters > _MOST_CHARACTERS:
            raise SourceError(
                source, f"has more than {_MOST_CHARACTERS:,} characters of text; split it"
            )
    return Print(pages, _metadata(reader))


class _Collected:
    """Puts what pypdf finds, piece by piece, together to lines."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self._ended = True

    def add(self, text: str, cm: list[float], tm: list[float], _: object, size: float) -> None:
        """A piece of text, with the matrices that place it (ISO 32000-1, 9.4.4)."""
        for part in text.splitlines(keepends=True):
            words = part.strip("\r\n")
            if words.strip():
                self._append(words, cm, tm, size)
            self._ended = self._ended or part != words

    def _append(self, words: str, cm: list[float], tm: list[float], size: float) -> None:
        x = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
        y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
        scale = math.hypot(tm[2], tm[3]) * math.hypot(cm[2], cm[3])
        height = abs(size * scale) or 1.0
        last = self.lines[-1] if self.lines else None
        if last and not self._ended and abs(last.y - y) <= _SAME_LINE * height:
            self.lines[-1] = Line(last.text + words, last.x, last.y, max(last.size, height))
        else:
            self.lines.append(Line(words, x, y, height))
        self._ended = False


def _metadata(reader: PdfReader) -> dict[str, str]:
    """What the file says of itself; damaged metadata is none."""
    found: dict[str, str] = {}
    try:
        told: Mapping[str, Any] = reader.metadata or {}
        for name in ("/Title", "/Author", "/CreationDate"):
            value = told.get(name)
            if isinstance(value, str):
                found[name] = str(value)
        language = reader.root_object.get("/Lang")
        if isinstance(language, str):
            found["/Lang"] = str(language)
    except Exception:  # noqa: S110 - the text is what matters
        pass
    return found
