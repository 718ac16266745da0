"""Work on several sites at once and on each one after the other; results in the order of jobs.

Threads take jobs whose site is free, not too far ahead of the result that is waited
for, so that a slow site holds up neither the others nor the memory.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final, Generic, TypeVar

_Job = TypeVar("_Job")
_Result = TypeVar("_Result")

#: How many jobs may be done before the first of them is taken.
_AHEAD: Final = 256
_PATIENCE_S: Final = 2.0


def in_order(
    jobs: Sequence[_Job],
    site_of: Callable[[_Job], str],
    work: Callable[[_Job], _Result],
    *,
    threads: int,
) -> Iterator[_Result]:
    """The result of each job, in the order of the jobs.

    What ``work`` raises is raised here, in the job's place. Whoever stops asking ends
    the work after the jobs in hand.
    """
    run = _Run(jobs, [site_of(job) for job in jobs], work)
    wanted = min(threads, len(set(run.sites)))
    workers = [threading.Thread(target=run.work_on, daemon=True) for _ in range(wanted)]
    for worker in workers:
        worker.start()
    try:
        for index in range(len(jobs)):
            yield run.result(index)
    finally:
        run.stop()
        # What is under way may take its time to end; it has nobody left to tell.
        until = time.monotonic() + _PATIENCE_S
        for worker in workers:
            worker.join(max(0.0, until - time.monotonic()))


class _Run(Generic[_Job, _Result]):
    def __init__(
        self, jobs: Sequence[_Job], sites: list[str], work: Callable[[_Job], _Result]
    ) -> None:
        self._jobs = jobs
        self.sites = sites
        self._work = work
        self._changed = threading.Condition()
        self._waiting = list(range(len(jobs)))
        self._busy: set[str] = set()
        self._results: dict[int, _Result | BaseException] = {}
        self._wanted = 0
        self._stopped = False

    def work_on(self) -> None:
        while (index := self._take()) is not None:
            outcome: _Result | BaseException
            try:
                outcome = self._work(self._jobs[index])
            except BaseException as error:  # raised where it is asked for
                outcome = error
            with self._changed:
                self._busy.discard(self.sites[index])
                self._results[index] = outcome
                self._changed.notify_all()

    def result(self, index: int) -> _Result:
        with self._changed:
            self._wanted = index
            self._changed.notify_all()
            self._changed.wait_for(lambda: index in self._results)
            outcome = self._results.pop(index)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

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
