"""``POST /v1/messages``: an answer in the shape of Anthropic's Messages.

One text block for each part that is cited, with ``char_location`` citations into the
articles, and a last block with what a reader needs to look at them. Documents are
the articles: those cited, in this order, then the others that were retrieved.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Any
from uuid import uuid4

import msgspec
from litestar import Request, Response, post, route
from litestar.di import NamedDependency
from litestar.exceptions import MethodNotAllowedException
from litestar.params import JSONBody

from indexer import tokens
from service.answer import Answer, Citation, Place
from service.api.admission import READ
from service.api.chat_failures import ANTHROPIC_HANDLERS, Failure, failure_of
from service.api.chat_models import mode_of
from service.api.chat_request import Message, links_for, prompt_text, question_of
from service.api.event_stream import event_stream, sse
from service.api.question_options import QuestionOptions
from service.api.sizes import CHAT_BYTES
from service.asking import Asker
from service.chat.cited_markdown import CitedMarkdown, title_of
from service.chat.words import words_for
from service.engine import Engine
from service.events import Complete, Passages, Sentence, Stopped
from service.question import Question
from service.workers import Workers

_PATH = "/v1/messages"

Block = dict[str, Any]


class MessagesBody(msgspec.Struct):
    """A conversation. Fields that are not listed are ignored, as clients send many."""

    model: str
    messages: list[Message]
    stream: bool | None = None
    fundstelle: QuestionOptions | None = None


@post(
    _PATH,
    opt=READ,
    status_code=200,
    request_max_body_size=CHAT_BYTES,
    summary="Ask the archive as a chat model (Anthropic's shape)",
    exception_handlers=ANTHROPIC_HANDLERS,
)
async def create_message(
    request: Request[Any, Any, Any],
    data: JSONBody[MessagesBody],
    asker: NamedDependency[Asker],
    engine: NamedDependency[Engine],
    workers: NamedDependency[Workers],
) -> Response[Any]:
    """Answer the last message of the user, with citations to the character."""
    question = question_of(data.messages, data.fundstelle, mode_of(data.model))
    asker.check(question)
    words = await workers.run(words_for, question.text)
    sent = await workers.run(tokens.count, prompt_text(data.messages))
    reply = _Reply(data.model, sent, CitedMarkdown(links_for(request, engine), words), workers)
    if data.stream:
        return await event_stream(
            reply.events(asker, question),
            lambda error: sse(failure_of(error).anthropic(), "error"),
        )
    return Response(await reply.whole(asker, question))


@route(
    _PATH,
    opt=READ,
    http_method=["GET", "PUT", "PATCH", "DELETE"],
    include_in_schema=False,
    exception_handlers=ANTHROPIC_HANDLERS,
)
async def no_message() -> None:
    """Any other method, told in the shape that the route's clients read."""
    raise MethodNotAllowedException(headers={"allow": "POST"})


class _Reply:
    """One message: its blocks as far as they are written, and the documents so far."""

    def __init__(self, model: str, sent: int, writer: CitedMarkdown, workers: Workers) -> None:
        self._model = model
        self._sent = sent
        self._writer = writer
        self._workers = workers
        self._id = f"msg_{uuid4().hex}"
        self._blocks: list[Block] = []
        self._documents: dict[str, Place] = {}

    async def whole(self, asker: Asker, question: Question) -> dict[str, Any]:
        """The message as one object."""
        async with aclosing(asker.events(question, hold=True)) as events:
            async for event in events:
                match event:
                    case Sentence():
                        if event.start == 0:  # what was written before does not stand
                            self._restart()
                        list(self._cited(event))
                    case Complete(answer):
                        if answer.answer is None:
                            self._restart()
                        list(self._ending(answer))
                        return (
                            self._message(self._blocks, await self._written())
                            | {"stop_reason": "end_turn"}
                            | self._extensions(answer)
                        )
        raise AssertionError("held events end with the answer")

    async def events(self, asker: Asker, question: Question) -> AsyncGenerator[bytes, None]:
        """The same as Server-Sent Events, the first once passages are found."""
        async with aclosing(asker.events(question)) as events:
            async for event in events:
                match event:
                    case Passages():
                        yield _sent("message_start", message=self._message([], 0))
                        yield _sent("ping")
                    case Sentence():
                        for block in self._cited(event):
                            for piece in self._streamed(block):
                                yield piece
                    case Complete(answer):
                        for block in self._ending(answer):
                            for piece in self._streamed(block):
                                yield piece
                        yield _sent(
                            "message_delta",
                            delta={"stop_reason": "end_turn", "stop_sequence": None},
                            usage={"output_tokens": await self._written()},
                            **self._extensions(answer),
                        )
                        yield _sent("message_stop")
                    case Stopped(_, detail):
                        yield sse(Failure(502, detail).anthropic(), "error")

    def _restart(self) -> None:
        self._blocks.clear()
        self._documents.clear()

    def _cited(self, sentence: Sentence) -> Iterator[Block]:
        for segment in self._writer.segments(sentence):
            yield self._block(segment.markdown, [self._location(c) for c in segment.citations])

    def _ending(self, answer: Answer) -> Iterator[Block]:
        ending = self._writer.ending(answer, linked=True)
        if ending:
            yield self._block(ending, [])

    def _block(self, text: str, citations: list[dict[str, Any]]) -> Block:
        self._blocks.append({"type": "text", "text": text, "citations": citations or None})
        return self._blocks[-1]

    def _location(self, citation: Citation) -> dict[str, Any]:
        source = citation.source
        self._documents.setdefault(source.article_id, source)
        return {
            "type": "char_location",
            "cited_text": source.quote,
            "document_index": list(self._documents).index(source.article_id),
            "document_title": title_of(source),
            "start_char_index": source.start,
            "end_char_index": source.end,
        }

    def _streamed(self, block: Block) -> Iterator[bytes]:
        index = len(self._blocks) - 1
        empty = block | {"text": "", "citations": [] if block["citations"] else None}
        yield _sent("content_block_start", index=index, content_block=empty)
        text = {"type": "text_delta", "text": block["text"]}
        yield _sent("content_block_delta", index=index, delta=text)
        for citation in block["citations"] or []:
            delta = {"type": "citations_delta", "citation": citation}
            yield _sent("content_block_delta", index=index, delta=delta)
        yield _sent("content_block_stop", index=index)

    async def _written(self) -> int:
        return await self._workers.run(tokens.count, "".join(b["text"] for b in self._blocks))

    def _extensions(self, answer: Answer) -> dict[str, Any]:
        for passage in answer.passages:
            self._documents.setdefault(passage.article_id, passage)
        documents = [
            {"document_index": i, "article_id": p.article_id, "title": title_of(p), "url": p.url}
            for i, p in enumerate(self._documents.values())
        ]
        return {"fundstelle": answer, "fundstelle_documents": documents}

    def _message(self, blocks: list[Block], written: int) -> dict[str, Any]:
        return {
            "id": self._id,
            "type": "message",
            "role": "assistant",
            "model": self._model,
            "content": blocks,
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {"input_tokens": self._sent, "output_tokens": written},
        }


def _sent(kind: str, **fields: Any) -> bytes:
    return sse({"type": kind, **fields}, kind)
