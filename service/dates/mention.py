"""What a question says about when, as days.

A time that counts from today ("last week", "in den letzten drei Tagen") bounds when an
article was published; a date ("im November 2025", "since 2014") only makes articles
of that time likelier, since others tell of it as well. What is done about it is left to
``question.py`` and ``retrieval.py``.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from service.dates import words

_FIRST_YEAR = 1500
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Mention:
    """A time that a question names, first and last day included; None is open.

    ``text`` is how the question puts it, ``bounds`` whether articles of other times are
    out of the question.
    """

    text: str
    first: date | None
    last: date | None
    bounds: bool

    def to_json(self) -> dict[str, str | bool | None]:
        """As an answer reports it; days are ISO 8601."""
        return {
            "text": self.text,
            "first": self.first.isoformat() if self.first else None,
            "last": self.last.isoformat() if self.last else None,
            "bounds": self.bounds,
        }


@dataclass(frozen=True)
class _Span:
    begin: int
    end: int
    first: date
    last: date


def mentioned(text: str, today: date) -> Mention | None:
    """The time that a question names; None where it names none, or several that don't agree."""
    relative = _relative(text, today)
    if relative is not None:
        return relative
    if not re.search(r"\d{4}|\d\.\d", text):
        return None
    match list(_dates(text)):
        case [one, other] if _is_between(text, one, other):
            named = text[one.begin : other.end]
            return Mention(named, one.first, other.last, bounds=False)
        case [span, *others] if all((o.first, o.last) == (span.first, span.last) for o in others):
            return _single(text, span)
    return None


def _single(text: str, span: _Span) -> Mention:
    """One date, with what stands before it."""
    before = re.search(_before(), text[: span.begin], re.IGNORECASE)
    begin = before.start() if before else span.begin
    named = text[begin : span.end]
    match before.lastgroup if before else None:
        case "since":
            return Mention(named, span.first, None, bounds=False)
        case "after":
            return Mention(named, span.last + _DAY, None, bounds=False)
        case "before":
            return Mention(named, None, span.first - _DAY, bounds=False)
        case "until":
            return Mention(named, None, span.last, bounds=False)
    return Mention(named, span.first, span.last, bounds=False)


@cache
def _before() -> str:
    of = r"(?:the|dem|der|den|le|la|year|jahr|jahre|l['’]année|mid|early|late|anfang|mitte|ende)"
    kinds = {
        "since": words.SINCE,
        "after": words.AFTER,
        "before": words.BEFORE,
        "until": words.UNTIL,
    }
    groups = "|".join(rf"(?P<{name}>\b(?:{kind}))" for name, kind in kinds.items())
    return rf"(?:{groups})(?:\s+{of})*\s+$"


def _is_between(text: str, one: _Span, other: _Span) -> bool:
    gap = text[one.end : other.begin]
    before = text[: one.begin]
    return one.first <= other.last and bool(
        re.fullmatch(r"\s*(?:and|und|et|to|till|until|bis|à|au|[-–—])\s*", gap, re.IGNORECASE)
        and (
            re.search(rf"\b(?:{words.BETWEEN})\s+(?:the\s+)?$", before, re.IGNORECASE)
            or re.fullmatch(r"\s*[-–—]\s*", gap)
        )
    )


def _dates(text: str) -> Iterator[_Span]:
    """Every date in figures or with a month's name, and every year, in their order."""
    for match in _date_pattern().finditer(text):
        found = {name: value for name, value in match.groupdict().items() if value is not None}
        year = int(next(value for name, value in found.items() if name.startswith("year")))
        month = _month(found)
        day = next((int(value) for name, value in found.items() if name.startswith("day")), None)
        try:
            first, last = _days(year, month, day)
        except ValueError:  # the 31st of a month that has none
            continue
        yield _Span(match.start(), match.end(), first, last)


def _month(found: dict[str, str]) -> int | None:
    for name, value in found.items():
        if name.startswith("named"):
            return words.months()[value.lower().rstrip(".")]
        if name.startswith("month"):
            return int(value)
    return None


@cache
def _date_pattern() -> re.Pattern[str]:
    named, year = words.month_pattern(), r"(?:1[5-9]|20)\d\d"
    day = r"[0-3]?\d"
    shapes = (
        rf"(?P<year0>{year})-(?P<month0>[01]\d)-(?P<day0>[0-3]\d)",
        rf"(?P<day1>{day})\.\s?(?P<month1>[01]?\d)\.\s?(?P<year1>{year})",
        rf"(?P<day2>{day})(?:\.|st|nd|rd|th|er|º)?\s+(?:of\s+|de\s+)?(?P<named2>{named})"
        rf"(?:\s+de)?\s+(?P<year2>{year})",
        rf"(?P<named3>{named})\s+(?P<day3>{day})(?:st|nd|rd|th)?,?\s+(?P<year3>{year})",
        rf"(?P<named4>{named})(?:\s+de)?\s+(?P<year4>{year})",
        r"(?P<year5>(?:19|20)\d\d)",  # others are rather amounts
    )
    # No part of a longer number, of an amount, or of a word such as "2000-Meter-Lauf".
    before = r"(?<![\w.,$€£])(?:(?<!-)|(?<=(?:19|20)\d\d-))"
    behind = r"(?![\w%€$£])(?![.,]\d)(?!-\d{1,3}\b|-[^\W\d])"
    return re.compile(rf"{before}(?:{'|'.join(shapes)}){behind}", re.IGNORECASE)


def _days(year: int, month: int | None, day: int | None) -> tuple[date, date]:
    """The first and the last day. Raises ValueError for a day that there is not."""
    if month is None:
        return date(year, 1, 1), date(year, 12, 31)
    if day is None:
        return date(year, month, 1), date(year, month, monthrange(year, month)[1])
    return date(year, month, day), date(year, month, day)


def _relative(text: str, today: date) -> Mention | None:
    match = _relative_pattern().search(text)
    if match is None:
        return None
    name = match.lastgroup or ""
    kind, _, rest = name.partition("_")
    if kind == "ago":
        day = today - int(rest) * _DAY
        return Mention(match[0], day, day, bounds=rest != "0")
    if kind == "last":
        first, last = _unit_before(rest, today)
        return Mention(match[0], first, last, bounds=True)
    if kind == "this":
        return Mention(match[0], _unit_of(rest, today), today, bounds=False)
    said = next((w for w in match[0].lower().split() if w.isdecimal() or w in words.NUMBERS), "1")
    since = _ago(rest, int(said) if said.isdecimal() else words.NUMBERS[said], today)
    return None if since is None else Mention(match[0], since, today, bounds=True)


@cache
def _relative_pattern() -> re.Pattern[str]:
    number = rf"(?:\d{{1,4}}|{'|'.join(sorted(words.NUMBERS, key=len, reverse=True))})"
    shapes = [
        rf"(?P<ago_{days}>{said})" for days, said in sorted(words.DAYS_AGO.items(), reverse=True)
    ]
    for unit, forms in words.UNITS.items():
        several = rf"(?:{words.PAST})\s+{number}|{number}\s+(?:{words.PAST})|past"
        shapes.append(rf"(?P<past_{unit}>(?:{several})\s+(?:{forms}))")
        one = rf"(?:{words.LAST})\s+(?:{forms})|(?:{forms})\s+(?:{words.LAST_BEHIND})"
        shapes.append(rf"(?P<last_{unit}>{one})")
        shapes.append(rf"(?P<this_{unit}>(?:{words.THIS})\s+(?:{forms}))")
    return re.compile(rf"(?<!\w)(?:{'|'.join(shapes)})(?!\w)", re.IGNORECASE)


def _unit_of(unit: str, day: date) -> date:
    """The first day of the unit that a day is in; weeks begin on Monday."""
    if unit == "week":
        return day - day.weekday() * _DAY
    if unit == "month":
        return day.replace(day=1)
    return day.replace(month=1, day=1) if unit == "year" else day


def _unit_before(unit: str, today: date) -> tuple[date, date]:
    last = _unit_of(unit, today) - _DAY
    return _unit_of(unit, last), last


def _ago(unit: str, number: int, today: date) -> date | None:
    """The day so many units ago; None before the first year."""
    if unit in ("day", "week"):
        return today - number * (7 if unit == "week" else 1) * _DAY
    months = 12 * today.year + today.month - 1 - number * (12 if unit == "year" else 1)
    year, month = divmod(months, 12)
    if year < _FIRST_YEAR:
        return None
    return date(year, month + 1, min(today.day, monthrange(year, month + 1)[1]))
