"""Dates: ISO 8601 in one shape, and nothing guessed."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.sources.dates import from_name, normalise


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2024-05-01", "2024-05-01"),
        (" 2024-05-01\n", "2024-05-01"),
        ("20240501", "2024-05-01"),
        ("1890-01-01", "1890-01-01"),
        ("0001-01-01", "0001-01-01"),
        ("9999-12-31", "9999-12-31"),
        ("2024-02-29", "2024-02-29"),
        ("2024-05-01T10:30", "2024-05-01T10:30:00+00:00"),
        ("2024-05-01t10:30:05z".upper(), "2024-05-01T10:30:05+00:00"),
        ("2024-05-01T10:30:05+02:00", "2024-05-01T10:30:05+02:00"),
        ("2024-05-01 10:30:05 -0500", "2024-05-01T10:30:05-05:00"),
    ],
)
def test_one_shape(value: str, expected: str) -> None:
    assert normalise(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "",
        "yesterday",
        "2025-02-30",
        "2023-02-29",
        "2024-13-01",
        "0000-01-01",
        "10000-01-01",
        "-0044-03-15",
        "2024-05",
        "01.05.2024",
        "05/01/2024",
        "2024-05-01x10:30",
        "2024-05-01T25:00",
        "٢٠٢٤-٠٥-٠١",
        "0001-01-01T00:00:00+02:00",
        "9999-12-31T23:00:00-05:00",
    ],
)
def test_what_is_no_date_is_named(value: str) -> None:
    with pytest.raises(ValueError, match="not an ISO 8601 date") as caught:
        normalise(value)
    assert repr(value) in str(caught.value)


def test_a_long_value_is_not_repeated_in_full() -> None:
    with pytest.raises(ValueError, match="ISO 8601") as caught:
        normalise("9" * 1_000_000)
    assert len(str(caught.value)) < 200


@given(st.dates())
def test_every_date_is_kept(day: date) -> None:
    assert normalise(day.isoformat()) == day.isoformat()


@given(
    st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31)),
    st.integers(-12 * 60, 14 * 60),
)
def test_every_moment_is_kept(moment: datetime, minutes: int) -> None:
    zoned = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert datetime.fromisoformat(normalise(zoned.isoformat())) == zoned


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("2024-05-01-foo.txt", "2024-05-01"),
        ("2024-05-01_foo.txt", "2024-05-01"),
        ("2024-05-01.txt", "2024-05-01"),
        ("2024-02-30-foo.txt", None),
        ("2024-05-011.txt", None),
        ("foo-2024-05-01.txt", None),
        ("foo.txt", None),
    ],
)
def test_a_date_at_the_beginning_of_a_file_name(name: str, expected: str | None) -> None:
    assert from_name(name) == expected
