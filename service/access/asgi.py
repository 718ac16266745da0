"""The gate before an ASGI application that knows nothing of it, such as that of MCP.

Refusals are problem documents; who was let in stands in the request's state as ``caller``.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any

from service.access.gate import Gate
from service.access.scope import Scope
from service.draining import Draining
from service.errors import AccessRefused, ServiceStopping

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


class Admitting:
    """Lets those through to ``app`` whom ``gate`` admits with the scope ``needed``.

    Pages of other sites are refused whatever the method, as the protocol asks of its servers.
    What is posted is answered before the process ends, or not begun any more (``draining``);
    what is only listened to is nothing to wait for.
    """

    def __init__(self, app: App, gate: Gate, needed: Scope, draining: Draining) -> None:
        self._app = app
        self._gate = gate
        self._needed = needed
        self._draining = draining

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = {n.decode("latin-1"): v.decode("latin-1") for n, v in scope["headers"]}
            try:
                caller = self._gate.admit(scope["method"], headers, self._needed, safe=frozenset())
            except AccessRefused as refused:
                await _refuse(refused.status, refused, send)
                return
            scope.setdefault("state", {})["caller"] = caller
        if scope.get("method") != "POST":
            await self._app(scope, receive, send)
            return
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            async with self._draining.request():
                await self._app(scope, receive, sending)
        except ServiceStopping as stopping:
            if not begun:
                await _refuse(503, stopping, send)


async def _refuse(status: int, refused: AccessRefused | ServiceStopping, send: Send) -> None:
    content = json.dumps(
        {
            "type": "about:blank",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "detail": str(refused),
        }
    ).encode()
    headers = {
        "Content-Type": "application/problem+json",
        "Content-Length": str(len(content)),
    } | refused.headers
    listed = [(n.lower().encode("latin-1"), v.encode("latin-1")) for n, v in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": listed})
    await send({"type": "http.response.body", "body": content})
