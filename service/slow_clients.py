"""Connections that send next to nothing are closed, so that nobody holds them open for nothing.

uvicorn bounds the time between requests alone. Here a request's head has to be there soon, and
its body has to keep coming; while we work on an answer nothing is asked of the client. How many
connections there may be is left to the system, and to a proxy.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

#: Bytes a second of a body, below which it is no use to wait.
LEAST_RATE = 100


def patient_for(seconds: float) -> type[asyncio.Protocol]:
    """uvicorn's protocol, which looks every so many ``seconds`` at what has come since."""

    class Patient(H11Protocol):  # type: ignore[misc, unused-ignore]
        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._came = 0
            self._head_awaited = False
            self._look_again()

        def data_received(self, data: bytes) -> None:
            self._came += len(data)
            super().data_received(data)
            if self.cycle is not None and not self.cycle.response_complete:
                self._head_awaited = False

        def connection_lost(self, exc: Exception | None) -> None:
            self._looking.cancel()
            super().connection_lost(exc)

        def _look_again(self) -> None:
            self._looking = self.loop.call_later(seconds, self._look)

        def _look(self) -> None:
            came, self._came = self._came, 0
            if self._is_slow(came):
                self.transport.close()
            else:
                self._look_again()

        def _is_slow(self, came: int) -> bool:
            if self.cycle is None or self.cycle.response_complete:
                # It may have begun a moment ago: it has until the next look.
                before, self._head_awaited = self._head_awaited, True
                return before
            waits_for_body = self.cycle.more_body and not self.flow.read_paused
            return waits_for_body and came < LEAST_RATE * seconds

    return Patient
