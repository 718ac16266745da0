"""A morning's work in a process that reaches nothing but itself; see ``test_offline.py``.

Every name that is looked up and every address that is connected to is kept, so that an
attempt counts even where nobody would have noticed that it failed.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

#: What was looked up or connected to, this machine excepted.
ATTEMPTS: list[str] = []
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 0x1
_HERE = ("127.", "::1", "localhost", "0.0.0.0")


def raise_loopback() -> None:
    """A network of one's own begins with everything down, 127.0.0.1 too (netdevice(7))."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        up = struct.pack("16sh14x", b"lo", _IFF_UP)
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, up)


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        if isinstance(address, tuple) and not str(address[0]).startswith(_HERE):
            ATTEMPTS.append(f"{event} {address}")
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0]
        if isinstance(host, bytes):
            host = host.decode()
        if host and not str(host).startswith(_HERE):
            ATTEMPTS.append(f"{event} {host}")


def main(seeds: str, index: str, told: str) -> None:
    """Index, ask, search, serve and ask over HTTP; what was attempted goes to ``told``."""
    raise_loopback()
    sys.addaudithook(watch)
    from service.cli import main as command

    done = {
        "index": command(["index", seeds, "--index", index]),
        "ask": command(["ask", "Who is excluded from the talks?", "--index", index]),
        "search": command(["search", "tram tunnel", "--rerank", "--index", index]),
    }
    threading.Thread(target=_as_a_client, args=(Path(index), done), daemon=True).start()
    done["serve"] = command(["serve", "--port", "0", "--index", index])
    Path(told).write_text(json.dumps({"done": done, "attempts": ATTEMPTS}), "utf-8")


def _as_a_client(index: Path, done: dict[str, Any]) -> None:
    def page(path: str, **options: Any) -> httpx.Response:
        address = json.loads((index / "owner.json").read_text("utf-8"))["address"]
        ask = httpx.post if "json" in options else httpx.get
        return ask(f"{address}{path}", trust_env=False, timeout=120, **options)

    try:
        _until(lambda: page("/health/ready").is_success)
        asked = {"question": "Who is excluded from the talks?"}
        done["answer"] = page("/v1/questions", json=asked).json()["answer"]["text"]
        done["pages"] = [page(path).status_code for path in ("/", "/metrics", "/schema")]
    finally:
        os.kill(os.getpid(), signal.SIGINT)


def _until(ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            if ready():
                return
        except (OSError, ValueError, KeyError, httpx.HTTPError):
            pass  # not there yet
        time.sleep(0.2)
    raise TimeoutError


if __name__ == "__main__":
    main(*sys.argv[1:])
