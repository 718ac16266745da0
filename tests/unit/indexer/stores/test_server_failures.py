"""What a failure of qdrant-client means, and how it is told on one line."""

from __future__ import annotations

import httpx
import pytest
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from indexer.stores.server_failures import described, is_refusal, passes


def answered(status: int, content: bytes) -> UnexpectedResponse:
    return UnexpectedResponse(status, "Reason", content, httpx.Headers())


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_does_not_fit_does_not_pass_by_itself(status: int) -> None:
    error = answered(status, b"Must provide an API key")
    assert (is_refusal(error), passes(error)) == (True, False)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"status": {"error": "Read-only\\nfile system"}}', "status 500: Read-only file system"),
        (b'{"status": "ok"}', "status 500: Reason"),
        (b"<html>a proxy's page</html>\n" * 99, "status 500: Reason"),
        (b"\xff", "status 500: Reason"),
    ],
    ids=["qdrant", "another object", "proxy", "no text"],
)
def test_an_answer_is_told_by_its_reason_alone(content: bytes, said: str) -> None:
    error = answered(500, content)
    assert described(error) == said
    assert (is_refusal(error), passes(error)) == (False, True)


def test_what_a_server_says_is_cut() -> None:
    reason = ("x" * 5000).encode()
    assert len(described(answered(500, b'{"status": {"error": "' + reason + b'"}}'))) < 300
    assert len(described(ValueError("x\n" * 5000))) < 300


def test_a_connection_that_fails_passes() -> None:
    error = ResponseHandlingException(ConnectionRefusedError("refused"))
    assert (passes(error), is_refusal(error)) == (True, False)
