"""A service in a process that can be killed, at an address that stays the same."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.crash.processes import Aim, Processes, Running

_START_S = 120


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def served(
    processes: Processes, index: Path, port: int, aim: Aim | None = None
) -> Iterator[Running]:
    """A service that answers; it may be dead at the end, and is stopped if it is not."""
    running = processes.start("serve", "--port", str(port), "--index", index, aim=aim)
    deadline = time.monotonic() + _START_S
    while running.process.is_alive():
        assert time.monotonic() < deadline, "the service does not answer"
        try:
            if httpx.get(f"{address_at(port)}/health/live", trust_env=False).is_success:
                break
        except httpx.TransportError:
            time.sleep(0.02)
    try:
        yield running
    finally:
        if running.process.is_alive():
            running.stop()


def address_at(port: int) -> str:
    """Where it answers."""
    return f"http://127.0.0.1:{port}"
