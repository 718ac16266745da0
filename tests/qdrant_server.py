"""A stand-in for a Qdrant server that keeps points, and fails as a test wants it to.

No Qdrant server can be installed where these tests run. This one is real HTTP on a real port
around qdrant-client's in-memory mode, with as much of the REST API as Fundstelle uses. It can be
taken away and come back with all that it held, be slow, or refuse to write.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from pydantic import TypeAdapter
from qdrant_client import QdrantClient, models

_POINTS: TypeAdapter[list[models.PointStruct]] = TypeAdapter(list[models.PointStruct])
_SELECTOR: TypeAdapter[models.PointsSelector] = TypeAdapter(models.PointsSelector)
_ALIASES: TypeAdapter[list[models.AliasOperations]] = TypeAdapter(list[models.AliasOperations])
_READS = ("/points", "/scroll", "/count", "/facet", "/query", "/batch")

FORBIDDEN = 403, "Forbidden: global access is required"
READ_ONLY_DISK = 500, "Service internal error: Read-only file system (os error 30)"


class QdrantServer:
    """At ``port`` from ``come`` to ``go``. ``refusing`` is how it answers whoever writes."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.slow_s = 0.0
        self.refusing: tuple[int, str] | None = None
        self._client = QdrantClient(":memory:")
        self._turn = threading.RLock()
        self._server: ThreadingHTTPServer | None = None

    @property
    def address(self) -> str:
        """Where it is, or would be."""
        return f"http://127.0.0.1:{self.port}"

    def come(self) -> None:
        """Listen, from now on."""
        outer = self

        class Handler(_Handler):
            server_of_points = outer

        self._server = _Server(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def go(self) -> None:
        """Let nobody in any more, and cut off who is there."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def answer(self, method: str, path: str, body: Any) -> Any:
        """The ``result`` of an answer."""
        with self._turn:
            parts = path.strip("/").split("/")
            if parts[0] == "aliases":
                return self._client.get_aliases()
            if path == "/collections":
                return self._client.get_collections()
            if path == "/collections/aliases":
                return self._client.update_collection_aliases(
                    _ALIASES.validate_python(body["actions"])
                )
            name, rest = parts[1], "/".join(parts[2:])
            return _OPERATIONS[method, rest.partition("/")[0] if method == "PUT" else rest](
                self._client, name, rest, body
            )


class _Server(ThreadingHTTPServer):
    """Cuts its connections off when it is closed: a client may keep one for long."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._open: set[Any] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        super().server_close()
        for request in list(self._open):
            self.shutdown_request(request)

    def handle_error(self, *_: Any) -> None:
        """A client that is cut off is no error here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_of_points: QdrantServer

    def _answer(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body, path = json.loads(content) if content else None, urlsplit(self.path).path
        ours = self.server_of_points
        if path == "/":
            self._send(200, {"title": "qdrant", "version": "1.20.0"})
            return
        time.sleep(ours.slow_s)
        writes = self.command != "GET" and not (
            self.command == "POST" and path.endswith(_READS) and not path.endswith("/delete")
        )
        if writes and ours.refusing is not None:
            status, reason = ours.refusing
            self._send(status, {"status": {"error": reason}, "time": 0.0})
            return
        try:
            result = ours.answer(self.command, path, body)
        except ValueError as error:  # how the in-memory mode says that there is none of a name
            self._send(404, {"status": {"error": str(error)}, "time": 0.0})
            return
        self._send(200, {"result": _plain(result), "status": "ok", "time": 0.0})

    do_GET = do_PUT = do_POST = do_DELETE = _answer  # noqa: N815

    def _send(self, status: int, value: Any) -> None:
        content = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Standard error is for the tests' own words."""


_Operation = Callable[[QdrantClient, str, str, Any], Any]


def _create(client: QdrantClient, name: str, _: str, body: Any) -> Any:
    asked = models.CreateCollection(**body)
    vectors: Any = asked.vectors
    return client.create_collection(name, vectors, asked.sparse_vectors)


def _query(client: QdrantClient, name: str, asked: models.QueryRequest) -> Any:
    return client.query_points(
        name,
        query=asked.query,
        using=asked.using,
        query_filter=asked.filter,
        search_params=asked.params,
        limit=asked.limit or 10,
        with_payload=asked.with_payload or False,
    )


def _scroll(client: QdrantClient, name: str, _: str, body: Any) -> Any:
    asked = models.ScrollRequest(**body)
    records, following = client.scroll(
        name,
        scroll_filter=asked.filter,
        limit=asked.limit or 10,
        offset=asked.offset,
        with_payload=True if asked.with_payload is None else asked.with_payload,
    )
    return {"points": records, "next_page_offset": following}


def _retrieve(client: QdrantClient, name: str, _: str, body: Any) -> Any:
    asked = models.PointRequest(**body)
    payload = True if asked.with_payload is None else asked.with_payload
    return client.retrieve(name, asked.ids, payload, asked.with_vector or False)


def _add_vector(client: QdrantClient, name: str, rest: str, body: Any) -> Any:
    vector = rest.partition("/")[2]
    return client.create_vector_name(name, vector, models.SparseVectorNameConfig(**body))


_OPERATIONS: dict[tuple[str, str], _Operation] = {
    ("GET", ""): lambda client, name, _, __: client.get_collection(name),
    ("GET", "exists"): lambda client, name, _, __: {"exists": client.collection_exists(name)},
    ("PUT", ""): _create,
    ("DELETE", ""): lambda client, name, _, __: client.delete_collection(name),
    ("PUT", "index"): lambda *_: {"operation_id": 0, "status": "completed"},
    ("PUT", "vectors"): _add_vector,
    ("PUT", "points"): lambda client, name, _, body: client.upsert(
        name, _POINTS.validate_python(body["points"])
    ),
    ("POST", "points/delete"): lambda client, name, _, body: client.delete(
        name, _SELECTOR.validate_python(body)
    ),
    ("POST", "points"): _retrieve,
    ("POST", "points/scroll"): _scroll,
    ("POST", "points/count"): lambda client, name, _, body: client.count(
        name, models.CountRequest(**body).filter
    ),
    ("POST", "facet"): lambda client, name, _, body: client.facet(
        name, body["key"], models.FacetRequest(**body).filter, body["limit"]
    ),
    ("POST", "points/query"): lambda client, name, _, body: _query(
        client, name, models.QueryRequest(**body)
    ),
    ("POST", "points/query/batch"): lambda client, name, _, body: [
        _query(client, name, models.QueryRequest(**each)) for each in body["searches"]
    ],
}


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else value
