"""A question → what every door shows of its answer, as it comes. The flow on one screen.

Retrieve and read as ``answering.py`` does; where a chat model is to write, let it,
show each sentence once it is checked, and fall back to the extractive answer when
nothing of it holds. Writing, reading what was written, and checking are left to
the modules of ``service/writing``.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import partial

from msgspec import structs

from indexer.article import Span
from indexer.language import detect
from service.answer import Answer, AnswerText, Mode
from service.answering import timings
from service.conversation import self_contained
from service.draining import Draining
from service.engine import Engine
from service.errors import GenerationFailed, QuestionError
from service.events import Complete, Event, Passages, Sentence, Stopped
from service.finding import Finding, found_passages, unread
from service.open_archive import OpenArchive
from service.question import MOST_CHARACTERS, Question, heed_dates
from service.settings import ServiceSettings
from service.telemetry.record import answered, asked, fell_back, judged, stage
from service.workers import Workers
from service.writing import prompt
from service.writing.citations import Checker, Draft, NumberedPassage
from service.writing.claims import Claim, ClaimReader
from service.writing.generation import ChatModel, Message, chat_model

_LOG = logging.getLogger(__name__)
_REWRITING = 0.25  # of the time limit
_EXPECTED = ("declined", "irrelevant", "unverified")


@dataclass(frozen=True)
class _Work:
    """A question on its way: as it was asked, and as it is looked up."""

    original: Question
    question: Question
    archive: OpenArchive
    finding: Finding
    started: float
    read: float = field(default_factory=time.perf_counter)

    def finished(self, answer: Answer) -> Answer:
        rewritten = self.question.text if self.question is not self.original else None
        return structs.replace(answer, question=self.original.text, rewritten_question=rewritten)


class Asker:
    """Answers questions on an event loop; what is slow runs in ``workers``."""

    def __init__(
        self,
        engine: Engine,
        workers: Workers,
        settings: ServiceSettings,
        draining: Draining | None = None,
    ) -> None:
        self._engine = engine
        self._workers = workers
        self._settings = settings
        self._draining = draining or Draining()
        self._chat_model = chat_model(settings)

    def check(self, question: Question) -> None:
        """Raise QuestionError where it can't be answered in the mode it asks for."""
        self._mode(question)

    async def answer(self, question: Question) -> Answer:
        """The whole answer. Raises what ``check`` raises."""
        async with aclosing(self.events(question, hold=True)) as events:
            async for event in events:
                if isinstance(event, Complete):
                    return event.answer
        raise AssertionError("events end with the answer where nothing is shown before")

    async def events(
        self, question: Question, *, hold: bool = False
    ) -> AsyncGenerator[Event, None]:
        """What may be shown, as soon as it may be: see ``service.events``.

        With ``hold`` nothing is shown before the end: a chat model that fails half-way
        then leaves the extractive answer, not a part of its own. Raises ServiceStopping where
        the service ends before the answer does.
        """
        asked(question.text)
        async with aclosing(self._events(question, hold=hold)) as events:
            while True:
                async with self._draining.answer():
                    event = await anext(events, None)
                if event is None:
                    return
                match event:
                    case Complete(answer):
                        answered(answer, self._settings.threshold)
                    case Stopped(reason):
                        fell_back(reason, stopped=True)
                yield event

    async def _events(self, question: Question, *, hold: bool) -> AsyncGenerator[Event, None]:
        started = time.perf_counter()
        mode = self._mode(question)
        with self._engine.reading() as archive:
            answerer = await self._workers.run(lambda: archive.answerer)
            alone = await self._self_contained(question, mode)
            retrieved = await self._workers.run(answerer.retrieve, alone)
            yield Passages(found_passages(unread(retrieved)[: alone.top_k], retrieved.articles))
            # A chat model is shown several passages, so their order counts and not just the first.
            read = partial(answerer.read, thorough=mode == "generative")
            finding = await self._workers.run(read, alone, retrieved)
            work, reason = _Work(question, alone, archive, finding, started), None
            if mode == "generative" and finding.ranked:
                draft = Draft(flag=self._settings.unverified == "flag")
                try:
                    async with aclosing(self._write(work, draft)) as written:
                        async for sentence in written:
                            yield sentence
                    yield Complete(work.finished(_written(work, draft)))
                    return
                except GenerationFailed as failure:
                    level = logging.INFO if failure.reason in _EXPECTED else logging.WARNING
                    # The detail may repeat what the model was sent.
                    _LOG.log(level, "the chat model's answer was not used: %s", failure.reason)
                    if draft.sentences and not hold:
                        yield Stopped(failure.reason, failure.detail)
                        return
                    fell_back(failure.reason, stopped=False)
                    reason = str(failure)
            answer = work.finished(
                await self._workers.run(answerer.conclude, alone, finding, started)
            )
            if answer.answer is not None:
                yield Sentence(0, answer.answer.text, answer.citations)
            yield Complete(structs.replace(answer, fallback_reason=reason))

    async def close(self) -> None:
        """Let go of the chat model."""
        if self._chat_model is not None:
            await self._chat_model.close()

    def _mode(self, question: Question) -> Mode:
        if self._chat_model is not None:
            return "extractive" if question.mode == "extractive" else "generative"
        if question.mode == "generative":
            raise QuestionError(
                "mode",
                "no chat model is configured; set FUNDSTELLE_LLM_URL and FUNDSTELLE_LLM_MODEL, "
                "or use extractive or auto",
            )
        return "extractive"

    async def _self_contained(self, question: Question, mode: Mode) -> Question:
        """The question as it can be understood without the conversation before it."""
        if not question.history:
            return question
        rewritten = None
        if mode == "generative" and self._chat_model is not None:
            messages = prompt.rewrite_messages(question.text, question.history)
            within = _REWRITING * self._settings.llm_timeout
            try:
                rewritten = _one_question(await self._chat_model.complete(messages, within=within))
            except GenerationFailed as failure:
                _LOG.warning("the chat model did not rewrite a question: %s", failure.reason)
        if rewritten is None:
            rewritten = self_contained(question.text, question.history)
        if rewritten is None or rewritten == question.text:
            return question
        return heed_dates(replace(question, text=rewritten[:MOST_CHARACTERS]))

    async def _write(self, work: _Work, draft: Draft) -> AsyncGenerator[Sentence, None]:
        """The checked sentences of the chat model's answer. Raises GenerationFailed."""
        if self._chat_model is None:
            raise AssertionError("only a chat model writes")
        question, settings = work.question, self._settings
        if work.finding.confidence < settings.generation_threshold:
            # A model that is weak at declining would write something true, and beside the point.
            raise GenerationFailed("irrelevant", "no passage comes near an answer")
        language = detect(question.text)
        passages = await self._workers.run(self._numbered, work)
        judge = await self._workers.run(lambda: work.archive.support_judge)
        checker = Checker(judge, passages, threshold=settings.support_threshold)
        messages = prompt.answer_messages(
            question.text,
            [(p.stored.article.heading, p.text) for p in passages],
            language,
            question.now,
        )
        # While the chat model begins to write, so that its first sentence doesn't wait for it.
        prepared = asyncio.create_task(self._workers.run(checker.prepare))
        within = settings.llm_timeout * (1 - _REWRITING if question.history else 1)
        written = 0
        try:
            async with aclosing(_claims(self._chat_model, messages, language, within)) as claims:
                async for claim in claims:
                    await prepared
                    written += 1
                    with stage("verify"):
                        sentence = await self._workers.run(checker.check, claim)
                    judged(draft.verdict(sentence))
                    for shown in draft.add(sentence, new_line=claim.new_line):
                        yield shown
        finally:
            await asyncio.wait([prepared])
        if not draft.sentences:
            raise _nothing_held(written)

    def _numbered(self, work: _Work) -> list[NumberedPassage]:
        """What the chat model is shown: the first passages within the budget."""
        shown = work.finding.shown(work.question.top_k)
        budget = self._settings.llm_context_tokens
        shown = shown[: prompt.within_budget([r.candidate.text for r in shown], budget)]
        finding = work.finding
        copies = [finding.copies(r) for r in shown]
        found = work.archive.store.articles(
            list({r.candidate.article_id for r in shown}.union(*copies))
        )
        return [
            NumberedPassage(
                found[c.article_id], Span(c.start, c.end), tuple(finding.current(ids, found))
            )
            for c, ids in ((r.candidate, ids) for r, ids in zip(shown, copies, strict=True))
            if c.article_id in found and found[c.article_id].version == c.version
        ]


async def _claims(
    model: ChatModel, messages: Sequence[Message], language: str | None, within: float
) -> AsyncGenerator[Claim, None]:
    reader = ClaimReader(language)
    async with aclosing(model.stream(messages, within=within)) as pieces:
        async for piece in pieces:
            for claim in reader.feed(piece):
                yield claim
    for claim in reader.finish():
        yield claim


def _written(work: _Work, draft: Draft) -> Answer:
    verified = [c.support for c in draft.citations if c.verified]
    spent = 1000 * (time.perf_counter() - work.read)
    return Answer(
        question=work.original.text,
        status="answered",
        mode="generative",
        answer=AnswerText(draft.text, detect(draft.text)),
        confidence=round(sum(verified) / len(verified), 4),
        citations=draft.citations,
        passages=found_passages(work.finding.shown(work.question.top_k), work.finding.articles),
        filters=work.question.heeded,
        timings_ms=timings(work.finding.timings_ms | {"write": spent}, work.started),
    )


def _nothing_held(claims: int) -> GenerationFailed:
    if claims == 0:
        return GenerationFailed("nonsense", "the chat model wrote no sentence")
    return GenerationFailed(
        "unverified", f"the passages support none of the chat model's {claims} sentences"
    )


def _one_question(written: str) -> str | None:
    """What a model wrote when asked for a question, None where it is none."""
    lines = [line.strip(" \t\"'„“”*") for line in written.splitlines() if line.strip()]
    return lines[0] if len(lines) == 1 and 3 <= len(lines[0]) <= 500 else None
