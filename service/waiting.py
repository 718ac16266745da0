"""A service whose Qdrant server is not there yet: it says so, and looks for it again and again.

Meanwhile it lives and is not ready, and every other request is told why with 503. What else goes
wrong with opening an archive does not pass by itself, and is left to whoever asked for it.
"""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any

import uvicorn

from indexer.errors import StoreUnavailable
from service.engine import Engine

_LOG = logging.getLogger(__name__)
_FIRST_S, _LONGEST_S = 1.0, 10.0

Message = MutableMapping[str, Any]


def wait_for_store(
    opening: Callable[[], Engine], listener: socket.socket, reason: StoreUnavailable
) -> Engine | None:
    """The engine, once it could be opened; None where SIGINT or SIGTERM came before.

    Answers at the listening socket until then, and leaves it open. Raises what ``opening`` does,
    but for StoreUnavailable.
    """
    # A copy, as a server closes its socket at the end; who connects in between is kept waiting.
    config = uvicorn.Config(
        _Waiting(), log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=2
    )
    server = uvicorn.Server(config)
    attempts = _Attempts(opening, server)
    _LOG.error("the archive could not be opened, it is tried again: %s", reason)
    attempts.thread.start()
    try:
        server.run(sockets=[listener.dup()])
    except KeyboardInterrupt:
        attempts.stopping.set()
    attempts.thread.join()
    if attempts.stopping.is_set():
        if attempts.engine is not None:
            attempts.engine.close()
        return None
    if attempts.failure is not None:
        raise attempts.failure
    return attempts.engine


class _Attempts:
    """Opens an archive in a thread of its own, and ends the server that waits for it."""

    def __init__(self, opening: Callable[[], Engine], server: uvicorn.Server) -> None:
        self._opening = opening
        self._server = server
        self.stopping = threading.Event()
        self.engine: Engine | None = None
        self.failure: Exception | None = None
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        pause = _FIRST_S
        while not self.stopping.wait(pause):
            try:
                self.engine = self._opening()
                break
            except StoreUnavailable:
                pause = min(2 * pause, _LONGEST_S)
            except Exception as error:
                self.failure = error
                break
        self._server.should_exit = True


class _Waiting:
    """What there is to say until the store is there. Why it is not is for the log alone."""

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        if scope["path"] == "/health/live":
            status, kind = HTTPStatus.OK, "application/json"
            content: dict[str, Any] = {"status": "ok"}
        else:
            status, kind = HTTPStatus.SERVICE_UNAVAILABLE, "application/problem+json"
            content = {
                "type": "about:blank",
                "title": status.phrase,
                "status": status,
                "detail": "the store can't be reached yet; the service waits for it",
            }
            if scope["path"] == "/health/ready":
                kind, content = "application/json", {"status": "waiting for the store"}
        body = json.dumps(content).encode()
        headers = {"content-type": kind, "content-length": str(len(body)), "retry-after": "5"}
        listed = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status.value, "headers": listed})
        await send({"type": "http.response.body", "body": body})
