"""Raw spans → spans that read well: whole words, no stray punctuation.

A reader's tokens end inside words ("28-" of "28-Punkte-Plan") and carry the
space before them. Works on any text; offsets are code points into it.
"""

from __future__ import annotations

import re
import unicodedata

from indexer.article import Span

# Scripts that put no space between words: there a run of letters is no word.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_LETTER = rf"[^\W{_UNSPACED}]"
# "28-Punkte-Plan", "34.000", "18:30" and "3,5" are one word; "Berlin/Bonn" and "l'Ukraine" two.
_WORD = re.compile(rf"{_LETTER}+(?:-{_LETTER}+|(?<=\d)[.,:]\d+)*")
_PAIRS = {"(": ")", "[": "]", "«": "»", "»": "«", "„": "“", "“": "”", "‚": "‘", "‘": "’", "‹": "›"}
_CLOSERS = {closer: opener for opener, closer in _PAIRS.items()} | {"”": "“„"}
_KEPT = set("%‰°€$£¥§&#@½¼¾²³")


def tidy(text: str, span: Span) -> Span:
    """The span widened to whole words, then stripped of blanks and stray punctuation.

    May be empty (``start == end``) where there was nothing else.
    """
    return _stripped(text, _whole_words(text, span))


def _whole_words(text: str, span: Span) -> Span:
    start, end = span
    around = max(0, start - 100)
    for word in _WORD.finditer(text, around, min(len(text), end + 100)):
        if word.start() < start < word.end():
            start = word.start()
        if word.start() < end < word.end():
            end = word.end()
    return Span(start, end)


def _stripped(text: str, span: Span) -> Span:
    start, end = span
    while start < end and _is_stray(text[start], text[start:end]):
        start += 1
    while start < end and _is_stray(text[end - 1], text[start:end]):
        end -= 1
    return Span(start, end)


def _is_stray(mark: str, stretch: str) -> bool:
    """Whether a mark at an end of a stretch says nothing there."""
    if mark in _KEPT or mark.isalnum() or unicodedata.category(mark)[0] in "LMNS":
        return False
    if mark in _PAIRS and any(closer in stretch[1:] for closer in _PAIRS[mark]):
        return False
    return not (mark in _CLOSERS and any(opener in stretch[:-1] for opener in _CLOSERS[mark]))
