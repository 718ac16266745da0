"""Shingles: what two texts share of their words, whatever they look like."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.shingles import shingles


def test_every_three_words_that_follow_each_other() -> None:
    assert shingles("Der Rat tagte. Er lehnte ab.") == {
        "der rat tagte",
        "rat tagte er",
        "tagte er lehnte",
        "er lehnte ab",
    }


@pytest.mark.parametrize("text", ["", "Eilmeldung", "Zwei Wörter", "… – !"])
def test_too_few_words_have_none(text: str) -> None:
    assert shingles(text) == set()


@pytest.mark.parametrize(
    "other",
    [
        "der rat\r\nlehnte die brücke ab",
        "DER RAT LEHNTE DIE BRÜCKE AB!",
        "Der Rat lehnte die Bru\u0308cke ab.",  # decomposed
        "Der Rat lehn\u00adte die Brü\u00adcke ab.",  # soft hyphens
        "„Der Rat“ lehnte – die Brücke – ab",
    ],
)
def test_looks_make_no_difference(other: str) -> None:
    assert shingles(other) == shingles("Der Rat lehnte die Brücke ab.")


def test_scripts_without_spaces_are_taken_character_by_character() -> None:
    assert shingles("市議会は橋") == {"市 議 会", "議 会 は", "会 は 橋"}
    assert shingles("สภาเมือง")


@given(st.text(max_size=80), st.text(max_size=80))
def test_what_a_text_has_it_has_with_more_behind_it(text: str, more: str) -> None:
    assert shingles(text) <= shingles(f"{text}\n\n{more}")
