"""When a watched source is read again."""

from __future__ import annotations

import pytest

from indexer.sources import Source
from service.schedule import INTERVAL, JITTER, LONGEST_ASKED, LONGEST_PAUSE, Task


def pause(task: Task, now: float = 0.0) -> tuple[float, float]:
    """The pause until it is due, between these."""
    return (task.due - now) / (1 + JITTER), (task.due - now) / (1 - JITTER)


def within(task: Task, seconds: float, now: float = 0.0) -> bool:
    least, most = pause(task, now)
    return least <= seconds <= most


def test_a_source_is_due_at_once_and_then_after_its_interval() -> None:
    task = Task(Source("/news"))
    assert task.due == 0.0
    task.succeeded(1000.0)
    assert within(task, INTERVAL, now=1000.0)


@pytest.mark.parametrize(
    ("interval", "asked", "seconds"),
    [
        (900.0, 60.0, 900.0),  # more often than we would: no
        (900.0, 1800.0, 1800.0),
        (900.0, 86_400.0, LONGEST_ASKED),
        (7200.0, 86_400.0, 7200.0),
    ],
)
def test_what_a_feed_asks_for_counts_within_bounds(
    interval: float, asked: float, seconds: float
) -> None:
    task = Task(Source("/news"), interval)
    task.succeeded(0.0, asked=asked)
    assert within(task, seconds)


def test_failures_double_the_pause_up_to_a_bound_and_a_success_ends_them() -> None:
    task = Task(Source("/news"), 600.0)
    for expected in (1200.0, 2400.0, 4800.0, 9600.0, 19_200.0, LONGEST_PAUSE, LONGEST_PAUSE):
        task.failed(0.0)
        assert within(task, expected)
    for _ in range(2000):
        task.failed(0.0)
    assert within(task, LONGEST_PAUSE)
    task.succeeded(0.0)
    assert within(task, 600.0)
    task.failed(0.0)
    assert within(task, 1200.0)


def test_a_failure_waits_as_long_as_the_server_asks() -> None:
    task = Task(Source("/news"), 60.0)
    task.failed(0.0, asked=5000.0)
    assert within(task, 5000.0)
    task.failed(0.0, asked=10**9)
    assert within(task, LONGEST_PAUSE)
    daily = Task(Source("/news"), 86_400.0)
    daily.failed(0.0)
    assert within(daily, 86_400.0)  # a failure never brings it forward


def test_not_everything_is_due_at_the_same_second() -> None:
    tasks = [Task(Source("/news")) for _ in range(20)]
    for task in tasks:
        task.succeeded(0.0)
    assert len({task.due for task in tasks}) > 10
