"""Reprints: the very words in a copy, at their own place, or none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.article import Span
from indexer.sentences import sentence_at
from indexer.store import Candidate
from service.answer import Copy
from service.stories.reprints import printed_in, quoted_in
from tests.copies import stored

_TEXT = (
    "In Oberau stiegen 12 Menschen aus. Später stiegen nach Angaben der Bahn in Unterau noch "
    "einmal 12 Menschen aus. Der Zug kam mit einer Stunde Verspätung an."
)


def _copies(quote: str, *texts: str, nth: int = 0) -> list[Copy]:
    start = -1
    for _ in range(nth + 1):
        start = _TEXT.index(quote, start + 1)
    span = Span(start, start + len(quote))
    cited = stored("cited", _TEXT)
    copies = [stored(f"copy{i}", text) for i, text in enumerate(texts)]
    found = quoted_in(cited, span, sentence_at(_TEXT, "de", span), copies)
    for copy, one in zip(copies, sorted(found, key=lambda c: c.article_id), strict=True):
        if one.start is not None and one.end is not None:
            assert copy.article.text[one.start : one.end] == one.quote == quote
            assert one.content_sha256 == copy.content_sha256
    return found


def test_the_place_is_that_of_the_same_sentence() -> None:
    (copy,) = _copies("12", f"Eigene Überschrift\n\n{_TEXT}", nth=1)
    assert copy.start == len("Eigene Überschrift\n\n") + _TEXT.rindex("12")


def test_line_ends_make_no_difference() -> None:
    (copy,) = _copies("12", _TEXT.replace(" ", "\r\n"), nth=1)
    assert copy.quote == "12"


def test_a_quote_that_is_broken_otherwise_is_in_other_words() -> None:
    (copy,) = _copies("12 Menschen", _TEXT.replace(" ", "\n"), nth=1)
    assert (copy.start, copy.end, copy.quote) == (None, None, None)


def test_a_short_quote_in_another_sentence_is_not_the_same() -> None:
    (copy,) = _copies("12", "Die Linie 12 fährt wieder.", nth=1)
    assert copy.start is None


def test_what_was_corrected_is_in_other_words() -> None:
    corrected = _TEXT.replace("einmal 12", "einmal 13")
    assert [c.start for c in _copies("12", corrected, nth=1)] == [None]
    assert [c.start for c in _copies("einer Stunde", corrected)] == [
        corrected.index("einer Stunde")
    ]


def test_enough_of_a_sentence_that_was_shortened_is_the_same() -> None:
    (copy,) = _copies(
        "12",
        "Nach Angaben der Bahn stiegen in Unterau noch einmal 12 Menschen aus. Schluss.",
        nth=1,
    )
    assert copy.quote == "12"


def test_those_with_the_very_words_come_first() -> None:
    found = _copies("einer Stunde", "Der Zug kam spät an.", _TEXT)
    assert [c.article_id for c in found] == ["copy1", "copy0"]


@given(head=st.text(max_size=40), data=st.data())
def test_whatever_stands_before_the_place_is_right(head: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(_TEXT) - 1))
    quote = _TEXT[start : data.draw(st.integers(start + 1, len(_TEXT)))]
    _copies(quote, head + _TEXT)


@pytest.mark.parametrize(
    ("text", "place"), [("Die Brücke.", (3, 14)), ("Die Brücke!", (None, None))]
)
def test_a_passage_has_a_place_where_it_is_the_same(
    text: str, place: tuple[int | None, int | None]
) -> None:
    articles = {"a": stored("a", "Die Brücke."), "b": stored("b", f"   {text}")}
    passage = Candidate("a", "v", 0, 0, 11, "Die Brücke.", "de", 0.0, None)
    copy = Candidate("b", "v", 0, 3, 14, text, "de", 0.0, None)
    (found,) = printed_in(passage, [copy, copy], articles)
    assert (found.start, found.end) == place
    assert found.quote is None
