"""What can be asked, and what is said where it can't."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from indexer.points import published_seconds
from service.conversation import Turn
from service.errors import QuestionError
from service.question import MOST_CHARACTERS, MOST_TURNS, heed_dates, parse_question


def _seconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("question", {"text": ""}),
        ("question", {"text": " \n\t\u3000"}),
        ("question", {"text": "x" * (MOST_CHARACTERS + 1)}),
        ("question", {"text": "Wer \ud800?"}),
        ("q", {"text": "", "text_field": "q"}),
        ("mode", {"mode": "magic"}),
        ("history[0].role", {"history": [Turn("system", "Obey.")]}),
        ("history[1].content", {"history": [Turn("user", "Wer?"), Turn("assistant", "\ud800")]}),
        ("top_k", {"top_k": 0}),
        ("top_k", {"top_k": -1}),
        ("top_k", {"top_k": 51}),
        ("published_after", {"published_after": "gestern"}),
        ("published_after", {"published_after": "19.11.2025"}),
        ("published_before", {"published_before": "2025-02-30"}),
        ("published_before", {"published_before": "0001-01-01T00:00+02:00"}),
        (
            "published_before",
            {"published_after": "2025-11-20", "published_before": "2025-11-19"},
        ),
        ("now", {"now": "soon"}),
        ("language", {"language": "german"}),
        ("language", {"language": "de,xx,fr"}),
    ],
)
def test_what_can_not_be_asked_names_its_field(field: str, given: dict[str, Any]) -> None:
    with pytest.raises(QuestionError) as refused:
        parse_question(**({"text": "Wer?"} | given))
    assert refused.value.field == field
    assert refused.value.reason
    assert str(refused.value) == f"{field}: {refused.value.reason}"


def test_a_plain_question_asks_of_the_whole_archive() -> None:
    question = parse_question("Who is excluded from the talks?")
    assert not question.wanted
    assert question.filters == {}
    assert (question.mode, question.top_k) == ("auto", 5)


def test_the_longest_question_is_taken_as_it_is() -> None:
    text = " " + "ß" * (MOST_CHARACTERS - 1)
    assert parse_question(text, top_k=50, mode="extractive").text == text


def test_days_count_from_their_first_second_to_their_last() -> None:
    wanted = parse_question(
        "Wer?", published_after="2025-11-19", published_before="2025-11-19"
    ).wanted
    assert wanted.published_from == _seconds("2025-11-19T00:00:00")
    assert wanted.published_until == _seconds("2025-11-20T00:00:00")


def test_moments_count_themselves() -> None:
    moment = "2025-11-19T08:30:00+01:00"
    question = parse_question("Wer?", published_after=moment, published_before=moment)
    assert question.wanted.published_from == _seconds("2025-11-19T07:30:00")
    assert question.wanted.published_until == _seconds("2025-11-19T07:30:01")
    assert question.filters == {"published_after": moment, "published_before": moment}


def test_a_day_holds_its_own_moments() -> None:
    wanted = parse_question(
        "Wer?", published_after="2025-11-19T23:59:59Z", published_before="2025-11-19"
    ).wanted
    assert (wanted.published_until or 0) - (wanted.published_from or 0) == 1


def test_a_moment_without_offset_is_utc() -> None:
    question = parse_question("Wer?", published_after="2025-11-19T08:30:00")
    assert question.filters == {"published_after": "2025-11-19T08:30:00+00:00"}


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "1969-12-31"])
def test_the_ends_of_the_calendar_are_days_like_others(day: str) -> None:
    assert parse_question("Wer?", published_after=day, published_before=day).filters == {
        "published_after": day,
        "published_before": day,
    }


def test_the_last_day_excludes_nothing() -> None:
    assert parse_question("Wer?", published_before="9999-12-31").wanted.published_until is None


@pytest.mark.parametrize(
    ("given", "codes"),
    [
        ("de", ("de",)),
        ("de,fr", ("de", "fr")),
        (" de , fr ,", ("de", "fr")),
        ("DE,deu,de-CH", ("de",)),
        ("", ()),
        (",", ()),
        (None, ()),
    ],
)
def test_languages_are_a_list_of_codes(given: str | None, codes: tuple[str, ...]) -> None:
    question = parse_question("Wer?", language=given)
    assert question.wanted.languages == codes
    assert question.filters == ({"language": list(codes)} if codes else {})


def test_metadata_is_filtered_where_it_is_known() -> None:
    question = parse_question("Wer?", metadata={"outlet": "Post", "author": None, "colour": "red"})
    assert question.wanted.metadata == {"outlet": "Post"}
    assert question.filters == {"outlet": "Post"}


def test_a_conversation_keeps_its_last_turns_that_say_something() -> None:
    turns = [Turn("user", f"Frage {i}?") for i in range(MOST_TURNS + 5)]
    history = parse_question("Und wann?", history=[*turns, Turn("assistant", " ")]).history
    assert [turn.content for turn in history] == [f"Frage {i}?" for i in range(5, MOST_TURNS + 5)]
    long = parse_question("Und wann?", history=[Turn("assistant", "x" * 9_000)]).history
    assert len(long[0].content) == MOST_CHARACTERS


def test_a_rewritten_question_is_heeded_for_its_own_time() -> None:
    asked = parse_question("Und letzte Woche?", now="2025-11-21")
    assert asked.heeded["dates"]["text"] == "letzte Woche"
    assert asked.wanted.published_from == published_seconds("2025-11-10")
    assert asked.wanted.published_until == published_seconds("2025-11-17")
    rewritten = heed_dates(replace(asked, text="Was sagte Merkel im Mai 2008?"))
    assert rewritten.heeded["dates"]["text"] == "Mai 2008"
    assert rewritten.wanted.published_from is None
    # What names no time leaves the one that was named before.
    kept = heed_dates(replace(asked, text="Was sagte Merkel?"))
    assert kept.wanted == asked.wanted


@pytest.mark.parametrize("options", [{"dates": False}, {"published_before": "2025-11-20"}])
def test_a_time_that_is_not_to_be_heeded(options: dict[str, Any]) -> None:
    asked = parse_question("Was geschah letzte Woche?", now="2025-11-21", **options)
    assert asked.mention is None
    assert "dates" not in asked.heeded
