"""A local HTTP server that answers as Qdrant's REST API does, and records what it was asked.

No Qdrant server can be installed where these tests run. What a client sends is
real; what comes back is the least that the client accepts.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


@dataclass
class Recorded:
    """What a recording server was asked, in order, and how it fails first."""

    address: str = ""
    requests: list[tuple[str, str, Any]] = field(default_factory=list)
    failures: list[int] = field(default_factory=list)
    collection: dict[str, Any] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    recipe: dict[str, Any] = field(default_factory=dict)

    def sent(self, method: str, path: str) -> list[Any]:
        """The bodies of the requests to a path, its query left out."""
        return [b for m, p, b in self.requests if (m, urlsplit(p).path) == (method, path)]

    def queries(self, path: str) -> list[str]:
        """The query strings of the requests to a path."""
        return [urlsplit(p).query for _, p, _ in self.requests if urlsplit(p).path == path]

    def await_greeting(self) -> None:
        """A client asks for the version in a thread of its own, which warns of no answer."""
        deadline = time.monotonic() + 10
        while not any(path == "/" for _, path, _ in self.requests) and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.05)

    def answer(self, method: str, path: str, body: Any) -> Any:
        """The ``result`` of an answer."""
        result: Any = {"operation_id": 1, "status": "completed"}
        if path.endswith("/exists"):
            result = {"exists": bool(self.collection)}
        elif path == "/aliases":
            known = self.aliases.items()
            result = {"aliases": [{"alias_name": a, "collection_name": c} for a, c in known]}
        elif path == "/collections/aliases":
            made = body["actions"][0]["create_alias"]
            self.aliases[made["alias_name"]] = made["collection_name"]
            result = True
        elif method == "PUT" and path.count("/") == 2:
            self.collection = body
            result = True
        elif method == "GET":
            result = self._info()
        elif path.endswith("/points") and method == "PUT":
            for point in body["points"]:
                self.recipe = point["payload"].get("recipe", self.recipe)
        elif path.endswith("/points"):
            found = [{"id": i, "payload": {"recipe": self.recipe}} for i in body["ids"]]
            result = found if self.recipe else []
        return result

    def _info(self) -> Any:
        asked = self.collection
        names = ("vectors", "shard_number", "replication_factor", "write_consistency_factor")
        parameters = {name: asked[name] for name in names if name in asked}
        hnsw = {"m": 16, "ef_construct": 100, "full_scan_threshold": 10000}
        optimizer = {
            "deleted_threshold": 0.2,
            "vacuum_min_vector_number": 1000,
            "default_segment_number": 0,
            "flush_interval_sec": 5,
        }
        config = {"params": parameters, "hnsw_config": hnsw, "optimizer_config": optimizer}
        found = {"status": "green", "optimizer_status": "ok", "segments_count": 1}
        return {**found, "config": config, "payload_schema": {}}


@contextmanager
def recording_qdrant() -> Iterator[Recorded]:
    """A recording server, until the end of the ``with``."""
    recorded = Recorded()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = json.loads(content) if content else None
            recorded.requests.append((self.command, self.path, body))
            path = urlsplit(self.path).path
            if path == "/":
                self._send(200, {"title": "qdrant", "version": "1.20.0"})
            elif recorded.failures and self.command in ("PUT", "POST"):
                self._send(recorded.failures.pop(0), {"status": {"error": "busy"}})
            else:
                result = recorded.answer(self.command, path, body)
                self._send(200, {"result": result, "status": "ok", "time": 0.0})

        do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = _answer  # noqa: N815

        def _send(self, status: int, value: Any) -> None:
            content = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            if status == 429:
                self.send_header("Retry-After", "0")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Standard error is for the tests' own words."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    recorded.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield recorded
    finally:
        recorded.await_greeting()
        server.shutdown()
        server.server_close()
        thread.join()
