"""Every request goes through the gate before a route sees it, and reaches one archive alone.

A route says with ``opt=READ`` and the like what it asks for; one that says nothing is for
admins. Who may do what is decided in ``service/access/gate.py``.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.di import Provide
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler
from litestar.middleware import ASGIMiddleware
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, Message, Receive, Send
from litestar.types import Scope as ConnectionScope

from service.access.caller import Caller
from service.access.gate import Gate
from service.access.scope import Scope
from service.api.sizes import require_headers_that_fit
from service.archives import Archives, ServedArchive
from service.asking import Asker
from service.engine import Engine
from service.errors import AccessRefused, ServiceStopping
from service.feedback_file import FeedbackFile
from service.renewal_job import RenewalJob
from service.telemetry.record import note

#: What a route says in ``opt``: a scope, or None for everyone.
NEEDED = "needed_scope"
#: For everyone: nothing of any archive is to be had there.
OPEN: dict[str, Any] = {NEEDED: None}
READ: dict[str, Any] = {NEEDED: Scope.READ}
WRITE: dict[str, Any] = {NEEDED: Scope.WRITE}
ADMIN: dict[str, Any] = {NEEDED: Scope.ADMIN}
METRICS: dict[str, Any] = {NEEDED: Scope.METRICS}
#: Beside one of these: answered while the service is stopping, too.
AT_ANY_TIME: dict[str, Any] = {"at_any_time": True}

# What such routes do takes a thread; an operator gets through to a service that is busy.
_WORK = (Scope.READ, Scope.WRITE)

AnyRequest = Request[Any, Any, Any]


class Admission(ASGIMiddleware):
    """Leaves the caller in ``request.user``, None on open routes; refuses all others."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def handle(
        self, scope: ConnectionScope, receive: Receive, send: Send, next_app: ASGIApp
    ) -> None:
        request: AnyRequest = Request(scope)
        require_headers_that_fit(request.scope)
        needed: Scope | None = request.route_handler.opt.get(NEEDED, Scope.ADMIN)
        if request.method == "OPTIONS":  # says which methods there are, and nothing else
            needed = None
        try:
            caller = self._gate.admit(request.method, request.headers, needed)
        except AccessRefused as refused:
            raise as_http(refused) from refused
        scope["user"] = caller
        if caller is not None:
            note(archive=caller.archive, key=caller.key)
        if request.method == "OPTIONS":
            await send(
                {
                    "type": "http.response.start",
                    "status": 204,
                    "headers": [(b"allow", _methods(request).encode())],
                }
            )
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        if needed is None or request.route_handler.opt.get("at_any_time"):
            await next_app(scope, receive, send)
            return
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        archives: Archives = request.app.state.archives
        # A command of the same index is never sent away half-way.
        bounded = needed in _WORK and not (caller and caller.owner)
        try:
            async with archives.draining.request():
                with archives.workers.place() if bounded else nullcontext():
                    await next_app(scope, receive, sending)
        except ServiceStopping:
            if not begun:
                raise
            # What follows can't be an error any more: it ends here, and lacks its end.
            note(stopping=True)


def _methods(request: AnyRequest) -> str:
    """What ``Allow`` says of a path.

    The framework's own answer has only the methods of the route that it met first there. Routes
    outside the document are for the owner, or refuse what others on the path are asked for.
    """
    handlers = [
        handler
        for route in request.app.routes
        if isinstance(route, HTTPRoute) and route.path_format == request.scope["path_template"]
        for handler in route.route_handlers
        if "OPTIONS" not in handler.http_methods
    ]
    shown = [each for each in handlers if each.resolve_include_in_schema()] or handlers
    return ", ".join(sorted({m for each in shown for m in each.http_methods} | {"OPTIONS"}))


def as_http(refused: AccessRefused) -> HTTPException:
    """The refusal as the error handlers of every route know how to tell it."""
    return HTTPException(
        status_code=refused.status,
        detail=str(refused),
        headers=refused.headers,
        extra={"param": None, "code": refused.code},
    )


def owner_only(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Raise PermissionDeniedException for anyone without the token of ``owner.json``."""
    if not connection.user.owner:
        raise PermissionDeniedException(detail="this is for the command line of the same index")


async def _served(request: AnyRequest) -> ServedArchive:
    """The archive of whoever sent the request, opened where that was not done yet."""
    caller: Caller | None = request.user
    if caller is None:
        raise AssertionError("an open route shows nothing of an archive")
    archives: Archives = request.app.state.archives
    opened = archives.opened(caller.archive)
    if opened is not None:
        return opened
    return await archives.workers.run(
        lambda: archives.open(caller.archive, create=caller.may_create)
    )


async def _engine(request: AnyRequest) -> Engine:
    return (await _served(request)).engine


async def _asker(request: AnyRequest) -> Asker:
    return (await _served(request)).asker


async def _job(request: AnyRequest) -> RenewalJob:
    return (await _served(request)).job


async def _feedback_file(request: AnyRequest) -> FeedbackFile:
    return (await _served(request)).feedback_file


#: What a route may ask for by name: always that of the caller's own archive.
OF_THE_CALLER = {
    "engine": Provide(_engine),
    "asker": Provide(_asker),
    "job": Provide(_job),
    "feedback_file": Provide(_feedback_file),
}
