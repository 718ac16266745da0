"""What a question says about when."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.dates import Mention, mentioned

FRIDAY = date(2025, 11, 21)
_DAYS = st.dates(date(1600, 1, 1), date(2099, 12, 31))


def found(text: str) -> tuple[str, str, str, bool] | None:
    """A mention as the question puts it, its first and last day, and whether it bounds."""
    mention = mentioned(text, FRIDAY)
    if mention is None:
        return None
    first, last = (day.isoformat() if day else "" for day in (mention.first, mention.last))
    return mention.text, first, last, mention.bounds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What happened last week?", ("last week", "2025-11-10", "2025-11-16")),
        ("Was geschah vorige Woche?", ("vorige Woche", "2025-11-10", "2025-11-16")),
        ("Et la semaine dernière ?", ("semaine dernière", "2025-11-10", "2025-11-16")),
        ("Who resigned last month?", ("last month", "2025-10-01", "2025-10-31")),
        ("Ende letzten Jahres", ("letzten Jahres", "2024-01-01", "2024-12-31")),
        ("Was geschah gestern in Kiew?", ("gestern", "2025-11-20", "2025-11-20")),
        ("vorgestern", ("vorgestern", "2025-11-19", "2025-11-19")),
        ("in den letzten drei Wochen", ("letzten drei Wochen", "2025-10-31", "2025-11-21")),
        ("in the last 2 years", ("last 2 years", "2023-11-21", "2025-11-21")),
        ("ces 3 derniers jours", ("3 derniers jours", "2025-11-18", "2025-11-21")),
        ("over the past month", ("past month", "2025-10-21", "2025-11-21")),
    ],
)
def test_a_time_that_counts_from_today_bounds(text: str, expected: tuple[str, str, str]) -> None:
    assert found(text) == (*expected, True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Wer wurde im November 2025 gewählt?", ("November 2025", "2025-11-01", "2025-11-30")),
        ("Quels accords en mars 2014 ?", ("mars 2014", "2014-03-01", "2014-03-31")),
        ("¿Qué pasó en mayo de 2008?", ("mayo de 2008", "2008-05-01", "2008-05-31")),
        ("On May 5, 2008", ("May 5, 2008", "2008-05-05", "2008-05-05")),
        ("am 5. Mai 2008", ("5. Mai 2008", "2008-05-05", "2008-05-05")),
        ("on 5th of May 2008", ("5th of May 2008", "2008-05-05", "2008-05-05")),
        ("5 травня 2008", ("5 травня 2008", "2008-05-05", "2008-05-05")),
        ("vom 19.11.2025", ("19.11.2025", "2025-11-19", "2025-11-19")),
        ("of 2025-11-19", ("2025-11-19", "2025-11-19", "2025-11-19")),
        ("Wer gewann die WM 2014?", ("2014", "2014-01-01", "2014-12-31")),
        ("Der Gipfel von 2014, war er 2014?", ("2014", "2014-01-01", "2014-12-31")),
        ("Who wins this year?", ("this year", "2025-01-01", "2025-11-21")),
        ("Was ist heute los?", ("heute", "2025-11-21", "2025-11-21")),
        ("seit 2014", ("seit 2014", "2014-01-01", "")),
        ("seit Anfang 2014", ("seit Anfang 2014", "2014-01-01", "")),
        ("depuis mars 2014", ("depuis mars 2014", "2014-03-01", "")),
        ("after May 2014", ("after May 2014", "2014-06-01", "")),
        ("vor 2012", ("vor 2012", "", "2011-12-31")),
        ("until 2012", ("until 2012", "", "2012-12-31")),
        ("Between 2010 and 2014", ("2010 and 2014", "2010-01-01", "2014-12-31")),
        ("zwischen Mai 2008 und Juni 2009", ("Mai 2008 und Juni 2009", "2008-05-01", "2009-06-30")),
        ("2008-2012", ("2008-2012", "2008-01-01", "2012-12-31")),
    ],
)
def test_a_date_does_not_bound(text: str, expected: tuple[str, str, str]) -> None:
    assert found(text) == (*expected, False)


@pytest.mark.parametrize(
    "text",
    [
        "Who is excluded from the talks?",
        "Was steht im 28-Punkte-Plan?",
        "Wer gewann den 2000-Meter-Lauf?",
        "1830 Menschen",
        "Was kostet es, 2019,50 Euro oder $2000?",
        "Wer führte 2008 und wer 2012?",
        "What may 2 people do?",
        "Was ist hier los?",
        "am 31. Februar 2020",
        "in the last 5000 years",
        "Tel. 0301-2014-77",
        "between 2014 and 2010",
    ],
)
def test_what_names_no_time(text: str) -> None:
    assert found(text) is None


@given(st.text(max_size=80), _DAYS)
def test_any_text_has_days_in_their_order(text: str, today: date) -> None:
    mention = mentioned(text, today)
    assert mention is None or mention.text in text
    if mention and mention.first and mention.last:
        assert mention.first <= mention.last


@given(_DAYS, st.sampled_from(["%d.%m.%Y", "%Y-%m-%d", "%B %d, %Y", "%d %b %Y"]))
def test_a_day_is_the_same_in_every_shape(day: date, shape: str) -> None:
    mention = mentioned(f"What happened on {day.strftime(shape)}?", FRIDAY)
    assert mention == Mention(day.strftime(shape), day, day, bounds=False)
