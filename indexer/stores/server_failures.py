"""What a failure of qdrant-client means: does it pass by itself, is it a refusal, in few words.

The client has errors of its own and those of two transports, HTTP and gRPC. What becomes of a
failure is left to ``server_retries.py`` and ``server_collection.py``.
"""

from __future__ import annotations

import json

import grpc
from qdrant_client.common.client_exceptions import ResourceExhaustedResponse
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

_PASSING_STATUS = {408, 429, 500, 502, 503, 504}
_PASSING_CODES = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.INTERNAL,
}
_REFUSALS = {401, 403}
_REFUSING_CODES = {grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED}
_LONGEST = 200


def passes(error: Exception) -> bool:
    """Whether the same request may succeed a little later."""
    if isinstance(error, UnexpectedResponse):
        return error.status_code in _PASSING_STATUS
    if isinstance(error, grpc.RpcError):
        return isinstance(error, grpc.Call) and error.code() in _PASSING_CODES
    return isinstance(error, (ResponseHandlingException, ResourceExhaustedResponse))


def is_refusal(error: Exception) -> bool:
    """Whether the server knows the request, and does not allow it to this key."""
    if isinstance(error, UnexpectedResponse):
        return error.status_code in _REFUSALS
    return isinstance(error, grpc.Call) and error.code() in _REFUSING_CODES


def described(error: Exception) -> str:
    """The failure on one line."""
    if isinstance(error, UnexpectedResponse):
        said = _said(error.content) or error.reason_phrase
        return f"status {error.status_code}: {said}" if said else f"status {error.status_code}"
    if isinstance(error, grpc.Call):
        return f"{error.code().name}: {error.details()}"[:_LONGEST]
    return " ".join(str(error).split())[:_LONGEST]


def _said(content: bytes) -> str:
    """What the server gave as its reason; a proxy before it may have said anything."""
    try:
        reason = json.loads(content)["status"]["error"]
    except (ValueError, KeyError, TypeError):
        return ""
    return " ".join(str(reason).split())[:_LONGEST]
