"""``/health`` and ``/v1/status``: is it up, is it ready, what does it hold."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any, Literal

from litestar import Response, get
from litestar.di import NamedDependency

from service.access.caller import Caller
from service.api.admission import AT_ANY_TIME, OPEN, READ, AnyRequest
from service.archives import Archives
from service.engine import Engine
from service.workers import Workers


@get("/health", opt=READ | AT_ANY_TIME, summary="Version, and whether this is the owner asked for")
async def health(request: AnyRequest) -> dict[str, Any]:
    """``owner`` is true for a request with the token of ``owner.json``."""
    caller: Caller = request.user
    return {
        "status": _state(request),
        "version": version("fundstelle"),
        "archive": caller.archive,
        "owner": caller.owner,
    }


@get("/health/live", opt=OPEN, summary="Whether the process answers")
async def live() -> dict[str, str]:
    """Always ok: a process that can't answer doesn't."""
    return {"status": "ok"}


@get("/health/ready", opt=OPEN, summary="Whether to send it questions")
async def ready(request: AnyRequest) -> Response[dict[str, str]]:
    """200 once the models are loaded; 503 before, and while the service is stopping."""
    state = _state(request)
    if state == "ok":
        return Response({"status": state})
    return Response({"status": state}, status_code=503, headers={"Retry-After": "2"})


@get("/v1/status", opt=READ, summary="What the archive holds and how it was built")
async def status(
    request: AnyRequest, engine: NamedDependency[Engine], workers: NamedDependency[Workers]
) -> dict[str, Any]:
    """What ``fundstelle status --json`` prints; where the store is, for admins alone."""
    found = await workers.run(engine.status)
    if not request.user.sees_paths:
        found["store"] = found["store"].partition(" ")[0]
    return found


def _state(request: AnyRequest) -> Literal["starting", "ok", "stopping"]:
    """The models are those of every archive."""
    archives: Archives = request.app.state.archives
    if archives.draining.stopping:
        return "stopping"
    return "ok" if archives.own.engine.ready else "starting"
