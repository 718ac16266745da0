"""Sentences and markers out of what a chat model streams."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import GenerationFailed
from service.writing.claims import Claim, ClaimReader, parse_claim


def read(text: str, size: int = 3, language: str | None = "en") -> list[Claim]:
    """What comes of a text that is streamed in pieces."""
    reader = ClaimReader(language)
    claims = []
    for at in range(0, len(text), size):
        claims += reader.feed(text[at : at + size])
    return [*claims, *reader.finish()]


def cited(claims: list[Claim]) -> list[tuple[str, tuple[int, ...]]]:
    """Each part's text and numbers."""
    return [(c.text[p.start : p.end], p.numbers) for c in claims for p in c.parts]


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("Kyiv is out [1]. So is Europe. [2]", [("Kyiv is out.", (1,)), ("So is Europe.", (2,))]),
        ("Kyiv is out.[1][3]", [("Kyiv is out.", (1, 3))]),
        ("Kyiv is out [1, 3] [1].", [("Kyiv is out.", (1, 3))]),
        ("Kyiv is out [2-4].", [("Kyiv is out.", (2, 3, 4))]),
        ("Kyiv is out [Passage 2].", [("Kyiv is out.", (2,))]),
        ("Kyiv is out 【1†source】.", [("Kyiv is out.", (1,))]),
        ("[1] Kyiv is out.", [("Kyiv is out.", (1,))]),
        ("Kyiv is out.", [("Kyiv is out.", ())]),
        (
            "Kyiv is out [1] and Europe was never asked [2], said Axios.",
            [("Kyiv is out", (1,)), ("and Europe was never asked, said Axios.", (2,))],
        ),
        (
            "Kyiv is out [1], and Europe was never asked at all.",
            [("Kyiv is out", (1,)), ("and Europe was never asked at all.", ())],
        ),
        ("**Kyiv** is `out` [1].", [("Kyiv is out.", (1,))]),
        ("See [this](https://evil.example/?q=1) now [1].", [("See this now.", (1,))]),
        ("A ![pixel](https://evil.example/x.png) here [1].", [("A pixel here.", (1,))]),
        ("A <img src=x onerror=y>picture here [1].", [("A picture here.", (1,))]),
        ("1 < 2 and 3 > 2 [1].", [("1 < 2 and 3 > 2.", (1,))]),
    ],
)
def test_markers_belong_to_what_they_follow(
    written: str, found: list[tuple[str, tuple[int, ...]]]
) -> None:
    assert cited(read(written)) == found


def test_a_date_is_no_end_of_a_sentence() -> None:
    text = "Die Sitzung war am 19. November 2025 in Genf [1]. Dr. Müller kam nicht [2]."
    for size in (1, 2, 7, 200):
        assert [c.text for c in read(text, size, "de")] == [
            "Die Sitzung war am 19. November 2025 in Genf.",
            "Dr. Müller kam nicht.",
        ]


def test_a_sentence_waits_for_its_markers_and_the_next_one() -> None:
    reader = ClaimReader("en")
    assert list(reader.feed("Kyiv is out. ")) == []
    assert list(reader.feed("[1")) == []
    assert list(reader.feed("] So is ")) == [
        Claim("Kyiv is out.", read("Kyiv is out. [1]")[0].parts)
    ]


def test_lists_keep_their_lines() -> None:
    claims = read("- Kyiv is out [1]\n- Europe is out [2]\n")
    assert [(c.text, c.new_line) for c in claims] == [
        ("Kyiv is out", False),
        ("Europe is out", True),
    ]


def test_an_unfinished_last_sentence_is_dropped() -> None:
    assert [c.text for c in read("Kyiv is out [1]. Moscow has agreed to")] == ["Kyiv is out."]


def test_a_single_phrase_counts_as_a_sentence() -> None:
    assert [c.text for c in read("Kyiv and Europe")] == ["Kyiv and Europe"]


@pytest.mark.parametrize("thought", ["<think>Hm [1]. Well.</think>\n\n", "\n<think>\n</think>"])
def test_thinking_aloud_is_no_answer(thought: str) -> None:
    assert [c.text for c in read(f"{thought}Kyiv is out [1].", 1)] == ["Kyiv is out."]


def test_thinking_without_end_is_no_answer() -> None:
    assert read("<think>Kyiv is out [1]. Europe is out [1]. And so on") == []


def test_a_repeated_sentence_comes_once() -> None:
    assert len(read("Kyiv is out [1]. " * 12)) == 1


@pytest.mark.parametrize(
    "written", ["NO_ANSWER", "NO_ANSWER.", '"NO_ANSWER"', "no answer", "**NO_ANSWER**"]
)
def test_declining(written: str) -> None:
    with pytest.raises(GenerationFailed) as failed:
        read(written)
    assert failed.value.reason == "declined"


@pytest.mark.parametrize(
    "endless", ["la" * 3000, "".join(f"It is number {i}. " for i in range(99))]
)
def test_writing_without_end(endless: str) -> None:
    with pytest.raises(GenerationFailed) as failed:
        read(endless, 50)
    assert failed.value.reason == "nonsense"


@pytest.mark.parametrize("nothing", ["", " ", "[1]", "[1] [2].", "…", "-", "# "])
def test_no_word_no_claim(nothing: str) -> None:
    assert parse_claim(nothing) is None
    assert read(nothing) == []


@given(st.text(alphabet="Ab1 .,[]()!<>-\n„“*é😀\u0301", max_size=120), st.integers(1, 9))
def test_parts_lie_in_order_within_the_text(written: str, size: int) -> None:
    try:
        claims = read(written, size)
    except GenerationFailed:
        return
    for claim in claims:
        end = 0
        assert claim.text == claim.text.strip()
        for part in claim.parts:
            assert end <= part.start < part.end <= len(claim.text)
            end = part.end
