"""The main job on real input: a publisher's article, and 850 news articles with questions.

The articles are not ours to ship, so these tests skip where they are not at hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer import sources
from indexer.settings import ArchiveSettings
from service.answer import Answer
from service.engine import Engine
from service.evaluation import parse_questions
from service.question import parse_question

pytestmark = pytest.mark.model


def _index(folder: Path, index: Path, cache: Path) -> Engine:
    engine = Engine(ArchiveSettings(index=index, cache=cache), create=True)
    for source in sources.resolve([str(folder)]):
        engine.index(sources.read(source))
    return engine


@pytest.fixture(scope="module")
def engine(shared: Path, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with _index(shared / "seeds", tmp_path_factory.mktemp("main") / "index", cache) as engine:
        yield engine


def _ask(engine: Engine, question: str) -> Answer:
    return engine.answer(parse_question(question))


@pytest.mark.parametrize(
    "question",
    ["Who is excluded from the talks?", "Wer ist von den Gesprächen ausgeschlossen?"],
)
def test_who_is_excluded_is_answered_with_exact_offsets(
    engine: Engine, shared: Path, question: str
) -> None:
    answer = _ask(engine, question)
    assert answer.status == "answered"
    source = answer.citations[0].source
    assert any(name in source.quote for name in ("Kiew", "Europa", "Europäer"))
    with (shared / "seeds" / source.article_id).open(encoding="utf-8", newline="") as file:
        assert file.read()[source.start : source.end] == source.quote


def test_what_the_article_does_not_say_is_not_answered(engine: Engine) -> None:
    answer = _ask(engine, "What is the price of oil?")
    assert answer.status == "unanswerable"
    assert answer.answer is None
    assert answer.passages


@pytest.mark.long
def test_news_questions_find_their_articles_and_answers(
    shared: Path, cache: Path, tmp_path: Path
) -> None:
    file = shared / "eval" / "wikinews-dev.jsonl"
    with _index(shared / "corpora" / "wikinews-de", tmp_path / "index", cache) as engine:
        assert engine.status()["articles"] == 850
        evaluation = engine.evaluate(parse_questions(file.read_bytes().splitlines(), str(file)))
    figures = evaluation.to_json()["by_language"]
    for language in ("de", "en"):
        assert figures[language]["article_recall_at_1"] >= 0.97
        assert figures[language]["span_f1"] >= 0.60
