"""What logs, metrics and spans cost a request, and each step of a question.

    python -m benchmarks.telemetry

The app is called in this process, without a socket, by turns with everything around it and
with nothing; lines go to a file that keeps nothing. No model is loaded.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable
from statistics import median
from typing import Any

from litestar import Litestar, get

from benchmarks.data import setting
from service.telemetry.logs import write_logs
from service.telemetry.metrics import Metrics
from service.telemetry.record import stage
from service.telemetry.requests import RequestTelemetry
from service.telemetry.settings import TelemetrySettings
from service.telemetry.tracing import Tracing

_TURNS, _CALLS = 20, 500
_STAGES = 5  # of a question that a chat model answers


@get("/bare")
async def bare() -> dict[str, str]:
    """As little as a route can do."""
    return {"status": "ok"}


@get("/staged")
async def staged() -> dict[str, str]:
    """The same within the stages of a question."""
    for _ in range(_STAGES):
        with stage("read"):
            pass
    return {"status": "ok"}


def main() -> None:
    """Print the table."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123
        write_logs(TelemetrySettings(log_format="json"), stream=nowhere)
        rows = asyncio.run(_measure())
    print(setting(), end="\n\n")
    print("| request | without, µs | with, µs | cost, µs |")
    print("| --- | --- | --- | --- |")
    for name, without, watched in rows:
        print(f"| {name} | {without:.0f} | {watched:.0f} | {watched - without:.0f} |")


async def _measure() -> list[tuple[str, float, float]]:
    app = Litestar([bare, staged], logging_config=None, openapi_config=None)
    watched = RequestTelemetry(app.asgi_handler, Metrics(), Tracing(), questions=False)
    ways: dict[str, Callable[..., Awaitable[None]]] = {
        "without": app.asgi_handler,
        "with": watched,
    }
    rows = []
    for path in ("/bare", "/staged"):
        spent: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(_TURNS):
            for way, call in ways.items():
                started = time.perf_counter()
                for _ in range(_CALLS):
                    await call(_scope(app, path), _receive, _send)
                spent[way].append(1e6 * (time.perf_counter() - started) / _CALLS)
        rows.append((f"`{path}`", median(spent["without"]), median(spent["with"])))
    logging.shutdown()
    return rows


def _scope(app: Litestar, path: str) -> dict[str, Any]:
    return {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1"), (b"accept", b"*/*")],
        "scheme": "http",
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 1),
        "app": app,
        "litestar_app": app,
        "state": {},
    }


async def _receive() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _send(_: Any) -> None:
    pass


if __name__ == "__main__":
    main()
