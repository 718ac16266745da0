"""``POST /v1/chat/completions``: an answer in the shape of OpenAI's Chat Completions.

The text is Markdown with a link behind each proof; ``annotations`` say where the
links stand, Open WebUI gets its ``source`` events, and ``fundstelle`` is the whole
Answer. What the text says is left to ``cited_markdown.py``.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import aclosing
from typing import Any
from uuid import uuid4

import msgspec
from litestar import Request, Response, post, route
from litestar.di import NamedDependency
from litestar.exceptions import MethodNotAllowedException
from litestar.params import JSONBody

from indexer import tokens
from service.answer import Answer, Citation
from service.api.admission import READ
from service.api.chat_failures import OPENAI_HANDLERS, Failure, failure_of
from service.api.chat_models import mode_of
from service.api.chat_request import Message, links_for, prompt_text, question_of
from service.api.event_stream import event_stream, sse
from service.api.question_options import QuestionOptions
from service.api.sizes import CHAT_BYTES
from service.asking import Asker
from service.chat.cited_markdown import CitedMarkdown, Segment, title_of
from service.chat.markdown import escape_paragraphs
from service.chat.words import words_for
from service.engine import Engine
from service.errors import QuestionError
from service.events import Complete, Passages, Sentence, Stopped
from service.question import Question
from service.workers import Workers

_PATH = "/v1/chat/completions"
_DONE = b"data: [DONE]\n\n"


class StreamOptions(msgspec.Struct):
    """``include_usage`` asks for a last chunk with the token counts."""

    include_usage: bool | None = None


class ChatBody(msgspec.Struct):
    """A conversation. Fields that are not listed are ignored, as clients send many."""

    model: str
    messages: list[Message]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: int | None = None
    fundstelle: QuestionOptions | None = None


@post(
    _PATH,
    opt=READ,
    status_code=200,
    request_max_body_size=CHAT_BYTES,
    summary="Ask the archive as a chat model (OpenAI's shape)",
    exception_handlers=OPENAI_HANDLERS,
)
async def complete_chat(
    request: Request[Any, Any, Any],
    data: JSONBody[ChatBody],
    asker: NamedDependency[Asker],
    engine: NamedDependency[Engine],
    workers: NamedDependency[Workers],
) -> Response[Any]:
    """Answer the last message of the user, with links to every proof."""
    mode = mode_of(data.model)
    if data.n is not None and data.n != 1:
        raise QuestionError("n", f"{data.n} answers were asked for; there is exactly one")
    question = question_of(data.messages, data.fundstelle, mode)
    asker.check(question)
    words = await workers.run(words_for, question.text)
    completion = _Completion(data, CitedMarkdown(links_for(request, engine), words), workers)
    if data.stream:
        return await event_stream(
            completion.chunks(asker, question), lambda error: sse(failure_of(error).openai())
        )
    return Response(await completion.whole(await asker.answer(question)))


@route(
    _PATH,
    opt=READ,
    http_method=["GET", "PUT", "PATCH", "DELETE"],
    include_in_schema=False,
    exception_handlers=OPENAI_HANDLERS,
)
async def no_chat() -> None:
    """Any other method, told in the shape that the route's clients read."""
    raise MethodNotAllowedException(headers={"allow": "POST"})


class _Completion:
    """One completion: its name, and the text as far as it is written."""

    def __init__(self, body: ChatBody, writer: CitedMarkdown, workers: Workers) -> None:
        self._body = body
        self._writer = writer
        self._workers = workers
        self._id = f"chatcmpl-{uuid4().hex}"
        self._created = int(time.time())
        self._content = ""
        self._annotations: list[dict[str, Any]] = []

    async def whole(self, answer: Answer) -> dict[str, Any]:
        """The answer as one object."""
        self._add(self._writer.whole(answer))
        self._content += self._writer.ending(answer)
        message = {
            "role": "assistant",
            "content": self._content,
            "refusal": None,
            "annotations": self._annotations,
        }
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        named = self._named("chat.completion", [choice])
        return named | {"usage": await self._usage(), "fundstelle": answer}

    async def chunks(self, asker: Asker, question: Question) -> AsyncGenerator[bytes, None]:
        """The same as Server-Sent Events, the first once passages are found."""
        async with aclosing(asker.events(question)) as events:
            async for event in events:
                match event:
                    case Passages():
                        yield self._chunk({"role": "assistant", "content": ""})
                    case Sentence():
                        yield self._chunk({"content": self._add(self._writer.segments(event))})
                    case Complete(answer):
                        for chunk in self._last(answer):
                            yield chunk
                        if self._with_usage:
                            named = self._named("chat.completion.chunk", [])
                            yield sse(named | {"usage": await self._usage()})
                        yield _DONE
                    case Stopped(reason, detail):
                        yield sse(Failure(502, detail, code=reason).openai())

    def _last(self, answer: Answer) -> Iterator[bytes]:
        """What follows the sentences: the ending, Open WebUI's sources, and the whole."""
        ending = self._writer.ending(answer)
        if ending:
            self._content += ending
            yield self._chunk({"content": ending})
        for citation in answer.citations:
            if citation.verified:
                # Open WebUI takes "event" from any chunk, and no one else looks for it.
                yield self._chunk({}, event=self._source(citation, answer))
        delta = {"annotations": self._annotations} if self._annotations else {}
        yield self._chunk(delta, finish="stop", fundstelle=answer)

    def _add(self, segments: Iterable[Segment]) -> str:
        """What the text grows by."""
        before = len(self._content)
        for segment in segments:
            self._content += segment.markdown
            for citation in segment.citations:
                self._content += " "
                start = len(self._content)
                self._content += self._writer.marker(citation)
                cited = {
                    "start_index": start,
                    "end_index": len(self._content),
                    "title": title_of(citation.source),
                    "url": self._writer.links.to(citation.source),
                }
                self._annotations.append({"type": "url_citation", "url_citation": cited})
        return self._content[before:]

    def _source(self, citation: Citation, answer: Answer) -> dict[str, Any]:
        """The passage that proves it, as Open WebUI shows it: as Markdown."""
        place, link = citation.source, self._writer.links.to(citation.source)
        passage = next(
            p.text
            for p in answer.passages
            if p.article_id == place.article_id and p.start <= place.start and place.end <= p.end
        )
        name = title_of(place)
        return {
            "type": "source",
            "data": {
                "source": {"id": link, "name": name, "url": link},
                "document": [escape_paragraphs(passage)],
                "metadata": [{"source": link, "source_url": link, "name": name}],
            },
        }

    @property
    def _with_usage(self) -> bool:
        options = self._body.stream_options
        return options is not None and bool(options.include_usage)

    async def _usage(self) -> dict[str, int]:
        prompt = await self._workers.run(tokens.count, prompt_text(self._body.messages))
        written = await self._workers.run(tokens.count, self._content)
        return {
            "prompt_tokens": prompt,
            "completion_tokens": written,
            "total_tokens": prompt + written,
        }

    def _named(self, kind: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "id": self._id,
            "object": kind,
            "created": self._created,
            "model": self._body.model,
            "choices": choices,
        }

    def _chunk(self, delta: dict[str, Any], finish: str | None = None, **extension: Any) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        named = self._named("chat.completion.chunk", [choice])
        return sse(named | ({"usage": None} if self._with_usage else {}) | extension)
