"""``POST /v1/questions``: a question in, an Answer out, whole or as a stream of events."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
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
from service.asking import Asker
from service.conversation import Turn
from service.events import Complete, Event, Passages, Sentence, Stopped
from service.question import DEFAULT_PASSAGES, Question, parse_question

_LOG = logging.getLogger(__name__)


class QuestionBody(msgspec.Struct, forbid_unknown_fields=True):
    """A question. Dates are ISO 8601 and inclusive; ``language`` is of the articles.

    ``outlet``, ``author``, ``section`` and ``tags`` ask for articles that have this
    value. ``history`` is the conversation before the question, oldest turn first;
    ``now`` the moment that relative dates in the question count from.
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
    history: list[Turn] = []
    now: str | None = None
    stream: bool = False


class _Stream(ServerSentEvent):
    """Says what it is: by itself it would take the media type of the route, JSON."""

    def to_asgi_response(self, *given: Any, **named: Any) -> ASGIResponse:
        return super().to_asgi_response(*given, **named | {"media_type": self.media_type})


@post("/v1/questions", status_code=200, summary="Ask the archive a question")
async def ask(
    data: JSONBody[QuestionBody], asker: NamedDependency[Asker]
) -> Answer | ServerSentEvent:
    """Answer with citations, or say that the archive does not.

    With ``stream``, Server-Sent Events: ``passages`` as soon as they are found, each
    ``sentence`` with its citations once it is checked, then the whole ``answer``; or an
    ``error`` where the chat model failed after sentences had been sent.
    """
    question = _question(data)
    asker.check(question)
    return _Stream(_events(asker, question)) if data.stream else await asker.answer(question)


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
        history=body.history,
        now=body.now,
    )


async def _events(asker: Asker, question: Question) -> AsyncGenerator[ServerSentEventMessage, None]:
    async with aclosing(asker.events(question)) as events:
        try:
            async for event in events:
                yield _message(event)
        except Exception:
            # The status has been sent: what went wrong can only be told in the stream.
            _LOG.exception("a streamed answer failed")
            yield _message(Stopped("failed", "the answer failed; ask again"))


def _message(event: Event) -> ServerSentEventMessage:
    match event:
        case Passages(passages):
            return _sent("passages", passages)
        case Sentence():
            return _sent("sentence", event)
        case Complete(answer):
            return _sent("answer", answer)
        case Stopped():
            return _sent("error", event)


def _sent(name: str, content: Any) -> ServerSentEventMessage:
    return ServerSentEventMessage(event=name, data=msgspec.json.encode(content).decode())
