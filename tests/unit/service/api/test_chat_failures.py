"""Errors on the chat routes, in the shapes of both APIs, at once and within a stream."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from litestar import Litestar, get
from litestar.exceptions import HTTPException, NotFoundException
from litestar.testing import TestClient

from indexer.errors import ModelError, StoreError
from service.api.chat_failures import ANTHROPIC_HANDLERS, OPENAI_HANDLERS, failure_of
from service.api.event_stream import event_stream, sse
from service.api.problems import HANDLERS
from service.errors import Busy, QuestionError

_ERRORS = [
    (QuestionError("n", "no"), 400, "n: no", "invalid_request_error", "invalid_request_error"),
    (RecursionError(), 400, "nested", "invalid_request_error", "invalid_request_error"),
    (NotFoundException("none"), 404, "none", "invalid_request_error", "not_found_error"),
    (
        HTTPException("big", status_code=413),
        413,
        "big",
        "invalid_request_error",
        "request_too_large",
    ),
    (StoreError("store lost"), 503, "store lost", "server_error", "api_error"),
    (Busy(9, 3), 503, "try again in 3 s", "server_error", "overloaded_error"),
    (ModelError("no model"), 500, "no model", "server_error", "api_error"),
    (HTTPException("secret", status_code=500), 500, "log says what", "server_error", "api_error"),
    (ValueError("secret"), 500, "log says what", "server_error", "api_error"),
]


@pytest.mark.parametrize(("error", "status", "message", "openai", "anthropic"), _ERRORS)
def test_every_error_in_both_shapes(
    error: Exception,
    status: int,
    message: str,
    openai: str,
    anthropic: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    @get("/openai", exception_handlers=OPENAI_HANDLERS)
    async def one() -> None:
        raise error

    @get("/anthropic", exception_handlers=ANTHROPIC_HANDLERS)
    async def other() -> None:
        raise error

    app = Litestar([one, other], exception_handlers=HANDLERS, logging_config=None)
    with TestClient(app, raise_server_exceptions=False) as client:
        first, second = client.get("/openai"), client.get("/anthropic")
    assert (first.status_code, second.status_code) == (status, status)
    told, told_too = first.json()["error"], second.json()["error"]
    assert list(told) == ["message", "type", "param", "code"]
    assert (told["type"], told_too["type"]) == (openai, anthropic)
    assert second.json()["type"] == "error"
    assert message in told["message"]
    assert message in told_too["message"]
    assert "secret" not in first.text + second.text
    busy = isinstance(error, Busy)
    assert any(r.levelno == logging.ERROR for r in caplog.records) == (status >= 500 and not busy)
    assert (first.headers.get("retry-after") == second.headers.get("retry-after") == "3") == busy


def _sent(*, fails_at: int) -> list[bytes]:
    closed: list[bool] = []

    async def pieces() -> AsyncGenerator[bytes, None]:
        try:
            for i in range(3):
                if i == fails_at:
                    raise ValueError("secret")
                yield sse({"i": i})
        finally:
            closed.append(True)

    async def collect() -> list[bytes]:
        stream = await event_stream(pieces(), lambda error: sse(failure_of(error).openai()))
        iterator: Any = stream.iterator
        return [piece async for piece in iterator]

    try:
        return asyncio.run(collect())
    finally:
        assert closed == [True]


def test_what_fails_before_the_first_piece_is_no_stream() -> None:
    with pytest.raises(ValueError, match="secret"):
        _sent(fails_at=0)


def test_what_fails_later_is_told_in_the_stream() -> None:
    first, error = _sent(fails_at=1)
    assert first == b'data: {"i":0}\n\n'
    assert b"log says what" in error
    assert b"secret" not in error


def test_a_stream_is_what_was_yielded() -> None:
    assert _sent(fails_at=9) == [sse({"i": i}) for i in range(3)]
    assert sse("ü", "ping") == 'event: ping\ndata: "ü"\n\n'.encode()
