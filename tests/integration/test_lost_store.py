"""A service over a Qdrant server that is down, lost, slow, or won't be written to.

The service is a real process. The server is the stand-in of ``tests/qdrant_server.py``, as no
Qdrant server can be had here. One service lives through all of it: none of it needs a restart.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.chat_servers import free_port
from tests.integration.conftest import defects, log_lines, read, run
from tests.qdrant_server import FORBIDDEN, READ_ONLY_DISK, QdrantServer
from tests.services import COMMAND

pytestmark = [
    pytest.mark.model,
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect:UserWarning"),
    pytest.mark.filterwarnings("ignore:Local mode performs exact:UserWarning"),
]

QUESTION = "Who is excluded from the talks?"
CHAT = {"model": "fundstelle", "messages": [{"role": "user", "content": QUESTION}]}
PLAN = "28-punkte-plan.txt"
DOORS: list[tuple[str, str, Any]] = [
    ("POST", "/v1/questions", {"question": QUESTION}),
    ("POST", "/v1/chat/completions", CHAT),
    ("POST", "/v1/messages", CHAT | {"max_tokens": 100}),
    ("GET", "/v1/search?q=Kiew", None),
    ("GET", "/v1/articles", None),
    ("GET", f"/v1/articles/{PLAN}", None),
    ("GET", "/v1/languages", None),
    ("GET", "/v1/status", None),
    ("POST", "/v1/articles", [{"id": "new", "text": "Der Rat tagt am Montag."}]),
    ("DELETE", f"/v1/articles/{PLAN}", None),
]


@pytest.fixture(scope="module")
def qdrant() -> Iterator[QdrantServer]:
    server = QdrantServer(free_port())
    yield server
    server.go()


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lost") / "log"


@pytest.fixture(scope="module")
def client(qdrant: QdrantServer, log: Path, _shared_cache: None) -> Iterator[httpx.Client]:
    """A service that was started before its Qdrant server."""
    port = free_port()
    process = serving(qdrant, port, log)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as http:
        until(lambda: answers(http, "/health/live"))
        yield http
    process.terminate()
    assert process.wait(30) == 0
    assert defects(log.read_text("utf-8")) == []


def serving(qdrant: QdrantServer, port: int, log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as stream:
        return subprocess.Popen(
            [*COMMAND, "serve", "--port", str(port), "--qdrant", qdrant.address],
            stderr=stream,
            env=os.environ
            | {
                "FUNDSTELLE_QDRANT_TIMEOUT": "2",
                "FUNDSTELLE_RETRIES": "1",
                "FUNDSTELLE_THRESHOLD": "0",  # whatever is found is answered, and cited
            },
        )


def answers(http: httpx.Client, path: str) -> bool:
    try:
        return http.get(path).is_success
    except httpx.TransportError:
        return False


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def ask(http: httpx.Client) -> httpx.Response:
    return http.post("/v1/questions", json={"question": QUESTION})


def assert_answered(http: httpx.Client, seeds: Path) -> None:
    given = ask(http)
    assert given.status_code == 200, given.text
    (citation, *_) = given.json()["citations"]
    source = citation["source"]
    text = read(seeds / source["article_id"])
    assert text[source["start"] : source["end"]] == source["quote"]


def assert_unavailable(response: httpx.Response, *, passes: bool = True) -> None:
    assert response.status_code == 503, response.text
    assert ("retry-after" in response.headers) is passes
    assert "Qdrant at" in response.text


# In this order: each finds the service as the one before left it.


def test_a_service_whose_stand_in_server_is_down_waits_and_says_so(
    client: httpx.Client, log: Path
) -> None:
    ready = client.get("/health/ready")
    assert (ready.status_code, ready.json()) == (503, {"status": "waiting for the store"})
    for method, path, body in DOORS:
        refused = client.request(method, path, json=body)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert refused.headers["content-type"] == "application/problem+json"
        assert "waits for it" in refused.json()["detail"]
    (told,) = [line for line in log_lines(log.read_text("utf-8")) if line["level"] == "error"]
    assert "Connection refused; check that the server runs there" in told["event"]


def test_it_serves_once_the_stand_in_server_is_there(
    client: httpx.Client, qdrant: QdrantServer, seeds: Path
) -> None:
    qdrant.come()
    until(lambda: answers(client, "/health/ready"))
    lines = [{"id": p.name, "text": read(p)} for p in sorted(seeds.glob("*.txt"))]
    assert client.post("/v1/articles", json=lines).json()["articles"]["added"] == len(lines)
    assert_answered(client, seeds)


def test_a_stand_in_server_that_is_lost_is_told_at_every_door_and_found_again(
    client: httpx.Client, qdrant: QdrantServer, seeds: Path
) -> None:
    before = errors(client, "StoreUnavailable")
    qdrant.go()
    for method, path, body in DOORS:
        assert_unavailable(client.request(method, path, json=body))
    assert errors(client, "StoreUnavailable") >= before + len(DOORS)
    assert client.get("/health/live").is_success
    asked = run("ask", QUESTION, "--qdrant", qdrant.address)
    assert asked.status == 1
    assert "Connection refused; check that the server runs there" in asked.err
    qdrant.come()
    assert_answered(client, seeds)
    assert ids(client) == {p.name for p in seeds.glob("*.txt")}


def test_a_stand_in_server_that_is_slow_is_given_up_after_the_time_limit(
    client: httpx.Client, qdrant: QdrantServer, seeds: Path
) -> None:
    qdrant.slow_s = 4.0
    started = time.monotonic()
    assert_unavailable(ask(client))
    assert time.monotonic() - started < 3.9  # the limit is 2 s
    qdrant.slow_s = 0.0
    assert_answered(client, seeds)


@pytest.mark.parametrize(
    ("refusal", "passes", "says"),
    [(FORBIDDEN, False, "a key that may read and write"), (READ_ONLY_DISK, True, "Read-only file")],
    ids=["key", "disk"],
)
def test_a_stand_in_server_that_is_not_to_be_written_is_read(
    client: httpx.Client,
    qdrant: QdrantServer,
    seeds: Path,
    refusal: tuple[int, str],
    passes: bool,
    says: str,
) -> None:
    article = {"id": f"late-{refusal[0]}", "text": "Der Rat tagt am Montag in Bremen."}
    qdrant.refusing = refusal
    for refused in (
        client.post("/v1/articles", json=[article]),
        client.delete(f"/v1/articles/{PLAN}"),
    ):
        assert_unavailable(refused, passes=passes)
        assert says in refused.json()["detail"]
    assert_answered(client, seeds)
    assert PLAN in ids(client)
    qdrant.refusing = None
    assert client.post("/v1/articles", json=[article]).json()["articles"]["added"] == 1
    assert article["id"] in ids(client)


def test_what_it_told_of_a_lost_stand_in_server_is_told_once(
    client: httpx.Client, log: Path
) -> None:
    """The service looks for a new generation every two seconds."""
    until(lambda: "the store answers again" in log.read_text("utf-8"))
    events = [line["event"] for line in log_lines(log.read_text("utf-8"))]
    told = [e for e in events if e.startswith("the store could not be asked")]
    assert 1 <= len(told) <= 1 + events.count("the store answers again")


def test_a_service_that_waits_for_a_stand_in_server_can_be_stopped(tmp_path: Path) -> None:
    absent, port = QdrantServer(free_port()), free_port()
    process = serving(absent, port, tmp_path / "log")
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
        until(lambda: answers(http, "/health/live"))
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0


def test_a_stand_in_server_that_refuses_the_key_is_not_waited_for(tmp_path: Path) -> None:
    """A wrong key does not pass by itself: whoever started the service has to know."""
    strict = QdrantServer(free_port())
    strict.refusing = FORBIDDEN
    strict.come()
    done = run("serve", "--port", "0", "--qdrant", strict.address)
    strict.go()
    assert done.status == 1
    assert "FUNDSTELLE_QDRANT_API_KEY" in done.err


def errors(http: httpx.Client, kind: str) -> float:
    page = http.get("/metrics").text
    name = f'fundstelle_errors_total{{kind="{kind}"}} '
    return next(float(line.removeprefix(name)) for line in page.splitlines() if name in line)


def ids(http: httpx.Client) -> set[str]:
    found = json.loads(http.get("/v1/articles?limit=1000").text)
    return {article["article_id"] for article in found["articles"]}
