"""``GET /metrics``: what is counted, as Prometheus reads it."""

from __future__ import annotations

from typing import Any

from anyio import move_on_after, to_thread
from litestar import Request, Response, get
from litestar.di import NamedDependency

from service.api.admission import AT_ANY_TIME, METRICS
from service.telemetry.index_size import IndexSize
from service.telemetry.metrics import Metrics

# A scrape has ten seconds by itself: figures that take longer come with the next one.
_PATIENCE_S = 2.0


@get("/metrics", opt=METRICS | AT_ANY_TIME, include_in_schema=False)
async def metrics_page(
    request: Request[Any, Any, Any],
    metrics: NamedDependency[Metrics],
    index_size: NamedDependency[IndexSize],
) -> Response[bytes]:
    """The figures of the whole service, all archives.

    In Prometheus' text format, or OpenMetrics where that is accepted.
    """
    with move_on_after(_PATIENCE_S):
        # Not among the workers: metrics are wanted most when these are all taken.
        await to_thread.run_sync(index_size.refresh, abandon_on_cancel=True)
    content, media_type = metrics.page(request.headers.get("accept", ""))
    return Response(content, media_type=media_type)
