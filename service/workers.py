"""Bounded threads for what is slow: models and stores never run on the event loop."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread

from service.telemetry.record import waited

P = ParamSpec("P")
T = TypeVar("T")


class Workers:
    """Runs functions in threads, at most ``count`` at once; more wait their turn."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._limiter: CapacityLimiter | None = None

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The function's result, once a thread was free for it."""
        if self._limiter is None:  # belongs to the event loop, so it is made on it
            self._limiter = CapacityLimiter(self.count)
        call = partial(_timed, time.perf_counter(), partial(function, *args, **kwargs))
        return await to_thread.run_sync(call, limiter=self._limiter)

    @property
    def running(self) -> int:
        """How many threads are at work."""
        return self._limiter.statistics().borrowed_tokens if self._limiter else 0

    @property
    def waiting(self) -> int:
        """How many calls wait for one."""
        return self._limiter.statistics().tasks_waiting if self._limiter else 0


def _timed(asked: float, call: Callable[[], T]) -> T:
    waited(time.perf_counter() - asked)
    return call()
