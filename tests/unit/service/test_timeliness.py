"""What its date gives an article."""

from __future__ import annotations

from datetime import date

import pytest

from indexer.points import published_seconds
from service.dates import Mention
from service.timeliness import Timeliness, around, bonus

_NOW = float(published_seconds("2025-11-21") or 0)


def gained(published: str | None, mention: Mention | None, **weights: float) -> float:
    within = around(mention) if mention else None
    return bonus(Timeliness(**weights), within, published_seconds(published), _NOW)


@pytest.mark.parametrize(
    ("published", "gains"),
    [
        ("2014-04-27", False),
        ("2014-04-28", True),  # three days ahead
        ("2014-05-20", True),
        ("2014-06-30", True),
        ("2014-07-01", False),  # a month behind
        (None, False),
    ],
)
def test_an_article_of_the_time_that_is_named_gains(published: str | None, gains: bool) -> None:
    may = Mention("May 2014", date(2014, 5, 1), date(2014, 5, 31), bounds=False)
    assert gained(published, may, mentioned=0.3) == (0.3 if gains else 0.0)


def test_an_open_time_has_no_end() -> None:
    since = Mention("since 2014", date(2014, 1, 1), None, bounds=False)
    before = Mention("before 2014", None, date(2013, 12, 31), bounds=False)
    assert gained("2025-01-01", since, mentioned=1) == 1
    assert gained("2013-01-01", since, mentioned=1) == 0
    assert gained("1990-01-01", before, mentioned=1) == 1
    assert gained("2025-01-01", before, mentioned=1) == 0


def test_recency_halves_and_does_not_grow_in_the_future() -> None:
    assert gained("2025-11-21", None, recency=0.8, half_life=10) == pytest.approx(0.8)
    assert gained("2025-11-11", None, recency=0.8, half_life=10) == pytest.approx(0.4)
    assert gained("2025-11-01", None, recency=0.8, half_life=10) == pytest.approx(0.2)
    assert gained("2026-11-01", None, recency=0.8, half_life=10) == pytest.approx(0.8)
    assert gained(None, None, recency=0.8, half_life=10) == 0
