"""Several sites at once, each one after the other, results in order."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from indexer.sources.web.parallel import _AHEAD, in_order


def run(jobs: list[Any], work: Any, threads: int = 4, stopping: Any = None) -> Any:
    stopping = stopping or threading.Event()
    return in_order(jobs, lambda job: str(job[0]), work, threads=threads, stopping=stopping)


def test_results_come_in_the_order_of_the_jobs() -> None:
    jobs = [("abc"[n % 3], n) for n in range(60)]

    def work(job: tuple[str, int]) -> int:
        time.sleep(0.002 * (job[1] % 4))
        return job[1]

    assert list(run(jobs, work)) == list(range(60))


def test_a_site_is_read_by_one_at_a_time_and_several_sites_at_once() -> None:
    turn, busy, most = threading.Lock(), set[str](), 0

    def work(job: tuple[str, int]) -> None:
        nonlocal most
        with turn:
            assert job[0] not in busy
            busy.add(job[0])
            most = max(most, len(busy))
        time.sleep(0.01)
        with turn:
            busy.remove(job[0])

    list(run([(site, n) for site in "abcdef" for n in range(5)], work, threads=3))
    assert most == 3


def test_a_slow_site_does_not_hold_up_the_others() -> None:
    release, quick = threading.Event(), list[int]()

    def work(job: tuple[str, int]) -> int:
        if job[0] == "slow":
            assert release.wait(20)
        else:
            quick.append(job[1])
            if len(quick) == 20:
                release.set()
        return job[1]

    assert list(run([("slow", 0), *(("b", n) for n in range(1, 21))], work)) == list(range(21))


def test_nothing_runs_far_ahead_of_who_takes_the_results() -> None:
    done = list[int]()
    results = run([(n % 5, n) for n in range(_AHEAD * 2)], lambda job: done.append(job[1]))
    next(results)
    time.sleep(0.3)
    assert len(done) <= _AHEAD + 1
    results.close()


def test_what_is_raised_is_raised_in_its_place_and_errors_may_be_results() -> None:
    def work(job: tuple[str, int]) -> Exception:
        if job[1] == 2:
            raise ValueError("two")
        return KeyError(job[1])

    results = run([("a", n) for n in range(4)], work)
    assert [str(next(results)) for _ in range(2)] == ["0", "1"]
    with pytest.raises(ValueError, match="two"):
        next(results)


def test_a_run_that_is_stopped_ends_without_waiting() -> None:
    stopping, never = threading.Event(), threading.Event()
    results = run([("a", 0), ("b", 1)], lambda job: job[1] or never.wait(20), stopping=stopping)
    threading.Timer(0.1, stopping.set).start()
    started = time.monotonic()
    assert list(results) == []
    assert time.monotonic() - started < 10
    never.set()


def test_who_stops_asking_ends_the_work() -> None:
    done = list[int]()

    def work(job: tuple[str, int]) -> None:
        time.sleep(0.01)
        done.append(job[1])

    results = run([("a", n) for n in range(200)], work)
    next(results)
    results.close()
    before = len(done)
    time.sleep(0.1)
    assert len(done) <= before + 1 < 200


def test_no_jobs() -> None:
    assert list(run([], lambda _: None)) == []
