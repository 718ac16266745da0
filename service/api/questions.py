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

from service.answer import Answer
from service.api.admission import READ
from service.api.question_options import QuestionOptions
from service.api.sizes import QUESTION_BYTES
from service.asking import Asker
from service.conversation import Turn
from service.errors import ServiceStopping
from service.events import Complete, Event, Passages, Sentence, Stopped
from service.question import Question
from service.telemetry.record import failed, note

_LOG = logging.getLogger(__name__)


class QuestionBody(QuestionOptions, kw_only=True):
    """A question. ``history`` is the conversation before it, oldest turn first."""

    question: str
    mode: str = "auto"
    history: tuple[Turn, ...] = ()
    stream: bool = False


class _Stream(ServerSentEvent):
    """Says what it is: by itself it would take the media type of the route, JSON."""

    def to_asgi_response(self, *given: Any, **named: Any) -> ASGIResponse:
        return super().to_asgi_response(*given, **named | {"media_type": self.media_type})


@post(
    "/v1/questions",
    opt=READ,
    status_code=200,
    summary="Ask the archive a question",
    request_max_body_size=QUESTION_BYTES,
)
async def ask(
    data: JSONBody[QuestionBody], asker: NamedDependency[Asker]
) -> Answer | ServerSentEvent:
    """Answer with citations, or say that the archive does not.

    With ``stream``, Server-Sent Events: ``passages`` as soon as they are found, each
    ``sentence`` with its citations once it is checked, then the whole ``answer``; or an
    ``error`` where the chat model failed after sentences had been sent, or the service ends.
    """
    question = data.asking(data.question, mode=data.mode, history=data.history)
    asker.check(question)
    return _Stream(_events(asker, question)) if data.stream else await asker.answer(question)


async def _events(asker: Asker, question: Question) -> AsyncGenerator[ServerSentEventMessage, None]:
    async with aclosing(asker.events(question)) as events:
        try:
            async for event in events:
                yield _message(event)
        except ServiceStopping as error:
            note(stopping=True)
            yield _message(Stopped("stopping", str(error)))
        except Exception as error:
            failed(error)
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
