"""A service that is asked more than it can answer: a bounded queue, and a word to the others."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.conftest import Finished, Service, defects, start
from tests.services import log_lines

pytestmark = pytest.mark.model

_QUEUE = 4
_QUESTION = "Who is excluded from the talks?"
_MESSAGES = {"messages": [{"role": "user", "content": _QUESTION}]}
_DOORS: dict[str, tuple[str, str, dict[str, Any] | None]] = {
    "search": ("GET", f"/v1/search?q={_QUESTION}", None),
    "questions": ("POST", "/v1/questions", {"question": _QUESTION}),
    "questions, streamed": ("POST", "/v1/questions", {"question": _QUESTION, "stream": True}),
    "chat": ("POST", "/v1/chat/completions", {"model": "fundstelle", **_MESSAGES}),
    "messages": ("POST", "/v1/messages", {"model": "fundstelle", "max_tokens": 99, **_MESSAGES}),
}


@pytest.fixture(scope="module")
def small(
    tmp_path_factory: pytest.TempPathFactory, seed_index: tuple[Path, Finished]
) -> Iterator[Service]:
    """A service that works on one thing at a time."""
    folder = tmp_path_factory.mktemp("small")
    index = Path(shutil.copytree(seed_index[0], folder / "index"))
    env = {"FUNDSTELLE_WORKERS": "1", "FUNDSTELLE_QUEUE": str(_QUEUE), "FUNDSTELLE_RATE": "0"}
    service = start(index, folder / "log", ready=True, env=env)
    yield service
    service.stop()
    assert defects(service.log.read_text("utf-8")) == []


@pytest.fixture
def client(small: Service) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=small.address,
        trust_env=False,
        timeout=120,
        limits=httpx.Limits(max_connections=None),
    )


def asked(door: str, client: httpx.AsyncClient) -> Any:
    method, path, body = _DOORS[door]
    return client.request(method, path, json=body)


@pytest.mark.parametrize("door", _DOORS)
def test_what_comes_behind_a_full_queue_is_sent_away_and_the_others_are_answered(
    door: str, client: httpx.AsyncClient
) -> None:
    async def run() -> tuple[list[httpx.Response], httpx.Response, httpx.Response]:
        async with client:
            requests = [asyncio.create_task(asked(door, client)) for _ in range(24)]
            await asyncio.sleep(0)
            live, metrics = await asyncio.gather(client.get("/health/live"), client.get("/metrics"))
            return await asyncio.gather(*requests), live, metrics

    responses, live, metrics = asyncio.run(run())
    assert (live.status_code, metrics.status_code) == (200, 200)  # operators get through
    counts = Counter(response.status_code for response in responses)
    assert counts.keys() == {200, 503}
    assert counts[200] >= 1 + _QUEUE
    refused = next(response for response in responses if response.status_code == 503)
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert "are under way; try again in" in refused.text
    answered = {response.text for response in responses if response.status_code == 200}
    assert all("consultation" in text or "[DONE]" in text or len(text) > 100 for text in answered)


def test_commands_of_the_same_index_get_through(small: Service, client: httpx.AsyncClient) -> None:
    token = {"authorization": f"Bearer {small.owner['token']}"}

    async def run() -> tuple[list[int], list[int]]:
        async with client:
            others = [asyncio.create_task(asked("questions", client)) for _ in range(24)]
            await asyncio.sleep(0)
            own = await asyncio.gather(*(client.get("/v1/status", headers=token) for _ in range(3)))
            return [r.status_code for r in own], [
                r.status_code for r in await asyncio.gather(*others)
            ]

    own, others = asyncio.run(run())
    assert own == [200] * 3
    assert 503 in others


def test_it_goes_on_as_before_and_counts_whom_it_sent_away(small: Service) -> None:
    with httpx.Client(base_url=small.address, trust_env=False, timeout=120) as client:
        answer = client.post("/v1/questions", json={"question": _QUESTION}).json()
        assert answer["status"] == "answered"
        page = client.get("/metrics").text
    assert 'status="503"' in page
    busy = [line for line in log_lines(small.log.read_text("utf-8")) if line.get("status") == 503]
    assert busy
    assert all(line["level"] == "info" for line in busy)
    assert all("error" not in line for line in busy)  # nothing is broken
