"""Around a request: real HTTP to a small app under uvicorn, one registry each."""

from __future__ import annotations

import io
import json
import logging
import socket
import threading
import time
from collections.abc import AsyncGenerator, Iterator
from typing import Any

import httpx
import pytest
import uvicorn
from litestar import Litestar, get
from litestar.params import FromPath, FromQuery
from litestar.response import Stream

from indexer.errors import StoreError
from service.api.problems import HANDLERS
from service.telemetry import record
from service.telemetry.log_lines import Lines
from service.telemetry.metrics import Metrics
from service.telemetry.requests import RequestTelemetry
from service.telemetry.tracing import Tracing
from service.workers import Workers

WORDS = "Who is hiding in Trondheim?"


@get("/things/{name:path}")
async def thing(name: FromPath[str]) -> str:
    record.note(key="newsroom")
    record.asked(name)
    with record.stage("embed"):
        pass
    return name


@get("/broken")
async def broken(how: FromQuery[str]) -> str:
    raise StoreError("it is down; start it") if how == "store" else ValueError(WORDS)


@get("/stream")
async def stream(fails: FromQuery[bool]) -> Stream:
    async def pieces() -> AsyncGenerator[bytes, None]:
        yield b"one"
        await Workers(1).run(record.note, worker=True)
        if fails:
            raise ValueError(WORDS)
        yield b"two"

    return Stream(pieces())


class Served:
    """The app at an address, what it counts, and what it logs."""

    def __init__(self, *, questions: bool = False) -> None:
        self.metrics = Metrics()
        app = Litestar(
            [thing, broken, stream],
            exception_handlers=HANDLERS,
            logging_config=None,
            openapi_config=None,
        )
        app.asgi_handler = RequestTelemetry(
            app.asgi_handler, self.metrics, Tracing(), questions=questions
        )
        listener = socket.create_server(("127.0.0.1", 0))
        self.server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
        self.thread = threading.Thread(target=self.server.run, args=([listener],))
        self.thread.start()
        self.http = httpx.Client(
            base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", trust_env=False
        )
        self.stream = io.StringIO()
        self.handler = logging.StreamHandler(self.stream)
        self.handler.setFormatter(Lines(as_json=True, questions=questions))

    def __enter__(self) -> Served:
        for name in ("service", "uvicorn"):
            logging.getLogger(name).addHandler(self.handler)
        logging.getLogger("service").setLevel("INFO")
        return self

    def __exit__(self, *_: object) -> None:
        for name in ("service", "uvicorn"):
            logging.getLogger(name).removeHandler(self.handler)
        logging.getLogger("service").setLevel("NOTSET")
        self.http.close()
        self.server.should_exit = True
        self.thread.join()

    def line(self, response: httpx.Response) -> dict[str, Any]:
        """The line of a request, which is written after its answer was sent."""
        known = response.headers["x-request-id"]
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            lines = [json.loads(line) for line in self.stream.getvalue().splitlines()]
            found = [
                each for each in lines if each["event"] == "request" and each["request_id"] == known
            ]
            if found:
                return found[0]
            time.sleep(0.01)
        raise AssertionError(f"no line of {known}: {self.stream.getvalue()}")

    def count(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(f"fundstelle_{name}", labels) or 0.0


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with Served() as running:
        yield running


def test_an_id_is_taken_over_or_made_and_sent_back(served: Served) -> None:
    given = served.http.get("/things/a", headers={"X-Request-ID": "trace_7.a-B"})
    assert given.headers["x-request-id"] == "trace_7.a-B"
    made = {served.http.get("/things/a").headers["x-request-id"] for _ in range(3)}
    assert len(made) == 3


@pytest.mark.parametrize("wrong", ["", "a b", "x" * 129, 'a"b', "{}", "ü"])
def test_an_id_that_is_none_is_replaced(wrong: str, served: Served) -> None:
    sent = served.http.get("/things/a", headers={b"X-Request-ID": wrong.encode()})
    assert sent.headers["x-request-id"] != wrong
    assert len(sent.headers["x-request-id"]) == 32


def test_the_template_of_a_route_is_logged_and_counted_not_its_path(served: Served) -> None:
    told = served.line(served.http.get("/things/Trondheim?q=Trondheim"))
    assert told["route"] == "/things/{name}"
    assert (told["method"], told["status"], told["bytes"]) == ("GET", 200, 10)
    assert (told["key"], told["level"]) == ("newsroom", "info")
    assert told["ms"] >= told["embed_ms"] >= 0
    assert "question" not in told
    labels = {"method": "GET", "route": "/things/{name}", "status": "200"}
    assert served.count("http_request_seconds_count", **labels) >= 1
    assert served.count("stage_seconds_count", stage="embed") >= 1
    assert "Trondheim" not in served.stream.getvalue()


def test_what_no_route_answers_is_counted_together(served: Served) -> None:
    for i in range(3):
        assert served.line(served.http.get(f"/nowhere/{i}"))["route"] == "none"
    served.http.request("BREW", "/things/a")
    labels = {"route": "none", "status": "404"}
    assert served.count("http_request_seconds_count", method="GET", **labels) == 3
    found = {
        s.labels["method"]
        for metric in served.metrics.registry.collect()
        for s in metric.samples
        if "method" in s.labels
    }
    assert found <= {"GET", "OTHER"}


def test_errors_are_counted_by_kind_and_name_their_request(served: Served) -> None:
    before = {kind: served.count("errors_total", kind=kind) for kind in ("StoreError", "defect")}
    for how, kind, status in (("store", "StoreError", 503), ("else", "defect", 500)):
        answer = served.http.get("/broken", params={"how": how})
        assert answer.status_code == status
        assert answer.json()["request_id"] == answer.headers["x-request-id"]
        assert served.line(answer)["error"] == kind
        assert served.count("errors_total", kind=kind) == before[kind] + 1
    assert "Trondheim" not in served.stream.getvalue()


def test_a_stream_is_one_request_to_its_end_and_reaches_into_threads(served: Served) -> None:
    told = served.line(served.http.get("/stream", params={"fails": False}))
    assert (told["status"], told["bytes"], told["worker"]) == (200, 6, True)
    streaming = served.http.stream("GET", "/stream", params={"fails": True})
    with streaming as answer, pytest.raises(httpx.RemoteProtocolError):
        answer.read()
    assert served.line(answer)["error"] == "defect"
    assert "Trondheim" not in served.stream.getvalue()
    assert served.count("http_requests_in_progress") == 0


def test_questions_are_logged_where_that_is_wanted() -> None:
    with Served(questions=True) as running:
        told = running.line(running.http.get("/things/Trondheim"))
        assert told["question"] == "/Trondheim"


def test_nothing_is_done_outside_of_a_request() -> None:
    record.note(key="newsroom")
    record.failed(ValueError())
    with record.stage("read"), record.held_stage("generate") as headers:
        assert headers == {}
    assert record.request_id() is None
