"""Errors → ``application/problem+json`` (RFC 9457), the same shape for every route.

``errors`` lists the fields at fault, each with its path and what is wrong. What
went wrong inside is logged, never sent.
"""

from __future__ import annotations

import logging
import re
from http import HTTPStatus
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException

from indexer.errors import (
    BackupError,
    DiskFull,
    FundstelleError,
    SourceError,
    StoreError,
    StoreUnavailable,
)
from service.errors import Busy, EvaluationError, QuestionError, RenewalRunning, ServiceStopping
from service.telemetry.record import failed, note, request_id

_LOG = logging.getLogger(__name__)
_MEDIA_TYPE = "application/problem+json"
_MISSING = re.compile(r"Missing required \w+ parameter '(\w+)'")
_NAMED = re.compile(r"(?:missing required|unknown) field `([^`]*)`")
_WHOLE = "data"

AnyRequest = Request[Any, Any, Any]
Problem = Response[dict[str, Any]]


def problem(status: int, detail: str, errors: list[dict[str, str]] | None = None) -> Problem:
    """A problem document; ``type`` is blank as no page explains the status further."""
    content: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if errors:
        content["errors"] = errors
    if request_id():
        content["request_id"] = request_id()
    return Response(content, status_code=status, media_type=_MEDIA_TYPE)


def headers_of(error: Exception) -> dict[str, str]:
    """What an answer says beside its body, in whichever shape that is."""
    match error:
        case HTTPException() | Busy() | ServiceStopping():
            return dict(error.headers or {})
        case StoreUnavailable():
            return {"Retry-After": str(error.retry_after)}
        case _:
            return {}


def from_http(_: AnyRequest, error: HTTPException) -> Problem:
    """Problems that the framework found: routes, methods, bodies that don't fit."""
    answer = problem(error.status_code, error.detail, fields_at_fault(error))
    answer.headers.update(headers_of(error))
    return answer


def from_depth(_: AnyRequest, error: RecursionError) -> Problem:
    """JSON nested deeper than anyone means it."""
    return problem(400, "the body is nested too deeply")


def from_question(_: AnyRequest, error: QuestionError) -> Problem:
    """A question or parameter that can't be used."""
    return problem(400, str(error), [{"path": error.field, "message": error.reason}])


def from_input(_: AnyRequest, error: FundstelleError) -> Problem:
    """A body that can't be used."""
    return problem(400, str(error))


def from_renewal(_: AnyRequest, error: RenewalRunning) -> Problem:
    """Another generation is being made already."""
    return problem(409, str(error))


def from_busy(_: AnyRequest, error: Busy) -> Problem:
    """Too much is under way."""
    answer = problem(503, str(error))
    answer.headers.update(headers_of(error))
    return answer


def from_stopping(_: AnyRequest, error: ServiceStopping) -> Problem:
    """Too late for this process. Whoever comes next may have another connection."""
    note(stopping=True)
    answer = problem(503, str(error))
    answer.headers.update(headers_of(error))
    return answer


def from_store(_: AnyRequest, error: StoreError) -> Problem:
    """The store failed underneath; where that may pass by itself, ``Retry-After`` says when."""
    failed(error)
    _LOG.error("the store failed: %s", error)
    answer = problem(503, str(error))
    answer.headers.update(headers_of(error))
    return answer


def from_full_disk(_: AnyRequest, error: DiskFull) -> Problem:
    """There is no room to write; reading goes on."""
    failed(error)
    _LOG.error("%s", error)
    return problem(507, str(error))


def from_us(_: AnyRequest, error: FundstelleError) -> Problem:
    """Any other error that is meant to be read."""
    failed(error)
    _LOG.error("%s", error)
    return problem(500, str(error))


def from_anything(_: AnyRequest, error: Exception) -> Problem:
    """A defect: logged, sent without detail."""
    failed(error)
    _LOG.error("a request failed", exc_info=error)
    return problem(500, "something went wrong inside; the server's log says what")


HANDLERS: dict[Any, Any] = {
    HTTPException: from_http,
    RecursionError: from_depth,
    QuestionError: from_question,
    SourceError: from_input,
    EvaluationError: from_input,
    BackupError: from_input,
    RenewalRunning: from_renewal,
    Busy: from_busy,
    ServiceStopping: from_stopping,
    StoreError: from_store,
    DiskFull: from_full_disk,
    FundstelleError: from_us,
    Exception: from_anything,
}


def fields_at_fault(error: HTTPException) -> list[dict[str, str]]:
    """``{"path", "message"}`` of each field that the framework refused."""
    found = [e for e in error.extra if isinstance(e, dict)] if isinstance(error.extra, list) else []
    fields = [(str(e.get("key", "")), str(e.get("message", ""))) for e in found]
    missing = _MISSING.match(error.detail)
    if missing:
        fields.append((missing[1], error.detail))
    return [{"path": _path(key, message), "message": message} for key, message in fields]


def _path(key: str, message: str) -> str:
    """The field that the framework means; of one too few or too many it names only the holder."""
    named = _NAMED.search(message)
    if named is None:
        return key
    return named[1] if key == _WHOLE else f"{key}.{named[1]}"
