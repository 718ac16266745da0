"""Everything works without a network, and nothing so much as tries to use one.

The process has a network of its own with nothing in it but 127.0.0.1 (Linux's network
namespaces), so that native code is held to it, too; what Python looks up or connects to is
recorded besides. The environment is the ordinary one: no variable switches anything off.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.model
_OFFLINE_SWITCHES = ("HF_", "TRANSFORMERS_", "DO_NOT_TRACK", "RAY_", "OTEL_", "FUNDSTELLE_")


@pytest.fixture(scope="module")
def alone() -> list[str]:
    """What a command has to begin with, so that it runs in a network of its own."""
    command = [shutil.which("unshare") or "unshare", "--net", "--map-root-user"]
    try:
        tried = subprocess.run([*command, "true"], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("unshare (util-linux) is not here: it makes the network with nothing in it")
    if tried.returncode:
        pytest.skip(f"no network namespace may be made here: {tried.stderr.strip()}")
    return command


def environment(cache: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(_OFFLINE_SWITCHES)}
    return kept | {"FUNDSTELLE_CACHE": str(cache)}


@pytest.mark.parametrize(
    "cold", [False, pytest.param(True, marks=pytest.mark.long)], ids=["warm", "cold cache"]
)
def test_a_morning_without_a_network(
    cold: bool, alone: list[str], cache: Path, seeds: Path, tmp_path: Path
) -> None:
    told = tmp_path / "told.json"
    module = [sys.executable, "-m", "tests.integration.offline_morning"]
    done = subprocess.run(
        [*alone, *module, str(seeds), str(tmp_path / "index"), str(told)],
        env=environment(tmp_path / "cache" if cold else cache),
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(told.read_text("utf-8"))
    assert found["attempts"] == []
    assert found["done"] == {
        "index": 0,
        "ask": 0,
        "search": 0,
        "serve": 0,
        "answer": "Kiew und Europa",
        "pages": [200, 200, 200],
    }


def test_the_network_is_empty_and_an_attempt_is_seen(alone: list[str], cache: Path) -> None:
    """Else the test above would show nothing."""
    code = """
import socket, sys
from tests.integration.offline_morning import ATTEMPTS, raise_loopback, watch
raise_loopback()
sys.addaudithook(watch)
with socket.create_server(("127.0.0.1", 0)) as here:
    socket.create_connection(here.getsockname()).close()
for attempt in (
    lambda: socket.create_connection(("192.0.2.1", 80), timeout=5),
    lambda: socket.getaddrinfo("archive.example", 443),
):
    try:
        attempt()
    except OSError as error:
        print(type(error).__name__)
print(len(ATTEMPTS), *ATTEMPTS)
"""
    done = subprocess.run(
        [*alone, sys.executable, "-c", code],
        env=environment(cache),
        capture_output=True,
        text=True,
        check=True,
    )
    failed, unknown, attempts = done.stdout.splitlines()
    assert (failed, unknown) == ("OSError", "gaierror")
    assert attempts.startswith("3 ")
    assert "192.0.2.1" in attempts
    assert "archive.example" in attempts
