"""``/health`` and ``/v1/status``: is it up, is it ready, what does it hold."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency

from service.engine import Engine
from service.workers import Workers


@get("/health", summary="Version, and whether this is the owner asked for")
async def health(
    request: Request[Any, Any, Any], engine: NamedDependency[Engine]
) -> dict[str, Any]:
    """``owner`` is true for a request with the token of ``owner.json``."""
    return {
        "status": "ok" if engine.ready else "starting",
        "version": version("fundstelle"),
        "archive": engine.archive.archive,
        "owner": request.app.state.is_owner_request(request),
    }


@get("/health/live", summary="Whether the process answers")
async def live() -> dict[str, str]:
    """Always ok: a process that can't answer doesn't."""
    return {"status": "ok"}


@get("/health/ready", summary="Whether questions are answered without waiting for a model")
async def ready(engine: NamedDependency[Engine]) -> Response[dict[str, str]]:
    """200 once the models are loaded, 503 before."""
    if engine.ready:
        return Response({"status": "ok"})
    return Response({"status": "starting"}, status_code=503, headers={"Retry-After": "2"})


@get("/v1/status", summary="What the archive holds and how it was built")
async def status(
    engine: NamedDependency[Engine], workers: NamedDependency[Workers]
) -> dict[str, Any]:
    """What ``fundstelle status --json`` prints."""
    return await workers.run(engine.status)
