"""``POST /v1/questions``: a question in, an Answer out, whole or as a stream of events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.response import ServerSentEvent
from litestar.response.base import ASGIResponse
from litestar.response.sse import ServerSentEventMessage

from indexer.points import METADATA
from service.answer import Answer
from service.api.workers import Workers
from service.engine import Engine
from service.question import DEFAULT_PASSAGES, Question, parse_question


class QuestionBody(msgspec.Struct, forbid_unknown_fields=True):
    """A question. Dates are ISO 8601 and inclusive; ``language`` is of the articles.

    ``outlet``, ``author``, ``section`` and ``tags`` ask for articles that have this
    value. ``now`` is the moment that relative dates in the question count from.
    """

    question: str
    mode: str = "auto"
    top_k: int = DEFAULT_PASSAGES
    published_after: str | None = None
    published_before: str | None = None
    language: str | list[str] | None = None
    outlet: str | None = None
    author: str | None = None
    section: str | None = None
    tags: str | None = None
    now: str | None = None
    stream: bool = False


class _Stream(ServerSentEvent):
    """Says what it is: by itself it would take the media type of the route, JSON."""

    def to_asgi_response(self, *given: Any, **named: Any) -> ASGIResponse:
        return super().to_asgi_response(*given, **named | {"media_type": self.media_type})


@post("/v1/questions", status_code=200, summary="Ask the archive a question")
async def ask(
    data: JSONBody[QuestionBody],
    engine: NamedDependency[Engine],
    workers: NamedDependency[Workers],
) -> Answer | ServerSentEvent:
    """Answer with citations, or say that the archive does not.

    With ``stream``, Server-Sent Events: ``passages``, a ``sentence`` with its
    checked citations, then the whole ``answer``.
    """
    question = _question(data)
    answer = await workers.run(lambda: engine.answerer.answer(question))
    return _Stream(_events(answer)) if data.stream else answer


def _question(body: QuestionBody) -> Question:
    language = ",".join(body.language) if isinstance(body.language, list) else body.language
    return parse_question(
        body.question,
        mode=body.mode,
        top_k=body.top_k,
        published_after=body.published_after,
        published_before=body.published_before,
        language=language,
        metadata={name: getattr(body, name) for name in METADATA},
        now=body.now,
    )


async def _events(answer: Answer) -> AsyncIterator[ServerSentEventMessage]:
    yield _event("passages", answer.passages)
    if answer.answer is not None:
        sentence = {"text": answer.answer.text, "citations": answer.citations}
        yield _event("sentence", sentence)
    yield _event("answer", answer)


def _event(name: str, content: Any) -> ServerSentEventMessage:
    return ServerSentEventMessage(event=name, data=msgspec.json.encode(content).decode())
