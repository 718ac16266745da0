"""Work on several sites at once and on each one after the other; results in the order of jobs.

Threads take jobs whose site is free, not too far ahead of the result that is waited
for, so that a slow site holds up neither the others nor the memory.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final, Generic, NoReturn, TypeVar

_Job = TypeVar("_Job")
_Result = TypeVar("_Result")

#: How many jobs may be done before the first of them is taken.
_AHEAD: Final = 256
_PATIENCE_S: Final = 2.0
_LOOK_S: Final = 0.2


def in_order(
    jobs: Sequence[_Job],
    site_of: Callable[[_Job], str],
    work: Callable[[_Job], _Result],
    *,
    threads: int,
    stopping: threading.Event,
) -> Iterator[_Result]:
    """The result of each job, in the order of the jobs; no more of them once ``stopping`` is set.

    What ``work`` raises is raised here, in the job's place. Whoever stops asking ends
    the work after the jobs in hand.
    """
    run = _Run(jobs, [site_of(job) for job in jobs], work, stopping)
    wanted = min(threads, len(set(run.sites)))
    workers = [threading.Thread(target=run.work_on, daemon=True) for _ in range(wanted)]
    for worker in workers:
        worker.start()
    try:
        for index in range(len(jobs)):
            if not run.has(index):
                return
            yield run.result(index)
    finally:
        run.stop()
        # What is under way may take its time to end; it has nobody left to tell.
        until = time.monotonic() + _PATIENCE_S
        for worker in workers:
            worker.join(max(0.0, until - time.monotonic()))


class _Run(Generic[_Job, _Result]):
    def __init__(
        self,
        jobs: Sequence[_Job],
        sites: list[str],
        work: Callable[[_Job], _Result],
        stopping: threading.Event,
    ) -> None:
        self._jobs = jobs
        self.sites = sites
        self._work = work
        self._stopping = stopping
        self._changed = threading.Condition()
        self._waiting = list(range(len(jobs)))
        self._busy: set[str] = set()
        self._results: dict[int, Callable[[], _Result]] = {}
        self._wanted = 0
        self._stopped = False

    def work_on(self) -> None:
        while (index := self._take()) is not None:
            outcome: Callable[[], _Result]
            try:
                outcome = partial(_given, self._work(self._jobs[index]))
            except BaseException as error:
                outcome = partial(_raised, error)
            with self._changed:
                self._busy.discard(self.sites[index])
                self._results[index] = outcome
                self._changed.notify_all()

    def has(self, index: int) -> bool:
        """Wait for a result; False where the run is stopped before it is there."""
        with self._changed:
            self._wanted = index
            self._changed.notify_all()
            while index not in self._results:
                if self._stopping.is_set():
                    return False
                self._changed.wait(_LOOK_S)
            return True

    def result(self, index: int) -> _Result:
        with self._changed:
            outcome = self._results.pop(index)
        return outcome()

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def _take(self) -> int | None:
        """The first job whose site is free; None when there is nothing left to do."""
        with self._changed:
            while True:
                if self._stopped or not self._waiting:
                    return None
                for place, index in enumerate(self._waiting):
                    if index >= self._wanted + _AHEAD:
                        break
                    if self.sites[index] not in self._busy:
                        del self._waiting[place]
                        self._busy.add(self.sites[index])
                        return index
                self._changed.wait()


def _given(result: _Result) -> _Result:
    return result


def _raised(error: BaseException) -> NoReturn:
    raise error
