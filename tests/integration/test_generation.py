"""Generated answers: what a chat model writes is checked, and whatever it does ends well.

Models and store are the real ones. The chat model is a scripted server over a real
socket where a test needs certain words or failures, and SmolLM2 where it needs none.
"""

from __future__ import annotations

import asyncio
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from indexer.settings import ArchiveSettings
from service.answer import Answer
from service.asking import Asker
from service.conversation import Turn
from service.engine import Engine
from service.errors import QuestionError
from service.events import Complete, Event, Passages, Sentence, Stopped
from service.question import parse_question
from service.settings import ServiceSettings
from service.workers import Workers
from tests.chat_servers import (
    CUT,
    Script,
    Status,
    Step,
    Wait,
    content,
    finished,
    free_port,
    numbered,
    pieces,
    says,
    scripted,
    serving_smollm2,
    smollm2_folder,
)
from tests.integration.conftest import Finished, read

pytestmark = pytest.mark.model

QUESTION = "Who is excluded from the talks?"
TRUE = "Kyiv and Europe are not sitting at the table in these talks [{Kiew und Europa sitzen}]."
LIMIT_S = 3.0
# What may pass before a chat model is asked, and after it failed, on a busy machine.
LEEWAY_S = 5.0


@pytest.fixture(scope="module")
def engine(
    seed_index: tuple[Path, Finished], tmp_path_factory: pytest.TempPathFactory, cache: Path
) -> Iterator[Engine]:
    index = shutil.copytree(seed_index[0], tmp_path_factory.mktemp("generation") / "index")
    with Engine(ArchiveSettings(index=Path(index), cache=cache)) as opened:
        opened.warm()
        with opened.reading() as archive:  # loaded before anything is timed
            assert archive.support_judge is not None
        yield opened


@pytest.fixture(scope="module")
def smollm2(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address and the name of a real chat model."""
    log = tmp_path_factory.mktemp("smollm2") / "log"
    with serving_smollm2(smollm2_folder(cache / "test-smollm2"), log) as served:
        yield served


def settings(url: str, **more: Any) -> ServiceSettings:
    return ServiceSettings(
        **{"llm_url": url, "llm_model": "scripted", "llm_timeout": LIMIT_S} | more
    )


def events(
    engine: Engine, url: str, question: str = QUESTION, *, asked: Any = None, **more: Any
) -> list[Event]:
    """All that a stream shows."""

    async def collect() -> list[Event]:
        asker = Asker(engine, Workers(2), settings(url, **more))
        try:
            return [e async for e in asker.events(parse_question(question, **asked or {}))]
        finally:
            await asker.close()

    return asyncio.run(collect())


def answer(
    engine: Engine, url: str, question: str = QUESTION, *, asked: Any = None, **more: Any
) -> Answer:
    """The whole answer."""

    async def ask() -> Answer:
        asker = Asker(engine, Workers(2), settings(url, **more))
        try:
            return await asker.answer(parse_question(question, **asked or {}))
        finally:
            await asker.close()

    return asyncio.run(ask())


@pytest.fixture(scope="module")
def extractive(engine: Engine) -> Answer:
    """What stands in where the chat model's answer does not hold."""
    return engine.answer(parse_question(QUESTION))


def same_but_mode(one: Answer, other: Answer) -> bool:
    return (one.answer, one.citations) == (other.answer, other.citations)


def sent(shown: list[Event]) -> str:
    return "".join(e.text for e in shown if isinstance(e, Sentence))


class TestChecked:
    def test_scripted_sentence_is_cited_to_the_character(self, engine: Engine, seeds: Path) -> None:
        with scripted(says(TRUE)) as server:
            given = answer(engine, server.url)
        assert (given.mode, given.status, given.fallback_reason) == ("generative", "answered", None)
        assert given.answer is not None
        assert given.answer.text == "Kyiv and Europe are not sitting at the table in these talks."
        assert given.answer.language == "en"
        (citation,) = given.citations
        source = citation.source
        assert citation.verified
        assert (citation.answer.start, citation.answer.end) == (0, len(given.answer.text))
        assert source.quote == "Kiew und Europa sitzen bei diesen Gesprächen nicht am Tisch."
        assert read(seeds / source.article_id)[source.start : source.end] == source.quote

    def test_scripted_sentences_that_no_passage_supports_are_dropped(self, engine: Engine) -> None:
        false = "The plan was drawn up by 400 Chinese generals in Paris in 1987 [1]. "
        with scripted(says(TRUE + " " + false)) as server:
            given = answer(engine, server.url)
        assert given.answer is not None
        assert "Chinese" not in given.answer.text
        assert "Kyiv" in given.answer.text

    def test_scripted_sentences_without_support_are_flagged_where_asked(
        self, engine: Engine
    ) -> None:
        false = "The plan was drawn up by 400 Chinese generals in Paris in 1987 [1]."
        with scripted(says(f"{false} {TRUE}")) as server:
            shown = events(engine, server.url, unverified="flag")
        sentences = [e for e in shown if isinstance(e, Sentence)]
        assert [all(c.verified for c in s.citations) for s in sentences] == [False, True]
        last = shown[-1]
        assert isinstance(last, Complete)
        assert last.answer.answer is not None
        assert sent(shown) == last.answer.answer.text

    def test_scripted_falsehoods_alone_leave_the_extractive_answer(
        self, engine: Engine, extractive: Answer
    ) -> None:
        for way in ("drop", "flag"):
            with scripted(says("The plan was drawn up by 400 Chinese generals in 1987 [1].")) as s:
                given = answer(engine, s.url, unverified=way)
            assert given.mode == "extractive"
            assert (given.fallback_reason or "").startswith("unverified:")
            assert same_but_mode(given, extractive)

    def test_scripted_marker_of_the_wrong_passage_is_put_right(self, engine: Engine) -> None:
        with scripted(says(TRUE.replace("{Kiew und Europa sitzen}", "99"))) as server:
            (citation,) = answer(engine, server.url).citations
        assert citation.source.article_id == "28-punkte-plan.txt"

    def test_scripted_words_in_quotation_marks_must_stand_in_the_article(
        self, engine: Engine
    ) -> None:
        quote = "Kiew und Europa sitzen bei diesen Gesprächen"
        real = f"In the article's words, “{quote} nicht am Tisch” [{{Kiew und Europa sitzen}}]."
        with scripted(says(real)) as server:
            assert answer(engine, server.url).mode == "generative"
        with scripted(says(real.replace("nicht", "heute nicht"))) as server:
            assert answer(engine, server.url).mode == "extractive"

    def test_scripted_stream_sends_each_sentence_once_it_is_checked(self, engine: Engine) -> None:
        second = "Nothing is known of what the 28 points demand in detail [{Was die 28 Punkte}]."
        gate = threading.Event()

        def script(request: dict[str, Any]) -> Iterator[Step]:
            yield from pieces(numbered(f"{TRUE} {second[:20]}", request))
            assert gate.wait(30), "the first sentence was not shown while the second was written"
            yield from pieces(numbered(second[20:], request))
            yield finished()

        async def collect(url: str) -> list[Event]:
            asker = Asker(engine, Workers(2), settings(url, llm_timeout=60.0))
            shown: list[Event] = []
            async for event in asker.events(parse_question(QUESTION)):
                shown.append(event)
                if isinstance(event, Sentence):
                    gate.set()
            await asker.close()
            return shown

        with scripted(script) as server:
            shown = asyncio.run(collect(server.url))
        assert isinstance(shown[0], Passages)
        last = shown[-1]
        assert isinstance(last, Complete)
        assert last.answer.answer is not None
        assert sent(shown) == last.answer.answer.text
        assert [c.id for c in last.answer.citations] == [1, 2]
        for sentence in (e for e in shown if isinstance(e, Sentence)):
            for citation in sentence.citations:
                part = last.answer.answer.text[citation.answer.start : citation.answer.end]
                assert part
                assert part in sentence.text

    def test_scripted_answer_holds_what_the_prompt_said(self, engine: Engine) -> None:
        with scripted(says(TRUE)) as server:
            answer(engine, server.url, asked={"top_k": 3})
            answer(engine, server.url, asked={"top_k": 3}, llm_context_tokens=64)
            answer(engine, server.url, "Wer sitzt nicht am Tisch?")
        first, small, german = (request["messages"] for request in server.requests)
        assert first[-1]["content"].count("\n> ") > small[-1]["content"].count("\n> ")
        assert "[3]" in first[-1]["content"]
        assert "[2]" not in small[-1]["content"]
        assert "in English" in first[0]["content"]
        assert "auf Deutsch" in german[0]["content"]

    def test_scripted_server_gets_only_the_key_it_was_given(
        self, engine: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("OPENAI_API_KEY", "not-for-you")
        monkeypatch.setenv("OPENAI_ORG_ID", "nor-this")
        with scripted(says(TRUE)) as server:
            answer(engine, server.url)
            answer(engine, server.url, llm_api_key="s3cret")
        assert server.headers[0]["authorization"] == "Bearer none"
        assert "nor-this" not in str(server.headers)
        assert server.headers[1]["authorization"] == "Bearer s3cret"
        assert "s3cret" not in repr(settings(server.url, llm_api_key="s3cret"))


def _hang(_: dict[str, Any]) -> Iterator[Step]:
    yield Wait(60)


def _drip(_: dict[str, Any]) -> Iterator[Step]:
    while True:
        yield "x"
        yield Wait(0.2)


def _cut_at_once(_: dict[str, Any]) -> Iterator[Step]:
    yield "Kyiv and"
    yield CUT


def _no_finish(_: dict[str, Any]) -> Iterator[Step]:
    yield "Kyiv and Europe are"


def _error_event(_: dict[str, Any]) -> Iterator[Step]:
    yield "Kyiv"
    yield b'data: {"error": {"message": "out of memory", "code": 500}}\n\n'


def _filtered(_: dict[str, Any]) -> Iterator[Step]:
    yield content("Kyiv", "content_filter")


def _sends(*steps: Step) -> Script:
    return lambda _: iter(steps)


FAILURES: list[tuple[str, str, Script]] = [
    ("hangs", "timeout", _hang),
    ("drips", "timeout", _drip),
    ("server error", "refused", _sends(Status(500))),
    ("overloaded", "refused", _sends(Status(429))),
    ("bad key", "refused", _sends(Status(401))),
    ("unknown model", "refused", _sends(Status(404, b"not found", "text/plain"))),
    ("error event", "refused", _error_event),
    ("content filter", "refused", _filtered),
    ("cut off", "cut_off", _cut_at_once),
    ("no finish", "cut_off", _no_finish),
    ("empty stream", "cut_off", _sends(b"data: [DONE]\n\n")),
    ("web page", "cut_off", _sends(Status(200, b"<html>Welcome</html>", "text/html"))),
    ("no words", "nonsense", _sends(finished())),
    ("broken json", "nonsense", _sends(b"data: {nope\n\n")),
    ("binary", "nonsense", _sends(b"data: \xff\xfe\x00\n\n")),
    ("wrong shape", "nonsense", _sends(b'data: {"choices": [{"delta": 7}]}\n\n', finished())),
    ("endless word", "nonsense", _sends(*["la" * 100] * 50, finished())),
    ("only markers", "nonsense", says("[1] [2] [3]")),
    ("declines", "declined", says("NO_ANSWER")),
    ("only thinks", "nonsense", says("<think>Kyiv and Europe are not at the table [1].")),
]


class TestFailing:
    @pytest.mark.parametrize(
        ("reason", "script"),
        [pytest.param(reason, script, id=name) for name, reason, script in FAILURES],
    )
    @pytest.mark.parametrize("stream", [True, False])
    def test_scripted_failure_leaves_the_extractive_answer_and_says_why(
        self, engine: Engine, extractive: Answer, reason: str, script: Script, *, stream: bool
    ) -> None:
        started = time.monotonic()
        with scripted(script) as server:
            if stream:
                shown = events(engine, server.url)
                assert isinstance(shown[-1], Complete)
                given = shown[-1].answer
                assert sent(shown) == (given.answer.text if given.answer else "")
            else:
                given = answer(engine, server.url)
        assert time.monotonic() - started < LIMIT_S + LEEWAY_S
        assert (given.fallback_reason or "").split(":")[0] == reason
        assert given.mode == "extractive"
        assert same_but_mode(given, extractive)

    def test_nothing_listens(self, engine: Engine, extractive: Answer) -> None:
        given = answer(engine, f"http://127.0.0.1:{free_port()}/v1")
        assert (given.fallback_reason or "").startswith("unreachable:")
        assert same_but_mode(given, extractive)

    @pytest.mark.parametrize(
        ("then", "reason"),
        [
            ([CUT], "cut_off"),
            ([Wait(60)], "timeout"),
            ([b"data: {nope\n\n"], "nonsense"),
            ([b'data: {"error": {"message": "out of memory"}}\n\n'], "refused"),
            ([content("", "content_filter")], "refused"),
        ],
    )
    def test_scripted_failure_after_a_sentence_stops_the_stream_with_its_reason(
        self, engine: Engine, extractive: Answer, then: list[Step], reason: str
    ) -> None:
        def script(request: dict[str, Any]) -> Iterator[Step]:
            yield from pieces(numbered(TRUE, request) + " Moscow has agreed to ev")
            yield from then

        with scripted(script) as server:
            shown = events(engine, server.url, llm_timeout=LIMIT_S + 3)
            whole = answer(engine, server.url, llm_timeout=LIMIT_S + 3)
        assert isinstance(shown[-1], Stopped)
        assert shown[-1].reason == reason
        assert sent(shown) == "Kyiv and Europe are not sitting at the table in these talks."
        assert not any(isinstance(event, Complete) for event in shown)
        # Nothing had been shown yet: the whole answer is the extractive one.
        assert (whole.fallback_reason or "").startswith(f"{reason}:")
        assert same_but_mode(whole, extractive)

    def test_scripted_answer_that_reached_its_length_keeps_its_whole_sentences(
        self, engine: Engine
    ) -> None:
        def script(request: dict[str, Any]) -> Iterator[Step]:
            yield from pieces(numbered(TRUE, request) + " Moscow has agreed to ev")
            yield finished("length")

        with scripted(script) as server:
            given = answer(engine, server.url)
        assert given.answer is not None
        assert given.answer.text == "Kyiv and Europe are not sitting at the table in these talks."

    def test_scripted_server_is_let_go_when_the_reader_leaves(self, engine: Engine) -> None:
        def script(request: dict[str, Any]) -> Iterator[Step]:
            yield from pieces(numbered(TRUE, request) + " And then it goes on and on")
            while True:
                yield Wait(0.05)
                yield " and on"

        async def leave_early(url: str) -> None:
            asker = Asker(engine, Workers(2), settings(url, llm_timeout=60.0))
            stream = asker.events(parse_question(QUESTION))
            async for event in stream:
                if isinstance(event, Sentence):
                    break
            await stream.aclose()
            await asker.close()

        with scripted(script) as server:
            asyncio.run(leave_early(server.url))
            assert server.hung_up.wait(5), "the chat model was left writing for nobody"


class TestModes:
    def test_generative_needs_a_chat_model(self, engine: Engine) -> None:
        async def ask() -> Answer:
            asker = Asker(engine, Workers(2), ServiceSettings())
            return await asker.answer(parse_question(QUESTION, mode="generative"))

        with pytest.raises(QuestionError, match="FUNDSTELLE_LLM_URL"):
            asyncio.run(ask())

    def test_scripted_model_is_not_asked_for_an_extractive_answer(self, engine: Engine) -> None:
        with scripted(says(TRUE)) as server:
            given = answer(engine, server.url, asked={"mode": "extractive"})
        assert given.mode == "extractive"
        assert not server.requests

    def test_scripted_model_is_not_asked_where_nothing_comes_near(self, engine: Engine) -> None:
        question = "What did a barrel of crude oil cost in Rotterdam in 1974?"
        with scripted(says(TRUE)) as server:
            given = answer(engine, server.url, question)
            assert not server.requests
            assert given.status == "unanswerable"
            assert (given.fallback_reason or "").startswith("irrelevant:")
            answer(engine, server.url, question, generation_threshold=0.0)
            assert server.requests


class TestConversation:
    HISTORY = (
        Turn("user", "Who is Witkoff close to?"),
        Turn("assistant", "Präsident Donald Trump"),
    )

    def test_scripted_model_makes_a_follow_up_self_contained(self, engine: Engine) -> None:
        def script(request: dict[str, Any]) -> Iterator[Step]:
            if "Last question" in request["messages"][-1]["content"]:
                yield from pieces("Who is Kirill Dmitrijew close to?")
                yield finished()
            else:
                text = "Dmitrijew is close to the Russian president Putin [{Dmitrijew steht}]."
                yield from says(text)(request)

        with scripted(script) as server:
            given = answer(
                engine,
                server.url,
                "And Dmitrijew?",
                asked={"history": self.HISTORY},
                llm_timeout=20.0,
            )
        assert given.question == "And Dmitrijew?"
        assert given.rewritten_question == "Who is Kirill Dmitrijew close to?"
        assert given.mode == "generative"
        assert "Putin" in given.citations[0].source.quote

    @pytest.mark.parametrize("written", ["", "1. One\n2. Two", "x" * 900, "NO"])
    def test_scripted_nonsense_is_no_rewriting(self, engine: Engine, written: str) -> None:
        def script(request: dict[str, Any]) -> Iterator[Step]:
            if "Last question" in request["messages"][-1]["content"]:
                yield from pieces(written, 50)
            yield finished()

        with scripted(script) as server:
            given = answer(engine, server.url, asked={"history": self.HISTORY})
        assert written == "" or given.rewritten_question != written


class TestSmolLM2:
    """A real chat model over real HTTP: weak, so that only the promises are held to."""

    def test_every_sentence_that_is_shown_is_verified(
        self, engine: Engine, smollm2: tuple[str, str], seeds: Path
    ) -> None:
        url, model = smollm2
        given = answer(
            engine,
            url,
            asked={"top_k": 1},
            llm_model=model,
            llm_timeout=120.0,
            llm_max_tokens=60,
            llm_context_tokens=64,
        )
        assert given.status == "answered"
        # The model was reached and wrote: nothing but its words was at fault, if anything.
        assert (given.fallback_reason or "unverified").split(":")[0] in ("unverified", "declined")
        for citation in given.citations:
            source = citation.source
            assert citation.verified
            assert read(seeds / source.article_id)[source.start : source.end] == source.quote
