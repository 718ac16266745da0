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
from service.errors import AccessRefused

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


class Admitting:
    """Lets those through to ``app`` whom ``gate`` admits with the scope ``needed``.

    Pages of other sites are refused whatever the method, as the protocol asks of its servers.
    """

    def __init__(self, app: App, gate: Gate, needed: Scope) -> None:
        self._app = app
        self._gate = gate
        self._needed = needed

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = {n.decode("latin-1"): v.decode("latin-1") for n, v in scope["headers"]}
            try:
                caller = self._gate.admit(scope["method"], headers, self._needed, safe=frozenset())
            except AccessRefused as refused:
                await _refuse(refused, send)
                return
            scope.setdefault("state", {})["caller"] = caller
        await self._app(scope, receive, send)


async def _refuse(refused: AccessRefused, send: Send) -> None:
    content = json.dumps(
        {
            "type": "about:blank",
            "title": HTTPStatus(refused.status).phrase,
            "status": refused.status,
            "detail": str(refused),
        }
    ).encode()
    headers = {
        "Content-Type": "application/problem+json",
        "Content-Length": str(len(content)),
    } | refused.headers
    listed = [(n.lower().encode("latin-1"), v.encode("latin-1")) for n, v in headers.items()]
    await send({"type": "http.response.start", "status": refused.status, "headers": listed})
    await send({"type": "http.response.body", "body": content})
