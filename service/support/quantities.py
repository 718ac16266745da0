"""Texts → the numbers, dates and times in them, in one notation for all languages.

"640 000", "640,000" and "0,64 Millionen" say the same, as do "19.11.", "19 November" and
"le 19 novembre". Where a notation can be read in two ways, both readings count. Names of
months and days come from CLDR (Babel); whether two texts agree is left to ``judge.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from indexer.article import Span
from service.support.number_words import SCALES, number_words

_LANGUAGES = ("de", "en", "es", "fr", "it", "nl", "pl", "pt", "ru", "tr", "uk")
_FIRST_YEAR = 1000
_FRACTIONS = {"½": 0.5, "¼": 0.25, "¾": 0.75, "⅓": 1 / 3, "⅔": 2 / 3}
_ISO = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)\b")
_DAY_AND_MONTH = re.compile(r"\b(\d{1,2})\.\s?(\d{1,2})\.(?:\s?(\d{4}|\d\d)\b)?")
_TIME = re.compile(
    r"\b(\d{1,2})(?:[:.](\d\d)|\s?(?:h|Uhr)\s?(\d\d)?)?(?:\s?([ap])\.?m\b\.?|\s?Uhr|\s?h\b)?", re.I
)
_NUMBER = re.compile(
    r"(?<![\w.,])(?:\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?:,\d+)?(?!\d)|\d+(?:[.,’']\d+)*)?\s?[½¼¾⅓⅔]?"
)
_WORD = re.compile(r"[^\W\d_]+(?:[-’'][^\W\d_]+)*")
_SPOKEN_DAY = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th|er|º|°|-го)?\.?\s+(?:de |of )?", re.I)


@dataclass(frozen=True)
class Quantity:
    """One number, date or time; ``readings`` are the values that its notation may stand for."""

    span: Span
    readings: frozenset[str]


def quantities(text: str, language: str | None) -> list[Quantity]:
    """The quantities of a text, in order. "One" and its like are none: mostly they are articles."""
    taken = [False] * len(text)
    found: list[Quantity] = []
    for span, readings in _all(text, language):
        if readings and not any(taken[span.start : span.end]):
            taken[span.start : span.end] = [True] * (span.end - span.start)
            found.append(Quantity(span, frozenset(readings)))
    return sorted(found, key=lambda q: q.span)


def values(text: str, language: str | None, day: str | None = None) -> frozenset[str]:
    """Every value a text may be said to give, those that follow from its ``day`` included.

    ``day`` is an ISO date, by which "on Wednesday" is a date, too.
    """
    known: set[str] = set()
    for quantity in quantities(text, language):
        known |= quantity.readings
        for reading in quantity.readings:
            known |= _implied(reading)
    try:
        published = date.fromisoformat((day or "")[:10])
    except ValueError:
        return frozenset(known)
    if published.year < _FIRST_YEAR:  # no day of an article, and there may be none before it
        return frozenset(known)
    for weekday in range(7):
        before = published - timedelta((published.weekday() - weekday) % 7)
        if f"weekday {weekday}" in known:
            for when in (before, before + timedelta(7)):
                known |= {f"date {when.month}-{when.day}", f"month {when.month}"}
    # News speaks of its own day and of the day before without naming them.
    for when in (published, published - timedelta(1)):
        known |= {f"date {when.month}-{when.day}", f"weekday {when.weekday()}"}
        known.add(f"month {when.month}")
    return frozenset(known | {_value(published.year)})


def _implied(reading: str) -> set[str]:
    kind, _, rest = reading.partition(" ")
    if kind == "date":
        month, day = rest.split("-")
        return {f"month {month}", _value(int(day))}
    if kind == "time":
        # "Shortly after four" is 4:04.
        return {_value(int(rest.split(":")[0]))}
    return set()


def _all(text: str, language: str | None) -> Iterator[tuple[Span, set[str]]]:
    """From the most telling notation to the least, so that the first to take a place is right."""
    for m in _ISO.finditer(text):
        yield Span(m.end(1), m.end()), {f"date {int(m[2])}-{int(m[3])}"}
        yield Span(*m.span(1)), {_value(int(m[1]))}
    for m in _DAY_AND_MONTH.finditer(text):
        if 1 <= int(m[1]) <= 31 and 1 <= int(m[2]) <= 12:
            yield Span(m.start(), m.end(2)), {f"date {int(m[2])}-{int(m[1])}"}
    names = _calendar()
    words = [(m, names.get(m[0].casefold(), "")) for m in _WORD.finditer(text)]
    for m, name in words:
        if name.startswith("month"):
            yield from _spoken_date(text, Span(*m.span()), int(name.split()[1]))
    for m, name in words:
        # May, März and mars mean other things, too: a month has a capital or a day beside it.
        if name and (m[0][0].isupper() or name.startswith("weekday") or not m[0].isascii()):
            yield Span(*m.span()), {name}
    for m in _TIME.finditer(text):
        if readings := _times(m):
            yield Span(*m.span()), readings
    yield from _numbers(text, language)
    spelled = number_words(language)
    for m, _ in words:
        value = spelled.get(m[0].casefold())
        if value is not None:
            yield _scaled(text, Span(*m.span()), {value}, language)


def _spoken_date(text: str, month: Span, number: int) -> Iterator[tuple[Span, set[str]]]:
    before = list(_SPOKEN_DAY.finditer(text, max(0, month.start - 12), month.start))
    if before and before[-1].end() == month.start and int(before[-1][1]) <= 31:
        yield Span(before[-1].start(), month.end), {f"date {number}-{int(before[-1][1])}"}
    after = re.compile(r"\.?\s(\d{1,2})(?:st|nd|rd|th)?\b(?![:.,]\d)").match(text, month.end)
    if after and int(after[1]) <= 31:
        yield Span(month.start, after.end(1)), {f"date {number}-{int(after[1])}"}


def _times(m: re.Match[str]) -> set[str]:
    hour, minute = int(m[1]), int(m[2] or m[3] or 0)
    marked = m[4] or "Uhr" in m[0] or (m[0].strip() != m[1] and not m[0].startswith(f"{m[1]}."))
    if hour > 24 or minute > 59 or not marked:
        return set()
    readings = {f"time {hour}:{minute:02d}"}
    if (m[4] or "").lower() == "p" and hour < 12:
        readings = {f"time {hour + 12}:{minute:02d}", *readings}
    if not minute:
        readings |= {_value(hour)}
    return readings


def _numbers(text: str, language: str | None) -> Iterator[tuple[Span, set[str]]]:
    for m in _NUMBER.finditer(text):
        written = m[0].strip()
        if written:
            fraction = _FRACTIONS.get(written[-1], 0.0)
            digits = written.rstrip("".join(_FRACTIONS)).strip()
            values_ = {v + fraction for v in _read(digits)} if digits else {fraction}
            start = m.start() + len(m[0]) - len(m[0].lstrip())
            yield _scaled(text, Span(start, start + len(written)), values_, language)


def _read(digits: str) -> set[float]:
    """The values of digits with points, commas, apostrophes or spaces between them."""
    plain = re.sub(r"[\s’']", "", digits)
    marks = re.sub(r"\d", "", plain)
    if not marks:
        return {float(plain)}
    if len(set(marks)) == 2:
        last = plain.rindex(marks[-1])
        return {float(re.sub(r"[.,]", "", plain[:last]) + "." + plain[last + 1 :])}
    groups = re.split(r"[.,]", plain)
    grouped = all(len(g) == 3 for g in groups[1:]) and 1 <= len(groups[0]) <= 3
    readings = {float("".join(groups))} if grouped else set()
    if len(groups) == 2:
        readings.add(float(".".join(groups)))
    return readings


def _scaled(
    text: str, span: Span, found: set[float], language: str | None
) -> tuple[Span, set[str]]:
    end = span.end
    while m := re.compile(r"[\s-]?([^\W\d_]+)\.?").match(text, end):
        scales = SCALES.get(m[1].casefold())
        if scales is None:
            break
        # A German Billion is an English trillion.
        sizes = scales if len(scales) == 1 or language is None else scales[language != "en" :][:1]
        found = {value * size for value in found for size in sizes}
        end = m.end(1)
    readings = {_value(value) for value in found}
    m = re.fullmatch(r"(\d{1,2})\.(\d\d)", text[span.start : end])
    if m and int(m[1]) <= 24 and int(m[2]) < 60:
        readings.add(f"time {int(m[1])}:{m[2]}")
    return Span(span.start, end), readings


def _value(number: float) -> str:
    return f"{number:.10g}"


@lru_cache(maxsize=1)
def _calendar() -> dict[str, str]:
    """Names of months and days in the languages that archives have, without accents lost."""
    from babel import Locale

    names: dict[str, str] = {}
    for language in _LANGUAGES:
        locale = Locale(language)
        for context in ("format", "stand-alone"):
            for month, name in locale.months[context]["wide"].items():
                names.setdefault(name.casefold(), f"month {month}")
            for day, name in locale.days[context]["wide"].items():
                names.setdefault(name.casefold(), f"weekday {day}")
    return names | {"jänner": "month 1", "sonnabend": "weekday 5", "середу": "weekday 2"}
