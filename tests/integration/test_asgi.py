"""The ASGI entry under uvicorn, over the server store (on qdrant-client's in-memory mode)."""

from __future__ import annotations

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
def replica(cache: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "FUNDSTELLE_QDRANT_URL": ":memory:",
        "FUNDSTELLE_CACHE": str(cache),
        "FUNDSTELLE_ALLOW_UNPROTECTED": "1",
    }
    command = [sys.executable, "-m", "uvicorn", "--factory", "service.asgi:create"]
    process = subprocess.Popen([*command, "--port", str(port)], env=environment)
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
