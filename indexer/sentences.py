"""Where the sentences of a text are: its paragraphs, lines, and the sentences in them.

Which full stops end a sentence is known to ``sentence_ends.py``; how sentences
make up a passage is left to ``passages.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from indexer.article import Span
from indexer.sentence_ends import ends
from indexer.tokens import character_start

__all__ = ["has_line_break", "has_paragraph_break", "is_headline", "sentence_at", "sentences"]

# A paragraph longer than this is read in blocks: sentencex takes quadratic time
# for some, and a block can be found again without reading from the beginning.
_BLOCK = 4_000
_HEADLINE = 120

_NEWLINE = "\n\r\v\x1c-\x1e\x85\u2028"
# Begins at the line break, not at the white space before it: linear on any input.
_GAP = re.compile(rf"[{_NEWLINE}\f\u2029]\s*")
_PARAGRAPH = re.compile(rf"[\f\u2029]|(?>\r\n|[{_NEWLINE}])\s*?[{_NEWLINE}]")
_STOP = re.compile(r"[.!?…。！？][\W_]*$|[,;–-]$")
_BULLET = re.compile(r"(?:#{1,6}|[-*+•◦▪·])\s+(?=\S)")
_CERTAIN_STOP = re.compile(r"[^\W\d_]{4}[.!?…]+[”“»\"')]*\s+(?=[„“«\"(]?[A-ZÄÖÜ])|[。！？]")


def sentences(
    text: str, language: str | None, start: int = 0, end: int | None = None
) -> list[Span]:
    """The sentences of ``text[start:end]``, in order, trimmed of white space.

    Every character that isn't white space is inside exactly one. A blank line
    ends a sentence; a line break does where it closes a headline or a list
    item. ``language`` is ISO 639-1; an unknown one is read like English. A
    paragraph of more than 4,000 characters is read in blocks, and a sentence
    that has no end by the end of its block is cut there.
    """
    end = len(text) if end is None else end
    return [
        sentence
        for paragraph in _paragraphs(text, start, end)
        for block in _blocks(text, paragraph)
        for sentence in _of_block(text, block, language)
    ]


def sentence_at(text: str, language: str | None, span: Span, start: int = 0) -> Span:
    """The smallest run of whole sentences that covers ``span``.

    The sentences are those of ``sentences(text, language, start)``, but only the
    blocks around the span's ends are read. A span of white space alone, or one
    that begins before ``start``, has no sentence: it is returned as it is.
    """
    inner = _trim(text, *span)
    if inner.start == inner.end or inner.start < start:
        return span
    first = _sentence_around(text, language, inner.start, start)
    if inner.end <= first.end:
        return first
    return Span(first.start, _sentence_around(text, language, inner.end - 1, start).end)


def has_line_break(gap: str) -> bool:
    """Whether the white space between two sentences ends a line."""
    return _GAP.search(gap) is not None


def has_paragraph_break(gap: str) -> bool:
    """Whether the white space between two sentences ends a paragraph."""
    return _PARAGRAPH.search(gap) is not None


def is_headline(line: str) -> bool:
    """Whether a line that stands alone reads like a headline: short, and no full stop."""
    return len(line) <= _HEADLINE and not _STOP.search(line)


def _trim(text: str, start: int, end: int) -> Span:
    """The stretch without white space at its ends; empty at its end if there is nothing else."""
    body = text[start:end].lstrip()
    return Span(end - len(body), end - len(body) + len(body.rstrip()))


def _paragraphs(text: str, start: int, end: int) -> Iterator[Span]:
    for gap in _GAP.finditer(text, start, end):
        if has_paragraph_break(gap.group()):
            yield _trim(text, start, gap.start())
            start = gap.end()
    yield _trim(text, start, end)


def _blocks(text: str, paragraph: Span) -> Iterator[Span]:
    """The paragraph, or its blocks where it is long.

    Blocks end just after multiples of 4,000 in the whole text, wherever the
    paragraph begins, so that a part of it has the same blocks.
    """
    start, end = paragraph
    if end - start > _BLOCK:
        for mark in range((start // _BLOCK + 1) * _BLOCK, end, _BLOCK):
            place = _block_end(text, mark, min(mark + _BLOCK // 4, end))
            yield _trim(text, start, place)
            start = place
    if start < end:
        yield _trim(text, start, end)


def _block_end(text: str, mark: int, limit: int) -> int:
    stop = _CERTAIN_STOP.search(text, mark, limit)
    if stop:
        return stop.end()
    space = next((place for place in range(mark, limit) if text[place].isspace()), None)
    return character_start(text, limit, mark) if space is None else space


def _sentence_around(text: str, language: str | None, position: int, start: int) -> Span:
    # Two blocks to each side: what is longer is cut at the same marks as the whole paragraph.
    near, far = max(start, position - 2 * _BLOCK), min(len(text), position + 2 * _BLOCK)
    return next(
        sentence
        for paragraph in _paragraphs(text, near, far)
        if paragraph.start <= position < paragraph.end
        for block in _blocks(text, paragraph)
        if block.start <= position < block.end
        for sentence in _of_block(text, block, language)
        if sentence.start <= position < sentence.end
    )


def _of_block(text: str, block: Span, language: str | None) -> Iterator[Span]:
    for start, end in _units(text, block):
        left = start
        for right in ends(text[start:end], language):
            sentence = _trim(text, left, start + right)
            if sentence.start < sentence.end:
                yield sentence
            left = start + right


def _units(text: str, block: Span) -> Iterator[Span]:
    """The block, divided where a line ends on purpose and not at the margin."""
    lines: list[Span] = []
    start = block.start
    for gap in _GAP.finditer(text, *block):
        lines.append(_trim(text, start, gap.start()))
        start = gap.end()
    if not lines:
        yield block
        return
    lines.append(_trim(text, start, block.end))
    words = [text[line.start : line.end] for line in lines]
    widest = max(map(len, words))
    # A table or list: no line of it reads like the end or the middle of a sentence.
    listed = len(lines) > 2 and not any(_STOP.search(w) or w[0].islower() for w in words)
    start = block.start
    for line, this, following in zip(lines, words, words[1:], strict=False):
        if _ends_on_purpose(this, following, widest, listed):
            yield Span(start, line.end)
            start = line.end
    yield _trim(text, start, block.end)


def _ends_on_purpose(line: str, following: str, widest: int, listed: bool) -> bool:
    bullet = _BULLET.match(following)
    first = following[bullet.end() if bullet else 0]
    if first.islower() or first == "(":
        return False
    if bullet or listed or line.startswith("#"):
        return True
    # The next word would have had room: a headline, or a caption.
    return len(line) < 0.6 * widest and not _STOP.search(line)
