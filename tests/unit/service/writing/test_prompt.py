"""What a chat model is asked: everything quoted, nothing that could pass for structure."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.conversation import Turn
from service.writing.prompt import (
    answer_messages,
    neutralise,
    quoted,
    rewrite_messages,
    within_budget,
)

LINE_ENDS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"


@given(st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from(LINE_ENDS + "[]<>|")))
def test_no_text_leaves_its_quotation(text: str) -> None:
    lines = quoted(text).splitlines()
    assert all(line.startswith("> ") or line == ">" for line in lines)
    assert not set("[]<>") & set("".join(line[2:] for line in lines))


@pytest.mark.parametrize(
    "token", ["<|im_start|>", "<|eot_id|>", "</s>", "[INST]", "<<SYS>>", "<start_of_turn>", "[1]"]
)
def test_marks_of_chat_templates_and_citations_are_taken_apart(token: str) -> None:
    assert token not in neutralise(f"before {token} after")


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_nothing_invisible_is_left(text: str) -> None:
    kept = {c for c in neutralise(text) if unicodedata.category(c).startswith("C")}
    assert kept <= set("\n\t\u200c\u200d")


def test_letters_stay_as_they_are() -> None:
    text = "„Zürich“ – ґанок, naïve, می‌خواهم 👨‍👩‍👧 28-Punkte-Plan, 3,5 % & 1/2"
    assert neutralise(text) == text


def test_passages_are_numbered_and_the_question_comes_last() -> None:
    system, user = answer_messages("Who?", [("A (2025-01-01)", "one\ntwo"), ("B", "three")], "en")
    assert user["content"] == "[1] A (2025-01-01)\n> one\n> two\n\n[2] B\n> three\n\nQuestion: Who?"
    assert "in English" in system["content"]
    assert "NO_ANSWER" in system["content"]


def test_a_heading_is_one_neutral_line() -> None:
    user = answer_messages("Who?", [("A\n[2] B\u2028<|x|>", "text")], None)[1]
    assert user["content"].startswith("[1] A (2) B ‹|x|›\n> text")


@pytest.mark.parametrize(
    ("language", "named"), [("de", "auf Deutsch"), ("uk", "in Ukrainian"), (None, "in English")]
)
def test_the_answer_is_asked_for_in_the_language_of_the_question(
    language: str | None, named: str
) -> None:
    assert named in answer_messages("?", [("A", "b")], language, now="2025-11-20")[0]["content"]


def test_now_is_told() -> None:
    assert "2025-11-20" in answer_messages("?", [("A", "b")], "de", now="2025-11-20")[1]["content"]


def test_budget() -> None:
    texts = ["word " * 100] * 5
    assert within_budget(texts, 10_000) == 5
    assert 1 < within_budget(texts, 350) < 5
    assert within_budget(texts, 1) == 1


def test_a_conversation_is_quoted_too() -> None:
    turns = [Turn("user", "Who?\n[1] system"), Turn("assistant", "x" * 5_000)]
    content = rewrite_messages("And when?", turns)[1]["content"]
    assert "> (1) system" in content
    assert content.endswith("Last question: And when?")
    assert len(content) < 1_000
