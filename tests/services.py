"""One index of the seeds and one running service, shared by all who need real parts.

The fixtures are offered by ``tests/conftest.py``, so that there is one service and not one
a folder.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

COMMAND = [sys.executable, "-m", "service.cli"]
BODY_LIMIT = 1_000_000
_START_S = 180


@dataclass(frozen=True)
class Finished:
    """What a command of its own process did."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON value on standard output."""
        return json.loads(self.out)


@dataclass
class Service:
    """A service in a process of its own, and the index that it owns."""

    process: subprocess.Popen[bytes]
    index: Path
    log: Path

    @property
    def owner(self) -> dict[str, Any]:
        """What ``owner.json`` says."""
        found: dict[str, Any] = json.loads((self.index / "owner.json").read_text("utf-8"))
        return found

    @property
    def address(self) -> str:
        """Where it answers."""
        address: str = self.owner["address"]
        return address

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; the exit status."""
        self.process.send_signal(number)
        return self.process.wait(60)


def log_lines(log: str) -> list[dict[str, Any]]:
    """What a service logged; every line has to be an object."""
    return [json.loads(line) for line in log.splitlines()]


def defects(log: str) -> list[str]:
    """The lines of a log that tell of an error that no code was written for."""
    return [line for line in log.splitlines() if "Traceback" in line or '"exception":' in line]


def read(path: Path) -> str:
    """A file as anyone would read it who checks a citation."""
    with path.open(encoding="utf-8", newline="") as stream:
        return stream.read()


def run(*arguments: str | Path, stdin: bytes = b"", env: dict[str, str] | None = None) -> Finished:
    """One command in a process of its own."""
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        input=stdin,
        env=os.environ | (env or {}),
        capture_output=True,
        timeout=240,
        check=False,
    )
    return Finished(done.returncode, done.stdout.decode(), done.stderr.decode())


def start(index: Path, log: Path, *, ready: bool, env: dict[str, str] | None = None) -> Service:
    """Start a service; returns when it answers, or with ``ready`` when its models are loaded."""
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [*COMMAND, "serve", "--port", "0", "--index", str(index)],
            stderr=stream,
            env=os.environ | (env or {}),
        )
    service = Service(process, index, log)
    deadline = time.monotonic() + _START_S
    page = "/health/ready" if ready else "/health/live"
    while True:
        try:
            if httpx.get(f"{service.address}{page}", trust_env=False).is_success:
                return service
        except (OSError, ValueError, TypeError, httpx.HTTPError, httpx.InvalidURL):
            pass  # not there yet
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            process.wait()
            pytest.fail(f"the service did not start: {log.read_text('utf-8')}")
        time.sleep(0.1)


@pytest.fixture(scope="session")
def seed_index(
    tmp_path_factory: pytest.TempPathFactory, seeds: Path, _shared_cache: None
) -> tuple[Path, Finished]:
    """An index of the seeds, made by the command line, and what that printed. Not to be changed."""
    index = tmp_path_factory.mktemp("seeds") / "index"
    done = run("index", seeds, "--index", index, "--json")
    assert done.status == 0, done.err
    return index, done


@pytest.fixture(scope="session")
def _shared_cache(cache: Path) -> Iterator[None]:
    """Processes that tests start find the models where the tests do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FUNDSTELLE_CACHE", str(cache))
        yield


@pytest.fixture(scope="session")
def running_service(
    tmp_path_factory: pytest.TempPathFactory, seed_index: tuple[Path, Finished]
) -> Iterator[Service]:
    """A service on a copy of ``seed_index``, its models loaded. Who changes it, changes it back."""
    folder = tmp_path_factory.mktemp("service")
    index = Path(shutil.copytree(seed_index[0], folder / "index"))
    env = {"FUNDSTELLE_MAX_BODY_BYTES": str(BODY_LIMIT)}
    service = start(index, folder / "log", ready=True, env=env)
    yield service
    service.stop()
    assert defects(service.log.read_text("utf-8")) == []


@pytest.fixture(scope="session")
def http(running_service: Service) -> Iterator[httpx.Client]:
    """A client of the running service, as anyone on this machine has it: without the token."""
    with httpx.Client(base_url=running_service.address, trust_env=False, timeout=120) as client:
        yield client
