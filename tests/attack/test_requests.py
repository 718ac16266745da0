"""Requests that nobody means well, to a running service: refused, and nothing is left of them."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.services import Finished, Service, start

pytestmark = pytest.mark.model

_JSON = {"content-type": "application/json"}
_BODIES = {
    "not UTF-8 in a string": b'{"question": "\xff", "model": "\xff"}',
    "a surrogate in UTF-8": b'{"question": "\xed\xa0\x80"}',
    "a surrogate by name": b'{"question": "\\ud800"}',
    "nearly a million deep": b"[" * 900_000,
    "deep in a field": b'{"question": ' + b"[" * 200_000,
    "a number of 5000 digits": b'{"question": "?", "top_k": ' + b"9" * 5000 + b"}",
    "a number beyond all": b'{"question": "?", "top_k": 1e400}',
    "null": b"null",
    "nothing": b"",
}
_DOORS = ("/v1/questions", "/v1/chat/completions", "/v1/messages", "/v1/feedback")
# As they are sent: clients would tidy them up.
_OUTSIDE = (
    *("../../../etc/passwd", "%2e%2e/%2e%2e/%2e%2e/etc/passwd", "..%2f..%2f..%2fetc%2fpasswd"),
    *("/etc/passwd", "%252e%252e%252fetc%252fpasswd", "..%5c..%5cetc", "%00", "%ff", "%", "%zz"),
    *("%c0%ae%c0%ae/etc/passwd", "....//etc/passwd", "a%0d%0aX-Set: 1", "x" * 60_000),
)


def _sent(service: Service, *pieces: bytes, pause: float = 0, patience: float = 20) -> bytes:
    """What is answered to these bytes until the connection ends."""
    parts = urlsplit(service.address)
    answer = b""
    with socket.create_connection((parts.hostname, parts.port), patience) as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(pause)
            while piece := connection.recv(65536):
                answer += piece
        except (ConnectionResetError, BrokenPipeError):
            pass
    return answer


@pytest.mark.parametrize("what", _BODIES)
@pytest.mark.parametrize("door", _DOORS)
def test_a_body_that_is_none_is_refused(http: httpx.Client, door: str, what: str) -> None:
    refused = http.post(door, content=_BODIES[what], headers=_JSON)
    # Feedback takes no more than half a megabyte.
    assert refused.status_code in (400, 413), refused.text


def test_a_form_that_is_not_utf8_is_refused(http: httpx.Client) -> None:
    form = b'--x\r\nContent-Disposition: form-data; name="key"\r\n\r\n\xff\r\n--x--'
    headers = {"content-type": "multipart/form-data; boundary=x"}
    assert http.post("/sign-in", content=form, headers=headers).status_code == 400


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("route", ["/v1/articles/", "/read/", "/static/", "/v1/models/"])
def test_no_path_leads_out(running_service: Service, route: str, method: str) -> None:
    for path in _OUTSIDE:
        request = f"{method} {route}{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        answer = _sent(running_service, request.encode())
        status = int(answer.split()[1])
        assert status in (400, 404, 405), (path[:80], answer[:200])
        assert b"root:" not in answer
        assert b"\r\nX-Set" not in answer


def _route(article_id: str) -> str:
    """With every byte encoded: clients would take ``..`` for the folder above."""
    return "/v1/articles/" + "".join(f"%{byte:02X}" for byte in article_id.encode())


def test_an_id_that_climbs_is_only_a_name(
    http: httpx.Client, running_service: Service, tmp_path: Path
) -> None:
    folder = running_service.index.parent
    before = sorted(folder.iterdir())
    for article_id in ("../../../outside", "/etc/outside", "a\x00b", "..", "a\r\nX-Set: 1"):
        line = {"id": article_id, "text": "Die Grubenlampe von Ottenried ist wieder da."}
        try:
            http.post("/v1/articles", json=[line]).raise_for_status()
            found = http.get(_route(article_id)).raise_for_status()
            assert found.json()["article_id"] == article_id
            assert "x-set" not in found.headers
        finally:
            assert http.delete(_route(article_id)).is_success
    assert sorted(folder.iterdir()) == before


_HOSTILE: dict[str, str] = {
    "markup": '</mark></article><script>alert(1)</script><img src=x onerror="alert(1)">',
    "bidi": "\u202egnal os\u202c und \u2066so\u2069",
    "zero width": "Otten\u200bried\u2060\ufeff\u00ad",
    "controls": "a\x00b\x07c\x1b[31md\x85e\u2028f",
    "a line of 30 kB": "Ottenried " * 3_000,
    "one word of 10 kB": "x" * 10_000,
    "marks on marks": "e" + "\u0301" * 2_000,
    "markdown": "[x](javascript:alert(1)) ![x](http://127.0.0.1/x) `` ` ``",
}


@pytest.mark.parametrize("kind", _HOSTILE)
def test_a_hostile_article_is_kept_cited_and_shown_as_text(http: httpx.Client, kind: str) -> None:
    text = f"Die Grubenlampe von Ottenried wiegt neun Pfund.\n\n{_HOSTILE[kind]}"
    line = {
        "id": "hostile",
        "text": text,
        "title": _HOSTILE[kind][:200],
        "url": "https://x.example",
    }
    try:
        report = http.post("/v1/articles", json=[line]).raise_for_status().json()
        assert (report["articles"]["added"], report["skipped"]) == (1, [])
        assert http.get("/v1/articles/hostile").json()["text"] == text
        question = "Wie viel wiegt die Grubenlampe von Ottenried?"
        answer: dict[str, Any] = http.post("/v1/questions", json={"question": question}).json()
        assert "hostile" in {p["article_id"] for p in answer["passages"]}
        for passage in (p for p in answer["passages"] if p["article_id"] == "hostile"):
            assert passage["text"] == text[passage["start"] : passage["end"]]
        for citation in answer["citations"]:
            source = citation["source"]
            if source["article_id"] == "hostile":
                assert source["quote"] == text[source["start"] : source["end"]]
        page = http.get("/read/hostile").raise_for_status()
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text
        assert "'unsafe" not in page.headers["content-security-policy"]
    finally:
        http.delete("/v1/articles/hostile").raise_for_status()


def test_those_who_hang_up_early_leave_the_service_as_it_was(
    http: httpx.Client, running_service: Service
) -> None:
    body = b'{"question": "Who is excluded from the talks?", "stream": true}'
    head = (
        b"POST /v1/questions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n" % len(body)
    )
    parts = urlsplit(running_service.address)
    for number in range(24):
        with socket.create_connection((parts.hostname, parts.port), 20) as connection:
            connection.sendall(head + body[: len(body) - number % 2])
            if number % 6 == 0:  # of those who sent all of it
                connection.recv(20)
    # Four may be worked on at once: had those kept their places, nobody would be answered.
    assert http.get("/v1/status", timeout=30).is_success
    whole = http.post("/v1/questions", json={"question": "Who is excluded from the talks?"})
    assert whole.json()["status"] == "answered"


@pytest.fixture(scope="module")
def hurried(
    tmp_path_factory: pytest.TempPathFactory, seed_index: tuple[Path, Finished]
) -> Iterator[Service]:
    """A service that waits a second for those who send nothing."""
    folder = tmp_path_factory.mktemp("hurried")
    env = {"FUNDSTELLE_CLIENT_TIMEOUT": "1"}
    service = start(folder / "index", folder / "log", ready=False, env=env)
    yield service
    service.stop()
    assert "Traceback" not in service.log.read_text("utf-8")


_HEAD = b"POST /v1/questions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param([], id="silent"),
        pytest.param([_HEAD[i : i + 1] for i in range(40)], id="a-head-that-drips"),
        pytest.param(
            [_HEAD + b"Content-Length: 90000\r\n\r\n", *[b" "] * 40], id="a-body-that-drips"
        ),
        pytest.param(
            [
                b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n",
                *[b"G", b"E", b"T", b" "] * 10,
            ],
            id="the-second-head-drips",
        ),
    ],
)
def test_a_connection_that_sends_next_to_nothing_is_closed(
    hurried: Service, pieces: list[bytes]
) -> None:
    started = time.monotonic()
    _sent(hurried, *pieces, pause=0.25)
    assert time.monotonic() - started < 8


def test_a_body_that_comes_slowly_but_comes_is_waited_for(hurried: Service) -> None:
    body = b'{"question": "' + b" " * 3000 + b'"}'
    pieces = [body[i : i + 300] for i in range(0, len(body), 300)]
    head = _HEAD + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
    answer = _sent(hurried, head, *pieces, pause=0.3)
    assert answer.startswith(b"HTTP/1.1 400"), answer
    assert b"it is empty" in answer
