"""Lines of question files become articles and questions, or an error that names the line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from indexer.article import Article, Span
from training.errors import TrainingError
from training.question_files import Material, add_about, add_texts, articles_of

_TEXT = "Die Fähre nach Hallig Oland fährt um 9 Uhr, die Fähre zurück um 17 Uhr."


def lines(*found: dict[str, Any]) -> list[tuple[int, bytes]]:
    return [(number, json.dumps(line).encode()) for number, line in enumerate(found, start=1)]


def about(line: dict[str, Any]) -> Material:
    material = Material()
    add_about(material, lines(line), "q.jsonl", {"a.txt": Article(id="a.txt", text=_TEXT)})
    return material


def test_a_text_with_questions_in_two_languages() -> None:
    material = Material()
    wordings = {"de": "Wann fährt die Fähre zurück?", "en": "When does the ferry go back?"}
    answered = {"questions": wordings, "answer": "17 Uhr", "start": _TEXT.index("17 Uhr")}
    unanswered = {"question": "Was kostet die Fähre?", "start": -1}
    add_texts(
        material,
        lines({"context": _TEXT, "group": "oland", "questions": [answered, unanswered]}),
        "texts.jsonl",
    )
    (article,) = material.articles.values()
    first, second = material.asked
    assert (article.text, material.groups) == (_TEXT, {article.id: "oland"})
    assert {wording.language: wording.text for wording in first.wordings} == wordings
    assert first.span is not None
    assert article.quote(first.span) == "17 Uhr"
    assert (second.wordings, second.span) == ([("Was kostet die Fähre?", "de")], None)


def test_a_line_of_an_evaluation_file_stands_where_its_evidence_says() -> None:
    line = {
        "id": "1", "language": "en", "question": "How does one come back?", "article": "a.txt",
        "answers": ["Fähre"], "evidence": "die Fähre zurück um 17 Uhr",
    }  # fmt: skip
    (asked,) = about(line).asked
    assert asked.span == Span(_TEXT.index("Fähre zurück"), _TEXT.index(" zurück"))


def test_a_question_that_no_article_answers() -> None:
    (asked,) = about({"question": "Was kostet sie?", "article": None, "answers": []}).asked
    assert (asked.article_id, asked.span) == (None, None)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"article": "b.txt", "question": "?"}, "q.jsonl:1: there is no article b.txt"),
        ({"article": "a.txt", "answer": "18 Uhr"}, "q.jsonl:1: the text does not have"),
        ({"article": "a.txt", "answer": "9 Uhr", "start": 3}, "q.jsonl:1: the text does not have"),
        ({"article": 5}, "q.jsonl:1: Expected"),
    ],
)
def test_what_cannot_be_used_is_named(line: dict[str, Any], said: str) -> None:
    with pytest.raises(TrainingError) as caught:
        about(line)
    assert str(caught.value).startswith(said)


def test_articles_have_the_names_that_question_files_use(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.txt").write_text(_TEXT, "utf-8")
    assert articles_of(tmp_path)["deep/a.txt"].text == _TEXT
