"""Calls of several threads that share a run."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from indexer.dynamic_batching import SharedRuns


class Doubling:
    """A model that stands still until ``go_on``, and remembers what it was given at once."""

    def __init__(self) -> None:
        self.runs: list[list[int]] = []
        self.began = threading.Semaphore(0)
        self._go_on = threading.Semaphore(0)
        self._at_work = threading.Lock()

    def __call__(self, items: Sequence[int]) -> list[int]:
        assert self._at_work.acquire(blocking=False), "it was called twice at once"
        try:
            self.runs.append(list(items))
            self.began.release()
            assert self._go_on.acquire(timeout=10)
            if 13 in items:
                raise ValueError(f"{len(items)} items with 13")
            return [2 * item for item in items]
        finally:
            self._at_work.release()

    def go_on(self, runs: int = 1) -> None:
        for _ in range(runs):
            self._go_on.release()


@pytest.fixture
def model() -> Doubling:
    return Doubling()


@pytest.fixture
def shared(model: Doubling) -> SharedRuns[int, int]:
    return SharedRuns(model, most=4)


def waiting(
    pool: ThreadPoolExecutor, shared: SharedRuns[int, int], *calls: list[int]
) -> list[Future[list[int]]]:
    """Calls that wait in this order behind the run under way."""
    futures = []
    for items in calls:
        before = len(shared._waiting)
        futures.append(pool.submit(shared, items))
        while len(shared._waiting) == before:
            pass
    return futures


def test_one_call_is_one_run_at_once(model: Doubling, shared: SharedRuns[int, int]) -> None:
    model.go_on(2)
    assert shared([1, 2]) == [2, 4]
    assert shared([3]) == [6]
    assert model.runs == [[1, 2], [3]]


def test_all_who_came_meanwhile_share_the_next_run_up_to_its_size(
    model: Doubling, shared: SharedRuns[int, int]
) -> None:
    with ThreadPoolExecutor() as pool:
        first = pool.submit(shared, [1])
        assert model.began.acquire(timeout=10)
        others = waiting(pool, shared, [2], [3, 4], [5, 6], [7])
        model.go_on(3)
        assert first.result(10) == [2]
        assert [f.result(10) for f in others] == [[4], [6, 8], [10, 12], [14]]
    assert model.runs == [[1], [2, 3, 4], [5, 6, 7]]


def test_a_call_that_is_larger_than_a_run_has_one_of_its_own(
    model: Doubling, shared: SharedRuns[int, int]
) -> None:
    model.go_on()
    assert shared([1] * 9) == [2] * 9


def test_only_the_call_that_fails_hears_of_it(
    model: Doubling, shared: SharedRuns[int, int]
) -> None:
    with ThreadPoolExecutor() as pool:
        first = pool.submit(shared, [1])
        assert model.began.acquire(timeout=10)
        good, bad, fine = waiting(pool, shared, [2], [13], [3])
        model.go_on(5)
        assert (first.result(10), good.result(10), fine.result(10)) == ([2], [4], [6])
        with pytest.raises(ValueError, match="1 items with 13"):
            bad.result(10)
    assert model.runs == [[1], [2, 13, 3], [2], [13], [3]]
    model.go_on()
    assert shared([4]) == [8]  # and goes on


def test_an_interrupt_ends_the_thread_that_ran_and_nobody_waits_for_ever() -> None:
    interrupted = threading.Event()

    def run(items: Sequence[int]) -> list[int]:
        if not interrupted.is_set():
            interrupted.set()
            raise KeyboardInterrupt
        return list(items)

    shared: SharedRuns[int, int] = SharedRuns(run, most=4)
    with pytest.raises(KeyboardInterrupt):
        shared([1])
    assert shared([2]) == [2]


def test_many_threads_get_what_is_theirs() -> None:
    sizes: list[int] = []

    def run(items: Sequence[int]) -> list[int]:
        sizes.append(len(items))
        return [item + 1 for item in items]

    shared: SharedRuns[int, int] = SharedRuns(run, most=8)
    with ThreadPoolExecutor(16) as pool:
        calls = [[n, -n][: 1 + n % 2] for n in range(2000)]
        found = list(pool.map(shared, calls))
    assert found == [[item + 1 for item in items] for items in calls]
    assert max(sizes) <= 8
