"""Bounded threads for what is slow: models and stores never run on the event loop."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread

P = ParamSpec("P")
T = TypeVar("T")


class Workers:
    """Runs functions in threads, at most ``count`` at once; more wait their turn."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._limiter: CapacityLimiter | None = None

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The function's result, once a thread was free for it."""
        if self._limiter is None:  # belongs to the event loop, so it is made on it
            self._limiter = CapacityLimiter(self._count)
        call = partial(function, *args, **kwargs)
        return await to_thread.run_sync(call, limiter=self._limiter)
