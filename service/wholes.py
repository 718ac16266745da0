"""What must not be parted: a number and its unit, a date, what is in brackets or quotes.

A reader may mark "3,4" of "3,4 Millionen Euro", or a quotation without the mark that ends
it. Here a span grows until it cuts none of these; words are kept whole in ``spans.py``. Names
and lists are left as the reader marked them: rules for those made answers worse.
"""

from __future__ import annotations

import re
from functools import cache

from indexer.article import Span
from service.dates.words import month_pattern
from service.measures import UNIT, scales

_AROUND = 60  # characters to either side in which the rest may stand
_FAR = 100  # the same for brackets and quotation marks
# "3,4", "34.000", "640 000", "9 ½", but not "2019 5,3": groups have three figures.
_NUMBER = r"\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?:,\d+)?(?!\d)|\d+(?:[.,:’']\d+)*(?:\s?[½¼¾⅓⅔])?"
_BRACKETS = (("(", ")"), ("[", "]"))
_QUOTES = (("„", "“"), ("«", "»"), ("»", "«"), ("‚", "‘"))


def whole(text: str, span: Span) -> Span:
    """The span, grown by what it would part otherwise; an empty one stays empty.

    It never grows over the end of a line.
    """
    if span.start >= span.end:
        return span
    for pattern in (_quantity(), _date()):
        span = _uncut(text, span, pattern)
    for opener, closer in (*_BRACKETS, *_QUOTES):
        span = _closed(text, span, opener, closer)
    return span


def _uncut(text: str, span: Span, pattern: re.Pattern[str]) -> Span:
    start, end = span
    around = max(0, start - _AROUND)
    # Not from within a word or a number.
    while around and text[around - 1].isalnum():
        around -= 1
    for found in pattern.finditer(text, around, min(len(text), end + _AROUND)):
        if found.start() < start < found.end():
            start = found.start()
        if found.start() < end < found.end():
            end = found.end()
    return Span(start, end)


def _closed(text: str, span: Span, opener: str, closer: str) -> Span:
    """The span with the other one of a pair of marks that it has one of."""
    start, end = span
    depth = lowest = 0
    for mark in text[start:end]:
        # "»" opens in German and closes in French: a pair within is a pair, whichever it is.
        depth += (mark == opener) - (mark == closer)
        lowest = min(lowest, depth)
    if depth > 0 and lowest == 0:
        line = text[end : end + _FAR].partition("\n")[0]
        at = line.find(closer)
        if at >= 0 and opener not in line[:at]:
            return Span(start, end + at + 1)
    elif depth < 0 and depth == lowest:
        line = text[max(0, start - _FAR) : start].rpartition("\n")[2]
        at = line.rfind(opener)
        if at >= 0 and closer not in line[at:]:
            return Span(start - len(line) + at, end)
    return span


@cache
def _quantity() -> re.Pattern[str]:
    gap = r"[ \u00a0\u202f-]?"
    return re.compile(
        rf"(?<![\w.,])(?:[€$£¥] ?)?(?:{_NUMBER})(?:{gap}{scales()})?(?:{gap}{UNIT})?", re.I
    )


@cache
def _date() -> re.Pattern[str]:
    month = month_pattern()
    return re.compile(
        # The point of "6. Okt. 1973" is the month's, that of "im Oktober." the sentence's.
        rf"\b(?:\d{{1,2}}(?:\.|st|nd|rd|th)? (?:de )?)?{month}"
        r"(?:(?: \d{1,2},)? \d{4}\b|(?: \d{1,2}\b)|(?<!\.))"
        r"|\b\d{1,2}\. ?\d{1,2}\. ?\d{4}\b",
        re.I,
    )
