"""Articles that say the same are cited together, those that contradict each other told as such.

The articles of ``tests/data/contradictions`` were written for this: two report nine and
fourteen injured, a third one repeats the fourteen in English.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer import sources
from indexer.settings import ArchiveSettings
from service import terminal
from service.answer import Answer
from service.chat.cited_markdown import CitedMarkdown
from service.chat.reader_links import ReaderLinks
from service.chat.words import words_for
from service.engine import Engine
from service.mcp_texts import told
from service.question import parse_question
from tests.services import read

pytestmark = pytest.mark.model

_ARTICLES = Path(__file__).parents[1] / "data" / "contradictions"
_INJURED = "How many people were injured in the rockfall of Grauhorn?"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Iterator[Engine]:
    """An archive of the articles."""
    index = tmp_path_factory.mktemp("contradictions") / "index"
    with Engine(ArchiveSettings(index=index, cache=cache), create=True) as opened:
        for source in sources.resolve([str(_ARTICLES)]):
            opened.index(sources.read(source))
        yield opened


def _ask(engine: Engine, question: str, **options: object) -> Answer:
    return engine.answer(parse_question(question, **options))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def contradicted(engine: Engine) -> Answer:
    """The answer to the question that articles answer differently."""
    return _ask(engine, _INJURED)


def test_the_newest_answers_with_who_agrees(contradicted: Answer) -> None:
    assert contradicted.answer is not None
    assert contradicted.answer.text == "14"
    assert [c.source.article_id for c in contradicted.citations] == [
        "rockfall.txt",
        "felsrutsch-2.txt",
    ]
    assert contradicted.citations[1].source.quote.startswith("vierzehn")
    assert all(c.verified and c.support > 0.6 for c in contradicted.citations)
    # Every citation is for the whole answer.
    assert {(c.answer.start, c.answer.end) for c in contradicted.citations} == {(0, 2)}


def test_who_says_otherwise_is_told_with_its_place(contradicted: Answer) -> None:
    (other,) = contradicted.other_answers
    assert other.source.article_id == "felsrutsch-1.txt"
    assert other.answer.text.startswith("neun")
    assert other.source.published_at == "2024-05-03"
    assert other.confidence >= 0.9
    for source in [other.source, *(c.source for c in contradicted.citations)]:
        text = read(_ARTICLES / source.article_id)
        assert text[source.start : source.end] == source.quote


def test_every_door_tells_of_it(contradicted: Answer, capsys: pytest.CaptureFixture[str]) -> None:
    terminal.show_answer(contradicted)
    shown = capsys.readouterr().out
    assert "Other articles contradict this:" in shown
    assert "neun" in shown.partition("contradict")[2]
    assert "neun" in told(contradicted).partition("Other articles contradict this")[2]
    markdown = CitedMarkdown(ReaderLinks("http://x"), words_for(_INJURED))
    ending = markdown.ending(contradicted).partition("Other articles say otherwise:")[2]
    assert "neun" in ending
    assert "/read/felsrutsch-1" in ending


def test_an_article_that_a_filter_leaves_out_says_nothing(engine: Engine) -> None:
    answer = _ask(engine, _INJURED, published_before="2024-05-04")
    assert answer.answer is not None
    assert answer.answer.text.startswith("neun")
    assert answer.other_answers == []
    assert len(answer.citations) == 1


@pytest.mark.parametrize(
    "question",
    [
        # Another event, of which another number is told.
        "How many people were injured by the avalanche on Weisskogel?",
        # "Rund 3.000" and "about 2,500": neither commits itself.
        "How many people came to the opening of the Lorn bridge?",
        # It names no event: the numbers may be those of several.
        "Wie viele Menschen wurden verletzt?",
    ],
)
def test_no_false_alarm(engine: Engine, question: str) -> None:
    answer = _ask(engine, question)
    assert answer.status == "answered"
    assert answer.other_answers == []


def test_one_passage_to_show_is_the_one_that_is_cited(engine: Engine) -> None:
    answer = _ask(engine, _INJURED, top_k=1)
    assert [p.article_id for p in answer.passages] == ["rockfall.txt"]
    assert [c.source.article_id for c in answer.citations] == ["rockfall.txt"]
    assert answer.other_answers == []
