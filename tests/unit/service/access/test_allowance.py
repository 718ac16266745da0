"""A minute's worth at once, then steadily."""

from __future__ import annotations

import pytest

from service.access.allowance import Allowances


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("rate", [1, 6, 7, 600, 100_000])
def test_a_minutes_worth_is_there_at_once_and_not_one_more(rate: int) -> None:
    clock = Clock()
    allowances = Allowances(clock)
    assert [allowances.wait("a", rate) for _ in range(rate)] == [0.0] * rate
    assert allowances.wait("a", rate) == pytest.approx(60 / rate, rel=1e-3)
    assert allowances.wait("b", rate) == 0.0


def test_after_the_time_told_one_more_is_let_through() -> None:
    clock = Clock()
    allowances = Allowances(clock)
    while not (wait := allowances.wait("a", 6)):
        pass
    clock.now += wait - 0.01
    assert allowances.wait("a", 6) > 0
    clock.now += 0.011
    assert allowances.wait("a", 6) == 0
    assert allowances.wait("a", 6) > 0


def test_a_quiet_hour_saves_up_no_more_than_a_minute() -> None:
    clock = Clock()
    allowances = Allowances(clock)
    allowances.wait("a", 6)
    clock.now += 3600
    assert sum(allowances.wait("a", 6) == 0 for _ in range(20)) == 6


def test_no_rate_is_no_limit() -> None:
    allowances = Allowances(Clock())
    assert not any(allowances.wait("a", 0) for _ in range(1000))
