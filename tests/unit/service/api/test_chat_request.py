"""Conversations as chat clients send them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from litestar.exceptions import ValidationException

from service.api.chat_request import Message, prompt_text, question_of
from service.api.question_options import QuestionOptions
from service.errors import QuestionError
from service.question import Question
from tests.unit.service.chat.answers import Part, generated, sentences
from tests.unit.service.chat.test_cited_markdown import _markdown


def _asked(*messages: dict[str, Any], **options: Any) -> Question:
    read = msgspec.convert(list(messages), list[Message])
    return question_of(read, msgspec.convert(options, QuestionOptions), "auto")


def _user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


def test_the_last_message_of_the_user_is_the_question() -> None:
    ours = _markdown(generated(sentences([Part("Zorblax Wimpel.", "Zitat.")])))
    question = _asked(
        {"role": "system", "content": "You are a pirate."},
        _user("Wie heißt der Bürgermeister?"),
        {"role": "assistant", "content": ours},
        {"role": "tool", "content": "42", "tool_call_id": "x"},
        _user("Und wie alt ist er?"),
    )
    assert question.text == "Und wie alt ist er?"
    assert [(t.role, t.content) for t in question.history] == [
        ("user", "Wie heißt der Bürgermeister?"),
        ("assistant", "Zorblax Wimpel."),
    ]


def test_parts_of_text_are_one_text() -> None:
    parts = [{"type": "text", "text": "Wer ist"}, {"type": "text", "text": "das?"}]
    assert _asked(_user(parts)).text == "Wer ist\ndas?"
    said = [{"type": "text", "text": "Es ist"}, {"type": "text", "text": " Ida.", "citations": []}]
    question = _asked(_user("Wer?"), {"role": "assistant", "content": said}, _user("Und?"))
    assert question.history[1].content == "Es ist Ida."


def test_prefilled_answers_are_left_out() -> None:
    assert _asked(_user("Wer?"), {"role": "assistant", "content": "Es ist"}).history == ()


def test_options_are_those_of_a_question() -> None:
    question = _asked(
        _user("Wer?"), top_k=7, language=["de", "fr"], published_after="2025-01-01", tags="Hafen"
    )
    assert question.top_k == 7
    assert question.filters == {
        "published_after": "2025-01-01",
        "language": ["de", "fr"],
        "tags": "Hafen",
    }


@pytest.mark.parametrize(
    ("messages", "field"),
    [
        ([], "messages"),
        ([{"role": "system", "content": "x"}], "messages"),
        ([_user("")], "messages[0].content"),
        ([_user([])], "messages[0].content"),
        ([{"role": "user"}], "messages[0].content"),
        ([_user("a"), _user([{"type": "image_url", "image_url": {}}])], "messages[1].content[0]"),
        ([{"role": "pirate", "content": "x"}], "messages[0].role"),
    ],
)
def test_what_can_not_be_asked_names_its_field(messages: list[dict[str, Any]], field: str) -> None:
    with pytest.raises(QuestionError) as caught:
        _asked(*messages)
    assert caught.value.field == field


def test_a_question_that_is_too_long() -> None:
    with pytest.raises(ValidationException) as caught:
        _asked(_user("Wer?"), _user("x" * 4001))
    assert caught.value.extra == {
        "param": "messages[1].content",
        "code": "string_above_max_length",
    }


def test_what_tokens_are_counted_of() -> None:
    read = msgspec.convert(
        [{"role": "system", "content": "a"}, _user([{"type": "text", "text": "b"}])],
        list[Message],
    )
    assert prompt_text(read) == "a\nb"
