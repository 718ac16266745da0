"""Bounded threads for what is slow: models and stores never run on the event loop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread

from service.errors import Busy
from service.telemetry.record import waited

P = ParamSpec("P")
T = TypeVar("T")

_LONGEST_S = 60  # nobody is told to stay away for longer


class Workers:
    """Runs functions in threads, at most ``count`` at once; more wait their turn.

    A request has a ``place`` for as long as it is under way, and may make any number of calls.
    There is one for each thread and ``queue`` more; None makes any number.
    """

    def __init__(self, count: int, queue: int | None = None) -> None:
        self.count = count
        self.queue = queue
        self._limiter: CapacityLimiter | None = None
        self._under_way = 0
        self._usual_s = 0.0  # what a call takes, the last ones counting most

    @contextmanager
    def place(self) -> Iterator[None]:
        """Raises Busy where there is none. For the event loop's thread alone."""
        if self.queue is not None and self._under_way >= self.count + self.queue:
            seconds = math.ceil(self.waiting * self._usual_s / self.count)
            raise Busy(self._under_way, min(max(seconds, 1), _LONGEST_S))
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The function's result, once a thread was free for it."""
        if self._limiter is None:  # belongs to the event loop, so it is made on it
            self._limiter = CapacityLimiter(self.count)
        call = partial(self._timed, time.perf_counter(), partial(function, *args, **kwargs))
        return await to_thread.run_sync(call, limiter=self._limiter)

    @property
    def running(self) -> int:
        """How many threads are at work."""
        return self._limiter.statistics().borrowed_tokens if self._limiter else 0

    @property
    def waiting(self) -> int:
        """How many calls wait for one."""
        return self._limiter.statistics().tasks_waiting if self._limiter else 0

    def _timed(self, asked: float, call: Callable[[], T]) -> T:
        started = time.perf_counter()
        waited(started - asked)
        try:
            return call()
        finally:
            self._usual_s += 0.1 * (time.perf_counter() - started - self._usual_s)
