"""Errors on the chat routes → the error objects of OpenAI's and Anthropic's APIs.

The same errors as in ``problems.py``, in the shapes that the clients turn into their
own exceptions. What went wrong inside is logged, never sent.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException

from indexer.errors import FundstelleError, StoreError
from service.api.problems import HANDLERS as PROBLEM_HANDLERS
from service.api.problems import fields_at_fault, headers_of
from service.errors import Busy, QuestionError, ServiceStopping
from service.telemetry.record import failed, note

_LOG = logging.getLogger(__name__)
_INSIDE = "something went wrong inside; the server's log says what"
_BODY = "data"
_ANTHROPIC_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
}
_BUSY = "busy"
_OPENAI_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    429: "rate_limit_error",
}

AnyRequest = Request[Any, Any, Any]


@dataclass(frozen=True)
class Failure:
    """What can be told of an error: ``param`` is the field at fault, ``code`` names its kind."""

    status: int
    message: str
    param: str | None = None
    code: str | None = None

    def openai(self) -> dict[str, Any]:
        """The body of an error response, or of an error within a stream."""
        kind = "server_error" if self.status >= 500 else "invalid_request_error"
        kind = _OPENAI_TYPES.get(self.status, kind)
        return {
            "error": {
                "message": self.message,
                "type": kind,
                "param": self.param,
                "code": self.code,
            }
        }

    def anthropic(self) -> dict[str, Any]:
        """The body of an error response, or the data of an ``error`` event."""
        kind = "api_error" if self.status >= 500 else "invalid_request_error"
        kind = _ANTHROPIC_TYPES.get(self.status, kind)
        if self.code == _BUSY:
            kind = "overloaded_error"
        return {"type": "error", "error": {"type": kind, "message": self.message}}


def failure_of(error: Exception) -> Failure:
    """What to tell of an error; logs what is ours to mend."""
    match error:
        case QuestionError():
            return Failure(400, str(error), error.field)
        case HTTPException() if error.status_code < 500:
            return _of_http(error)
        case RecursionError():
            return Failure(400, "the body is nested too deeply")
        case Busy() | ServiceStopping() | StoreError():
            return _of_unavailable(error)
        case FundstelleError():
            failed(error)
            _LOG.error("%s", error)
            at_store = isinstance(error, StoreError)
            code = "store_failed" if at_store else None
            return Failure(503 if at_store else 500, str(error), code=code)
        case _:
            failed(error)
            _LOG.error("a request failed", exc_info=error)
            return Failure(500, _INSIDE)


def _of_unavailable(error: Busy | ServiceStopping | StoreError) -> Failure:
    if isinstance(error, Busy):
        return Failure(503, str(error), code=_BUSY)
    if isinstance(error, ServiceStopping):
        note(stopping=True)
        return Failure(503, str(error), code="stopping")
    failed(error)
    _LOG.error("the store failed: %s", error)
    return Failure(503, str(error), code="store_failed")


def _of_http(error: HTTPException) -> Failure:
    extra: Any = error.extra
    if isinstance(extra, dict):
        return Failure(error.status_code, error.detail, extra.get("param"), extra.get("code"))
    fields = fields_at_fault(error)
    if not fields:
        return Failure(error.status_code, error.detail)
    path, message = fields[0]["path"], fields[0]["message"]
    if path in ("", _BODY):
        return Failure(error.status_code, f"the body: {message}")
    return Failure(error.status_code, f"{path}: {message}", path)


def _handlers(shape: Callable[[Failure], dict[str, Any]]) -> dict[Any, Any]:
    def handle(_: AnyRequest, error: Exception) -> Response[Any]:
        failure = failure_of(error)
        answer = Response[Any](
            shape(failure), status_code=failure.status, media_type="application/json"
        )
        answer.headers.update(headers_of(error))
        return answer

    # Every kind by itself: the nearest class wins, not the nearest layer.
    return dict.fromkeys(PROBLEM_HANDLERS, handle)


OPENAI_HANDLERS = _handlers(Failure.openai)
ANTHROPIC_HANDLERS = _handlers(Failure.anthropic)
