"""Raw spans → spans that read well: whole words, no stray punctuation.

A reader's tokens end inside words ("28-" of "28-Punkte-Plan") and letters ("e" of
"é" in two code points), and carry the space before them. Works on any text; offsets
are code points into it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from indexer.article import Span
from indexer.tokens import character_start

# Scripts that put no space between words: there a run of letters is no word.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
# Vowel signs, accents and joiners are part of a word, though no letters to a regular expression.
_MARKS = (
    "\u00ad\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u0900-\u0963\u0970-\u0df3\u200c\u200d"
)
_LETTER = rf"(?:[^\W{_UNSPACED}]|[{_MARKS}])"
# "28-Punkte-Plan", "34.000", "18:30" and "3,5" are one word; "Berlin/Bonn" and "l'Ukraine" two.
_WORD = re.compile(rf"{_LETTER}+(?:-{_LETTER}+|(?<=\d)[.,:]\d+{_LETTER}*)*")
_PAIRS = {"(": ")", "[": "]", "«": "»", "»": "«", "„": "“", "“": "”", "‚": "‘", "‘": "’", "‹": "›"}
_CLOSERS = {closer: opener for opener, closer in _PAIRS.items()} | {"”": "“„"}
_KEPT = set("%‰°€$£¥§&#@½¼¾²³")
_LONGEST_CHARACTER = 32


def tidy(text: str, span: Span) -> Span:
    """The span widened to whole words, then stripped of blanks and stray punctuation.

    May be empty (``start == end``) where there was nothing else.
    """
    # A word's last letter may be joined to what follows it.
    words = _whole_words(text, _whole_characters(text, span))
    return _stripped(text, _whole_characters(text, words))


def _whole_characters(text: str, span: Span) -> Span:
    start, end = span
    limit = min(len(text), end + _LONGEST_CHARACTER)
    while end < limit and _character_around(text, end) != end:
        end += 1
    return Span(_character_around(text, start), end)


def _character_around(text: str, position: int) -> int:
    return character_start(text, position, max(0, position - _LONGEST_CHARACTER))


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
    while start < end and _is_stray(text[start], _PAIRS, text[start + 1 : end]):
        start += 1
    while start < end and _is_stray(text[end - 1], _CLOSERS, text[start : end - 1]):
        end -= 1
    return Span(start, end)


def _is_stray(mark: str, pairs: Mapping[str, str], rest: str) -> bool:
    """Whether a mark at an end says nothing there: no letter, nor a pair with one in the rest."""
    if mark in _KEPT or mark.isalnum() or unicodedata.category(mark)[0] in "LMNS":
        return False
    return not any(other in rest for other in pairs.get(mark, ""))
