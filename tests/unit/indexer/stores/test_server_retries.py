"""Retries: as often as asked, ever longer apart, and only for what passes."""

from __future__ import annotations

import grpc
import httpx
import pytest
from qdrant_client.common.client_exceptions import ResourceExhaustedResponse
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from indexer.stores.server_failures import passes
from indexer.stores.server_retries import with_retries


class Flaky:
    """Fails as often as it is told to."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


class Refusal(grpc.RpcError, grpc.Call):  # type: ignore[misc]
    """A failed call, as the gRPC client raises it."""

    def __init__(self, code: grpc.StatusCode) -> None:
        self._code = code

    def code(self) -> grpc.StatusCode:
        return self._code


Refusal.__abstractmethods__ = frozenset()
GONE = ResponseHandlingException(httpx.ConnectError("gone"))


def status(code: int) -> UnexpectedResponse:
    return UnexpectedResponse(code, "", b"", httpx.Headers())


def test_pauses_grow_and_end() -> None:
    flaky, pauses = Flaky(*[GONE] * 8), list[float]()
    assert with_retries(flaky, 8, pause=pauses.append) == "done"
    assert flaky.calls == 9
    longest = [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10]
    assert all(most / 2 <= pause <= most for pause, most in zip(pauses, longest, strict=True))


def test_the_last_failure_is_raised() -> None:
    flaky, pauses = Flaky(*[GONE] * 3), list[float]()
    with pytest.raises(ResponseHandlingException):
        with_retries(flaky, 2, pause=pauses.append)
    assert (flaky.calls, len(pauses)) == (3, 2)


def test_what_does_not_pass_is_raised_at_once() -> None:
    flaky = Flaky(status(401))
    with pytest.raises(UnexpectedResponse):
        with_retries(flaky, 5, pause=lambda _: pytest.fail("waited"))
    assert flaky.calls == 1


def test_a_server_that_says_how_long_to_wait_is_left_alone_so_long() -> None:
    pauses = list[float]()
    with_retries(Flaky(ResourceExhaustedResponse("slow down", 7)), 1, pause=pauses.append)
    assert pauses == [7]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (status(429), True),
        (status(503), True),
        (status(400), False),
        (status(403), False),
        (GONE, True),
        (Refusal(grpc.StatusCode.UNAVAILABLE), True),
        (Refusal(grpc.StatusCode.DEADLINE_EXCEEDED), True),
        (Refusal(grpc.StatusCode.UNAUTHENTICATED), False),
        (Refusal(grpc.StatusCode.INVALID_ARGUMENT), False),
        (ValueError("a mistake of ours"), False),
    ],
    ids=str,
)
def test_which_failures_pass(error: Exception, expected: bool) -> None:
    assert passes(error) is expected
