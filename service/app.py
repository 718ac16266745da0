"""The Litestar application over open archives. Opening and serving is left to others."""

from __future__ import annotations

from copy import copy
from importlib.metadata import version

from litestar import Litestar, Router
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig

from service.access.gate import Gate
from service.api import ROUTES
from service.api.admission import OF_THE_CALLER, OPEN, Admission
from service.api.document import CompleteDocument
from service.api.problems import HANDLERS
from service.api.received import Received
from service.archives import Archives
from service.settings import ServiceSettings
from service.telemetry.index_size import IndexSize
from service.telemetry.metrics import Metrics
from service.telemetry.record import kind_of
from service.telemetry.requests import RequestTelemetry
from service.telemetry.tracing import Tracing
from service.web import TEMPLATES, WEB


def create_app(
    archives: Archives,
    gate: Gate,
    *,
    metrics: Metrics | None = None,
    tracing: Tracing | None = None,
) -> Litestar:
    """The application, which answers those whom ``gate`` admits.

    ``metrics`` and ``tracing`` are given where others count in them, too, or where spans are
    kept.
    """
    own, service = archives.own.engine, archives.own.engine.service
    counted = metrics or Metrics()
    index_size = IndexSize(lambda: {e.archive.archive: e.status for e in archives.engines})
    counted.add(index_size)
    counted.watch(archives.workers, lambda: own.ready)
    own.models.tell_batches(counted.batch)
    archives.on_failure = lambda error: counted.failed(kind_of(error))
    app = Litestar(
        route_handlers=[*(_within(route, service.max_body_bytes) for route in ROUTES), WEB],
        middleware=[Admission(gate)],
        dependencies={
            **OF_THE_CALLER,
            "workers": Provide(lambda: archives.workers, sync_to_thread=False),
            "metrics": Provide(lambda: counted, sync_to_thread=False),
            "index_size": Provide(lambda: index_size, sync_to_thread=False),
        },
        exception_handlers=HANDLERS,
        request_class=Received,
        template_config=TEMPLATES,
        on_shutdown=[archives.close_askers],
        state=State({"archives": archives, "gate": gate}),
        logging_config=None,  # how to log is for whoever runs the process to say
        request_max_body_size=service.max_body_bytes,
        cors_config=_cors(service),
        openapi_config=OpenAPIConfig(
            title="Fundstelle",
            version=version("fundstelle"),
            description="Answers from a news archive, cited to the character.",
            # It is the same in every installation, so there is nothing to hide.
            openapi_router=Router("/schema", route_handlers=[], opt=OPEN, include_in_schema=False),
            # The document alone: an interactive page would load scripts from elsewhere.
            render_plugins=[CompleteDocument(path=["/", "/openapi.json"])],
        ),
    )
    # Around everything, and not among the middleware: that sees only what a route answers.
    questions = service.telemetry.log_questions
    app.asgi_handler = RequestTelemetry(
        app.asgi_handler, counted, tracing or Tracing(), questions=questions
    )
    return app


def _within(route: HTTPRouteHandler, most: int) -> HTTPRouteHandler:
    """The route, with no larger bodies than the service takes, whatever it would take itself."""
    own = route.request_max_body_size
    if not isinstance(own, int) or own <= most:
        return route
    bounded = copy(route)
    bounded.request_max_body_size = most
    return bounded


def _cors(service: ServiceSettings) -> CORSConfig | None:
    """Closed, but for pages that are named. They send a key, never the cookie of our own page."""
    if not service.allowed_origins:
        return None
    return CORSConfig(
        allow_origins=list(service.allowed_origins),
        allow_methods=["GET", "POST", "DELETE"],
        allow_headers=["authorization", "content-type", "x-api-key"],
        expose_headers=["retry-after"],
    )
