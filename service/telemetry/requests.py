"""Around every request: its id, its span, its line in the log, and its place in the metrics.

The outermost layer of the app, so that what no route answers is seen, too. Of the path only
the route's template is kept: ids and questions stand in the rest.
"""

from __future__ import annotations

import logging
import re
import time
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from litestar.enums import ScopeType

from service.telemetry.metrics import Metrics
from service.telemetry.record import RECORD, RequestRecord, failed
from service.telemetry.tracing import Span, Tracing, describe

if TYPE_CHECKING:
    from litestar.types import ASGIApp, Message, Receive, Scope, Send

_LOG = logging.getLogger(__name__)
_HEADER = b"x-request-id"
_WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{1,128}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_NO_ROUTE = "none"
# What machines ask every few seconds is worth a line only to who looks for it.
_ROUTINE = frozenset({"/health", "/health/live", "/health/ready", "/metrics"})
_EXPECTED = (200, 503)
_UNSENT = 500  # what a server sends for an app that breaks before it has answered
_CLOSED = 499  # the client went away before there was a status: as nginx counts it


class RequestTelemetry:
    """An ASGI app around another."""

    def __init__(
        self, app: ASGIApp, metrics: Metrics, tracing: Tracing, *, questions: bool
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._tracing = tracing
        self._questions = questions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
        record = RequestRecord(_request_id(headers), self._metrics, self._tracing, self._questions)
        started = time.perf_counter()
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        status, sent = 0, 0

        async def observed(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (_HEADER, record.id.encode())]
            elif message["type"] == "http.response.body":
                sent += len(message["body"])
            await send(message)

        token = RECORD.set(record)
        self._metrics.began()
        try:
            with self._tracing.request(method, headers) as span:
                try:
                    await self._app(scope, receive, observed)
                except Exception as error:
                    status = status or _UNSENT
                    failed(error)
                    raise
                finally:
                    status = status or _CLOSED
                    route = scope.get("path_template") or _NO_ROUTE
                    describe(span, method, route, status)
                    seconds = time.perf_counter() - started
                    self._metrics.ended(method, route, status, seconds)
                    self._write(record, span, method, route, status, seconds, sent)
        finally:
            RECORD.reset(token)

    def _write(
        self,
        record: RequestRecord,
        span: Span,
        method: str,
        route: str,
        status: int,
        seconds: float,
        sent: int,
    ) -> None:
        routine = route in _ROUTINE and status in _EXPECTED
        level = logging.DEBUG if routine else logging.INFO
        if not _LOG.isEnabledFor(level):
            return
        facts: dict[str, Any] = {
            "method": method,
            "route": route,
            "status": status,
            "ms": round(1000 * seconds, 1),
            "bytes": sent,
            **{f"{name}_ms": round(1000 * spent, 1) for name, spent in record.stages.items()},
            **record.facts,
        }
        context = span.get_span_context()
        if context.is_valid:
            facts["trace_id"] = f"{context.trace_id:032x}"
        _LOG.log(level, "request", extra={"facts": facts})


def _request_id(headers: dict[str, str]) -> str:
    """The id that the client gave, where it is one; else a new one."""
    given = headers.get(_HEADER.decode(), "")
    return given if _WELL_FORMED.fullmatch(given) else uuid4().hex
