"""Ending without cutting anyone off: who is being answered may be answered, for a bounded time.

From ``begin`` on nobody new is admitted. Once the time is up, answers that are on their way end
with ServiceStopping, which every door tells in its own shape; a little later so does everything
else. Who begins it, and waits for the end, is ``draining_server.py``.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from service.errors import ServiceStopping

# How much longer than answers other requests have, in seconds: a batch that is being written
# may be done by then.
_LONGER_S = 3.0


class Draining:
    """Of one service, to be used on its event loop alone."""

    def __init__(self) -> None:
        self.stopping = False
        self._up = {"answer": False, "request": False}
        self._limits: dict[str, set[asyncio.Timeout]] = {"answer": set(), "request": set()}
        self._timers: list[asyncio.TimerHandle] = []
        self._at_the_end: list[Callable[[], None]] = []

    @property
    def under_way(self) -> int:
        """How many requests that were admitted have not been answered yet."""
        return len(self._limits["request"])

    @property
    def over(self) -> bool:
        """Whether all the time there was is up."""
        return self._up["request"]

    def begin(self, seconds: float) -> None:
        """Admit nobody any more; those who are there have so many ``seconds``."""
        self.stopping = True
        loop = asyncio.get_running_loop()
        for timer in self._timers:
            timer.cancel()
        self._timers = [
            loop.call_later(seconds, self._end, "answer"),
            loop.call_later(seconds + _LONGER_S, self._end, "request"),
        ]

    def at_the_end(self, call: Callable[[], None]) -> None:
        """Have this called when the time for answers is up."""
        self._at_the_end.append(call)

    @asynccontextmanager
    async def request(self) -> AsyncIterator[None]:
        """Around a request. Raises ServiceStopping where it came too late, or takes too long."""
        if self.stopping:
            raise ServiceStopping
        async with self._limited("request"):
            yield

    @asynccontextmanager
    async def answer(self) -> AsyncIterator[None]:
        """Around each wait for a part of an answer, never over a ``yield`` of one.

        Raises ServiceStopping as soon as the time is up.
        """
        if self._up["answer"]:
            raise ServiceStopping
        async with self._limited("answer"):
            yield

    @asynccontextmanager
    async def _limited(self, kind: str) -> AsyncIterator[None]:
        limits = self._limits[kind]
        try:
            async with asyncio.timeout(None) as limit:
                limits.add(limit)
                try:
                    yield
                finally:
                    limits.discard(limit)
        except TimeoutError as error:
            if limit.expired():
                raise ServiceStopping from error
            raise

    def _end(self, kind: str) -> None:
        if self._up[kind]:
            return
        self._up[kind] = True
        now = asyncio.get_running_loop().time()
        for limit in self._limits[kind]:
            limit.reschedule(now)
        if kind == "answer":
            for call in self._at_the_end:
                call()
