"""The ASGI entry under uvicorn, over the server store (on qdrant-client's in-memory mode)."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

pytestmark = pytest.mark.model
_START_S = 120.0


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the replica writes to standard error."""
    return tmp_path_factory.mktemp("replica") / "log"


@pytest.fixture(scope="module")
def replica(cache: Path, log: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "FUNDSTELLE_QDRANT_URL": ":memory:",
        "FUNDSTELLE_CACHE": str(cache),
        "FUNDSTELLE_ALLOW_UNPROTECTED": "1",
    }
    command = [sys.executable, "-m", "uvicorn", "--factory", "service.asgi:create"]
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [*command, "--port", str(port)], env=environment, stdout=stream, stderr=stream
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_until_ready(address, process)
        yield address
    finally:
        process.terminate()
        process.wait(30)


def _wait_until_ready(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{address}/health/ready").is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.25)
    pytest.fail("the replica did not become ready")


def test_articles_posted_to_a_replica_are_found_and_answered_from(
    replica: str, seeds: Path
) -> None:
    article = {"id": "plan", "text": (seeds / "28-punkte-plan.txt").read_text("utf-8")}
    report = httpx.post(f"{replica}/v1/articles", json=[article], timeout=60).json()
    assert report["articles"]["added"] == 1

    asked = {"question": "Who is excluded from the talks?"}
    answer = httpx.post(f"{replica}/v1/questions", json=asked, timeout=60).json()
    source = answer["citations"][0]["source"]
    assert source["article_id"] == "plan"
    assert article["text"][source["start"] : source["end"]] == source["quote"]
    assert "Kiew" in source["quote"]


def test_uvicorns_own_lines_about_requests_give_way_to_ours(replica: str, log: Path) -> None:
    """They have the whole address, and with it the question."""
    answer = httpx.get(f"{replica}/v1/search", params={"q": "Svartisfjord"}, timeout=60)
    known = answer.headers["x-request-id"]
    deadline = time.monotonic() + 10
    while known not in log.read_text("utf-8") and time.monotonic() < deadline:
        time.sleep(0.05)
    told = log.read_text("utf-8")
    (line,) = [json.loads(each) for each in told.splitlines() if known in each]
    assert (line["route"], line["status"]) == ("/v1/search", 200)
    assert "Svartisfjord" not in told
    assert "GET /" not in told


def test_an_embedded_index_is_refused(cache: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("FUNDSTELLE_")}
    command = [sys.executable, "-c", "from service.asgi import create; create()"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "FUNDSTELLE_QDRANT_URL" in done.stderr


def test_neither_keys_nor_leave_to_do_without_is_refused() -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("FUNDSTELLE_")}
    environment["FUNDSTELLE_QDRANT_URL"] = ":memory:"
    command = [sys.executable, "-c", "from service.asgi import create; create()"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "fundstelle keys add" in done.stderr
    assert "FUNDSTELLE_ALLOW_UNPROTECTED=1" in done.stderr
