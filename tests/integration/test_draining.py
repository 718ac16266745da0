"""A service that is stopped: who is being answered is answered, and nobody is cut off unawares.

Real processes, real signals, real sockets. The chat model is a scripted server, which stands
still in the middle of an answer for as long as a test needs.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from indexer.settings import ArchiveSettings
from service.engine import Engine
from tests.chat_servers import Script, Step, Wait, finished, free_port, numbered, pieces, scripted
from tests.integration.conftest import defects, log_lines, run, start

pytestmark = pytest.mark.model

QUESTION = "Who is excluded from the talks?"
FIRST = "Kyiv and Europe are not sitting at the table in these talks [{Kiew und Europa sitzen}]. "
SECOND = "Nothing is known of what the 28 points demand in detail [{Was die 28 Punkte}]."
CHAT = {"model": "fundstelle", "messages": [{"role": "user", "content": QUESTION}]}
ASKED: dict[str, tuple[str, dict[str, Any]]] = {
    "stream": ("/v1/questions", {"question": QUESTION, "stream": True}),
    "openai": ("/v1/chat/completions", CHAT | {"stream": True}),
    "anthropic": ("/v1/messages", CHAT | {"max_tokens": 500, "stream": True}),
    "whole": ("/v1/questions", {"question": QUESTION}),
    "openai whole": ("/v1/chat/completions", CHAT),
    "anthropic whole": ("/v1/messages", CHAT | {"max_tokens": 500}),
}


def says_after(go_on: threading.Event) -> Script:
    """Writes a sentence that holds, and the rest once it may."""

    def script(request: dict[str, Any]) -> Iterator[Step]:
        text = numbered(FIRST + SECOND, request)
        yield from pieces(text[: len(text) - 30])
        while not go_on.is_set():
            yield Wait(0.1)
        yield from pieces(text[len(text) - 30 :])
        yield finished()

    return script


def with_chat_model(url: str, drain: float) -> dict[str, str]:
    return {
        "FUNDSTELLE_LLM_URL": url,
        "FUNDSTELLE_LLM_MODEL": "scripted",
        "FUNDSTELLE_LLM_TIMEOUT": "300",
        "FUNDSTELLE_DRAIN_TIMEOUT": str(drain),
    }


class Asking:
    """Every door is asked at once; all answers stand still in the middle."""

    def __init__(self, address: str, threads: ThreadPoolExecutor) -> None:
        self._address = address
        self._begun = {name: threading.Event() for name in ASKED if "whole" not in name}
        self.given: dict[str, Future[tuple[int, dict[str, str], str]]] = {
            name: threads.submit(self._ask, name) for name in ASKED
        }

    def wait_until_begun(self, requests: list[Any]) -> None:
        """Until a sentence came in every stream, and the chat model writes for the others."""
        assert all(begun.wait(60) for begun in self._begun.values())
        _until(lambda: len(requests) == len(ASKED))

    def _ask(self, name: str) -> tuple[int, dict[str, str], str]:
        path, body = ASKED[name]
        text = ""
        address = self._address + path
        with httpx.stream("POST", address, json=body, timeout=300, trust_env=False) as response:
            for piece in response.iter_text():
                text += piece
                if "Kyiv" in text and name in self._begun:
                    self._begun[name].set()
        return response.status_code, dict(response.headers), text


def test_scripted_answers_under_way_are_finished_and_nobody_new_is_admitted(
    seed_copy: Path, tmp_path: Path
) -> None:
    go_on = threading.Event()
    with scripted(says_after(go_on)) as model, ThreadPoolExecutor(8) as threads:
        service = start(seed_copy, tmp_path / "log", ready=True, env=with_chat_model(model.url, 60))
        address, token = service.address, service.owner["token"]
        asking = Asking(address, threads)
        asking.wait_until_begun(model.requests)
        with httpx.Client(base_url=address, trust_env=False) as kept:
            assert kept.get("/v1/search", params={"q": "Kiew"}).is_success
            service.process.send_signal(signal.SIGTERM)
            _until(lambda: kept.get("/health/ready").json() == {"status": "stopping"})
            assert_refuses_everyone_new(kept)
        owner = httpx.get(f"{address}/health", headers={"authorization": f"Bearer {token}"})
        assert (owner.json()["status"], owner.json()["owner"]) == ("stopping", True)
        assert service.process.poll() is None
        go_on.set()
        texts = {name: given.result(60) for name, given in asking.given.items()}
        assert service.process.wait(30) == 0
    assert {status for status, _, _ in texts.values()} == {200}
    for name in ("stream", "whole", "anthropic whole"):
        assert "in detail" in texts[name][2], name
    assert "event: answer" in texts["stream"][2]
    assert texts["openai"][2].endswith("data: [DONE]\n\n")
    assert "event: message_stop" in texts["anthropic"][2]
    log = service.log.read_text("utf-8")
    assert defects(log) == []
    told = [line for line in log_lines(log) if line["event"].startswith("stopping:")]
    assert [line["requests"] for line in told] == [len(ASKED)]
    # The next command has the index at once.
    assert run("status", "--index", seed_copy).status == 0


def assert_refuses_everyone_new(client: httpx.Client) -> None:
    assert client.get("/health/ready").status_code == 503
    assert client.get("/health/live").status_code == 200
    assert client.get("/metrics").status_code == 200
    for method, path, body in (
        ("GET", "/v1/search?q=Kiew", None),
        ("POST", "/v1/articles", [{"id": "late", "text": "Zu spät gekommen."}]),
        ("POST", "/v1/questions", {"question": QUESTION, "stream": True}),
    ):
        refused = client.request(method, path, json=body)
        assert refused.status_code == 503, path
        assert refused.headers["content-type"] == "application/problem+json"
        assert "stopping" in refused.json()["detail"]
        assert int(refused.headers["retry-after"]) > 0
        assert refused.headers["connection"] == "close"
    openai = client.post("/v1/chat/completions", json=CHAT)
    assert (openai.status_code, openai.json()["error"]["code"]) == (503, "stopping")
    assert openai.headers["retry-after"]
    anthropic = client.post("/v1/messages", json=CHAT | {"max_tokens": 500})
    assert (anthropic.status_code, anthropic.json()["error"]["type"]) == (503, "api_error")


def test_scripted_answers_that_take_too_long_end_with_a_word(
    seed_copy: Path, tmp_path: Path, seeds: Path
) -> None:
    articles = [
        {"id": f"new-{n}.txt", "text": f"{n}. Meldung. " + "Der Rat berät über den Haushalt. " * 9}
        for n in range(600)
    ]
    with scripted(says_after(threading.Event())) as model, ThreadPoolExecutor(8) as threads:
        service = start(seed_copy, tmp_path / "log", ready=True, env=with_chat_model(model.url, 1))
        asking = Asking(service.address, threads)
        asking.wait_until_begun(model.requests)
        address = f"{service.address}/v1/articles"
        written = threads.submit(httpx.post, address, json=articles, timeout=120, trust_env=False)
        before = len(list(seeds.glob("*.txt")))
        _until(lambda: len(ids_in(address)) > before)
        signalled = time.monotonic()
        service.process.send_signal(signal.SIGINT)
        assert service.process.wait(60) == 0
        # A batch of articles that had been begun is written; answers are not waited for.
        assert time.monotonic() - signalled < 45
        texts = {name: given.result(5) for name, given in asking.given.items()}
        late = written.result(5)
    for name in ("whole", "openai whole", "anthropic whole"):
        status, headers, text = texts[name]
        assert (status, headers["retry-after"]) == (503, "5"), name
        assert "stopping" in text, name
    assert_ends_with_an_error(texts)
    assert late.status_code == 503
    assert "send the rest again" in late.json()["detail"]
    assert defects(service.log.read_text("utf-8")) == []
    assert_whole(seed_copy, articles)


def ids_in(address: str) -> list[str]:
    found = httpx.get(f"{address}?limit=1000", trust_env=False).json()
    return [article["article_id"] for article in found["articles"]]


def assert_ends_with_an_error(texts: dict[str, tuple[int, dict[str, str], str]]) -> None:
    *_, last = texts["stream"][2].strip().split("\r\n\r\n")
    name, data = last.split("\r\n")
    assert name == "event: error"
    assert json.loads(data.removeprefix("data: "))["reason"] == "stopping"
    *_, last = texts["openai"][2].strip().split("\n\n")
    assert json.loads(last.removeprefix("data: "))["error"]["code"] == "stopping"
    *_, last = texts["anthropic"][2].strip().split("\n\n")
    name, data = last.split("\n")
    assert name == "event: error"
    assert json.loads(data.removeprefix("data: "))["error"]["type"] == "api_error"


def assert_whole(index: Path, articles: list[dict[str, str]]) -> None:
    """Some were written and some were not; each of the former has all its passages."""
    with Engine(ArchiveSettings(index=index)) as engine, engine.reading() as archive:
        there = archive.store.articles([a["id"] for a in articles])
        assert 0 < len(there) < len(articles)
        found = archive.store.passages(there.values())
        assert len(found) == sum(stored.passages for stored in there.values())


@pytest.mark.long
def test_scripted_stream_of_a_replica_ends_with_a_word_too(
    seeds: Path, tmp_path: Path, cache: Path
) -> None:
    """Under a server of the operator's own, on qdrant-client's in-memory mode."""
    port, log = free_port(), tmp_path / "log"
    with scripted(says_after(threading.Event())) as model, log.open("wb") as stream:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "uvicorn", "--factory", "service.asgi:create"),
                *("--port", str(port)),
            ],
            env=os.environ
            | with_chat_model(model.url, 1)
            | {
                "FUNDSTELLE_QDRANT_URL": ":memory:",
                "FUNDSTELLE_CACHE": str(cache),
                "FUNDSTELLE_ALLOW_UNPROTECTED": "1",
            },
            stderr=stream,
        )
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120) as client:
            _until(lambda: _answers(client))
            text = (seeds / "28-punkte-plan.txt").read_text("utf-8")
            assert client.post("/v1/articles", json=[{"id": "plan", "text": text}]).is_success
            path, body = ASKED["stream"]
            with client.stream("POST", path, json=body) as response:
                shown = ""
                for piece in response.iter_text():
                    if "Kyiv" in piece:
                        process.send_signal(signal.SIGTERM)
                    shown += piece
        process.wait(30)
    assert "event: error" in shown
    assert '"reason":"stopping"' in shown
    assert defects(log.read_text("utf-8")) == []


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/health/ready").is_success
    except httpx.TransportError:
        return False


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)
