"""Servers of tests' own on this machine, for as long as a block lasts."""

from __future__ import annotations

import re
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.services import COMMAND, defects


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """The address of a server in this process, whose requests a handler answers."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def mcp_over_http(log: Path, *options: str | Path, within: float) -> Iterator[str]:
    """Where ``fundstelle mcp --http`` answers, in a process of its own that logs no defect."""
    arguments = ["mcp", "--http", "--port", "0", *map(str, options)]
    with log.open("wb") as stream:
        process = subprocess.Popen([*COMMAND, *arguments], stderr=stream)
    deadline = time.monotonic() + within
    while not (found := re.search(r"http://\S+/mcp", log.read_text("utf-8"))):
        assert process.poll() is None, log.read_text("utf-8")
        assert time.monotonic() < deadline
        time.sleep(0.1)
    yield found[0]
    process.terminate()
    process.wait(60)
    assert defects(log.read_text("utf-8")) == []
