"""The Litestar application over an open engine. Opening and serving is left to others."""

from __future__ import annotations

import secrets
from importlib.metadata import version
from typing import Any

from litestar import Litestar, Request
from litestar.datastructures import State
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from service.api import ROUTES
from service.api.problems import HANDLERS
from service.asking import Asker
from service.engine import Engine
from service.feedback_file import FeedbackFile
from service.renewal_job import RenewalJob
from service.web import TEMPLATES, WEB
from service.workers import Workers


def create_app(
    engine: Engine, *, owner_token: str | None = None, job: RenewalJob | None = None
) -> Litestar:
    """The application.

    ``owner_token`` is what the owner's own command line proves itself with, ``job`` what
    runs the renewals that it asks for.
    """
    renewals = job or RenewalJob()
    workers = Workers(engine.service.workers)
    asker = Asker(engine, workers, engine.service)
    feedback_file = FeedbackFile(engine.service.feedback)

    def is_owner_request(request: Request[Any, Any, Any]) -> bool:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        return owner_token is not None and secrets.compare_digest(
            given.encode(), owner_token.encode()
        )

    return Litestar(
        route_handlers=[*ROUTES, WEB],
        dependencies={
            "engine": Provide(lambda: engine, sync_to_thread=False),
            "asker": Provide(lambda: asker, sync_to_thread=False),
            "job": Provide(lambda: renewals, sync_to_thread=False),
            "feedback_file": Provide(lambda: feedback_file, sync_to_thread=False),
            "workers": Provide(lambda: workers, sync_to_thread=False),
        },
        exception_handlers=HANDLERS,
        template_config=TEMPLATES,
        on_shutdown=[asker.close],
        state=State({"is_owner_request": is_owner_request}),
        logging_config=None,  # how to log is for whoever runs the process to say
        request_max_body_size=engine.service.max_body_bytes,
        openapi_config=OpenAPIConfig(
            title="Fundstelle",
            version=version("fundstelle"),
            description="Answers from a news archive, cited to the character.",
            path="/schema",
            # The document alone: an interactive page would load scripts from elsewhere.
            render_plugins=[JsonRenderPlugin(path=["/", "/openapi.json"])],
        ),
    )
