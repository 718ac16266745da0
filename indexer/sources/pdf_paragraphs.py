"""Lines on pages → paragraphs as they were written.

Leaves out running headers, footers and page numbers, joins lines to paragraphs and
mends words that were cut at the end of a line. It goes by where lines stand and how
they end, and is only as good as that: tables come out as their lines.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Final

from indexer.sources.pdf_lines import Line, Page

_MARGIN: Final = 0.12  # of a page's height, above and below
_PAGE_NUMBER: Final = re.compile(
    r"[\W_]*(?:(?:seite|page|p\.|s\.|página|pagina|str\.)\s*)?\d{1,4}"
    r"(?:\s*(?:/|von|of|de|sur|di)\s*\d{1,4})?[\W_]*",
    re.IGNORECASE,
)
_SENTENCE_END: Final = re.compile(r"[.!?…:][\"'”“’»«)\]]*\s*\Z")
_HYPHEN: Final = re.compile(r"(?<=[^\W\d_])[-\u00ad\u2010]\s*\Z")
# "Ein- und Ausgang": this hyphen is no cut.
_BESIDE: Final = re.compile(r"(?:und|oder|bzw|sowie|bis|and|or|to|et|ou|y|o|e)\b")
# Fonts draw "ff" as one sign, which nobody would find by its letters.
_LIGATURES: Final = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
_LETTERS: Final = str.maketrans(_LIGATURES | {"\u00ad": ""})
_LOOSE: Final = 1.35  # times the usual distance of two lines
_OTHER_SIZE: Final = 1.15
_SHORT: Final = 0.75  # of the usual line
_INDENT: Final = 0.8  # of the letters' size


@dataclass(frozen=True)
class Paragraph:
    """A paragraph and the size of its letters, in points."""

    text: str
    size: float


def paragraphs(pages: Sequence[Page]) -> list[Paragraph]:
    """The paragraphs of all pages in the order in which they are written."""
    furniture = _furniture(pages)
    kept = [_without(page, furniture) for page in pages]
    lines = [line for page in kept for line in page]
    if not lines:
        return []
    leading = _leading(kept)
    usual = median(len(line.text) for line in lines)
    groups: list[list[Line]] = [[lines[0]]]
    for before, line in pairwise(lines):
        if _begins(before, line, leading, usual):
            groups.append([line])
        else:
            groups[-1].append(line)
    return [Paragraph(_joined(group), max(line.size for line in group)) for group in groups]


def _furniture(pages: Sequence[Page]) -> set[str]:
    """What stands in the margins of most pages, numbers apart."""
    if len(pages) < 2:
        return set()
    counts = Counter(
        shape for page in pages for shape in {_shape(line) for line in _in_margins(page)}
    )
    return {shape for shape, count in counts.items() if count >= 2 and count > len(pages) / 2}


def _without(page: Page, furniture: set[str]) -> list[Line]:
    margins = [
        line
        for line in _in_margins(page)
        if _shape(line) in furniture or _PAGE_NUMBER.fullmatch(line.text.strip())
    ]
    return [line for line in page.lines if line not in margins]


def _in_margins(page: Page) -> Iterator[Line]:
    """The lines above and below the text."""
    for line in page.lines:
        if not _MARGIN * page.height < line.y < (1 - _MARGIN) * page.height:
            yield line


def _shape(line: Line) -> str:
    return re.sub(r"\d+", "#", " ".join(line.text.split()))


def _leading(pages: Sequence[Sequence[Line]]) -> float:
    """The usual distance of two lines, in sizes of their letters."""
    steps = [
        (before.y - line.y) / before.size
        for lines in pages
        for before, line in pairwise(lines)
        if 0.8 < (before.y - line.y) / before.size < 3
    ]
    return median(steps) if steps else 1.2


def _begins(before: Line, line: Line, leading: float, usual: float) -> bool:
    """Whether a paragraph begins with ``line``."""
    larger, smaller = max(before.size, line.size), min(before.size, line.size)
    if larger > _OTHER_SIZE * smaller:
        return True
    ended = bool(_SENTENCE_END.search(before.text))
    step = (before.y - line.y) / before.size
    if step < 0 or step > 10 * leading:  # the next column or page
        return ended
    if step > _LOOSE * leading:
        return True
    indented = line.x - before.x > _INDENT * line.size
    return ended and (indented or len(before.text) < _SHORT * usual)


def _joined(lines: Sequence[Line]) -> str:
    text = ""
    for line in lines:
        words = " ".join(line.text.split())
        if not text:
            text = words
        elif _HYPHEN.search(text) and words[:1].islower() and not _BESIDE.match(words):
            text = _HYPHEN.sub("", text) + words
        elif text.endswith("-") and words[:1].isupper() and text[-2:-1].isalpha():
            text += words  # "Nord-" and "Süd-Achse"
        else:
            text = f"{text} {words}"
    return text.translate(_LETTERS)
