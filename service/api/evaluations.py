"""``POST /v1/evaluations``: what ``fundstelle eval`` asks the owner of an index to do."""

from __future__ import annotations

from typing import Any

from litestar import Request, post
from litestar.di import NamedDependency

from service.api.admission import ADMIN
from service.api.sizes import at_once
from service.engine import Engine
from service.evaluation import parse_questions
from service.workers import Workers


@post(
    "/v1/evaluations",
    opt=ADMIN,
    status_code=200,
    summary="Measure the answers to a question file",
)
async def evaluate_questions(
    request: Request[Any, Any, Any],
    engine: NamedDependency[Engine],
    workers: NamedDependency[Workers],
) -> dict[str, Any]:
    """The body is a question file (JSON Lines); returns what ``eval --json`` prints."""
    lines = (await request.body()).splitlines()
    questions = parse_questions(at_once(lines, "questions"), "body")
    return await workers.run(lambda: engine.evaluate(questions).to_json())
