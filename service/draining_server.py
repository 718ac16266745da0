"""uvicorn's server, which drains before it ends.

By itself it closes its port at a signal, so that nobody can be told why, and then waits for its
clients for as long as they like. Here the port stays open while others are being answered: a new
request is told 503, and that it may be sent again. What draining is, is in ``draining.py``.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

import uvicorn

from service.draining import Draining

_LOG = logging.getLogger(__name__)
_STEP_S = 0.05
# For what is still there after the time that all had: connections that neither read nor end.
_LAST_S = 2


def drain_at_signals(draining: Draining, seconds: float) -> None:
    """The same within a server of someone else's, which has closed its port by then.

    To be called on its event loop, once it has its own handlers of signals: they are called, too.
    """
    loop = asyncio.get_running_loop()

    def handle(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(draining.begin, seconds)
        former = formers[number]
        if callable(former):
            former(number, frame)

    if threading.current_thread() is threading.main_thread():
        formers: dict[int, Any] = {
            number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)
        }


class DrainingServer(uvicorn.Server):
    """Lets those who are being answered have ``seconds`` from the first SIGINT or SIGTERM on.

    A second SIGINT ends their time at once. ``then`` is called before what is left is closed.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        draining: Draining,
        seconds: float,
        then: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(config)
        self._then = then
        config.timeout_graceful_shutdown = _LAST_S
        self._draining = draining
        self._seconds = seconds
        self._hurried = False

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Note a signal. uvicorn would take a second SIGINT for leave to cut everyone off."""
        if self.should_exit:
            self._hurried = self._hurried or sig == signal.SIGINT
        else:
            super().handle_exit(sig, frame)

    async def main_loop(self) -> None:
        """Serve until a signal comes, then until everyone is answered or the time is up."""
        await super().main_loop()
        self._draining.begin(self._seconds)
        for connection in self.server_state.connections:
            cycle = getattr(connection, "cycle", None)
            if cycle is not None and not cycle.response_complete:
                cycle.keep_alive = False
        if self._draining.under_way:
            _LOG.info(
                "stopping: requests under way have %g s (Ctrl-C ends them now)",
                self._seconds,
                extra={"facts": {"requests": self._draining.under_way}},
            )
        hurried = False
        while self._draining.under_way and not self._draining.over:
            if self._hurried and not hurried:
                hurried = True
                self._draining.begin(0.0)
            await asyncio.sleep(_STEP_S)
        if self._then is not None:
            self._then()
