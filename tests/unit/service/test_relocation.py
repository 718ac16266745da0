"""Relocation: where a quote stands in another version of its article."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from indexer.article import Span
from service.relocation import relocate

BEFORE = "Der Rat tagte. Er lehnte ab. Am Abend tagte er noch einmal. Er lehnte ab. Ende."


def cited(quote: str, text: str = BEFORE, nth: int = 1) -> Span:
    start = -1
    for _ in range(nth):
        start = text.index(quote, start + 1)
    return Span(start, start + len(quote))


def test_a_quote_that_stayed_stays() -> None:
    place = cited("Er lehnte ab.")
    assert relocate(place, "Er lehnte ab.", f"{BEFORE} Nachtrag.", BEFORE) == place


def test_a_quote_that_moved_is_found() -> None:
    after = f"Eilmeldung! {BEFORE}"
    place = cited("tagte er noch einmal")
    assert relocate(place, "tagte er noch einmal", after, BEFORE) == Span(
        place.start + 12, place.end + 12
    )


def test_of_several_places_the_one_with_the_same_surroundings_is_taken() -> None:
    second = cited("Er lehnte ab.", nth=2)
    after = "Er lehnte ab. Und er lehnte ab. Am Abend tagte er noch einmal. Er lehnte ab. Schluss."
    found = relocate(second, "Er lehnte ab.", after, BEFORE)
    assert found == cited("Er lehnte ab.", after, nth=2)


def test_without_the_earlier_text_the_nearest_place_is_taken() -> None:
    text = "ja nein ja nein ja"
    assert relocate(Span(9, 11), "ja", text) == Span(8, 10)


def test_white_space_may_have_changed_and_words_may_not() -> None:
    assert relocate(Span(0, 12), "Er  lehnte\nab", "Kurz: Er lehnte ab.") == Span(6, 18)
    assert relocate(Span(0, 12), "Er lehnte ab", "Er lehnte es ab.") is None
    assert relocate(Span(0, 2), " \n", "Er") is None


@given(st.text(max_size=60), st.text(max_size=60), st.text(min_size=1, max_size=40), st.data())
def test_whatever_is_found_says_the_same(
    head: str, tail: str, before: str, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(before) - 1))
    end = data.draw(st.integers(start + 1, len(before)))
    quote = before[start:end]
    text = head + before + tail
    found = relocate(Span(start, end), quote, text, before)
    assert found is not None
    assert text[found.start : found.end] == quote
