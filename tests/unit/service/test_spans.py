"""Spans that read well: whole words, without stray punctuation."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from indexer.article import Span
from service.spans import tidy

_TABLE = [
    # text, what the reader marked, what is shown
    ("Der 28-Punkte-Plan kam.", "28", "28-Punkte-Plan"),
    ("Der 28-Punkte-Plan kam.", "28-", "28-Punkte-Plan"),
    ("Der 28-Punkte-Plan kam.", " 28-Punkte-Pl", "28-Punkte-Plan"),
    ("Es kamen 34.000 Menschen.", "34", "34.000"),
    ("Es kamen 34.000 Menschen.", "000", "34.000"),
    ("Es waren 3,5 Prozent.", "3", "3,5"),
    ("Es waren 3,5 Prozent.", " 3,5 Prozent.", "3,5 Prozent"),
    ("Es waren 3,5km.", "3", "3,5km"),
    ("Um 18:30 Uhr", "18", "18:30"),
    ("Es waren 5 % mehr.", "5 %", "5 %"),
    ("Sie kostet 30 €.", "30 €.", "30 €"),
    ("Er rief: „Zitat“, sagte sie.", "„Zitat“,", "„Zitat“"),
    ("Er rief: „Zitat“, sagte sie.", "„Zitat", "Zitat"),
    ("Er rief: „Zitat“, sagte sie.", "Zitat“,", "Zitat"),
    ("Er rief «Zitat».", "«Zitat».", "«Zitat»"),
    ("Er rief »Zitat«.", "»Zitat«.", "»Zitat«"),
    ("Er rief «Zitat».", " «Zitat", "Zitat"),
    ("She said “yes” twice.", "“yes”", "“yes”"),
    ("Anna Muster (l.) im Bild", "Anna Muster (l.)", "Anna Muster (l.)"),
    ("Anna Muster (l.) im Bild", "Anna Muster (l", "Anna Muster (l"),
    ("Anna Muster (l.) im Bild", "(l.", "l"),
    ("In Berlin, sagt er.", " Berlin, ", "Berlin"),
    ("In Berlin/Bonn sitzt es.", "Berlin", "Berlin"),
    ("Contre l'Ukraine encore", "Ukraine", "Ukraine"),
    ("Warum? Darum …", "Darum …", "Darum"),
    ("Er sagte nein.\n\nDann ja.", "\n\nDann", "Dann"),
    # No space between words: a letter is a word as good as two.
    ("北京大学位于北京市海淀区。", "北京", "北京"),
    ("北京大学位于北京市海淀区。", "海淀区。", "海淀区"),
    ("東京タワーは高い。", "タワー", "タワー"),
    ("กรุงเทพมหานครเป็นเมือง", "มหานคร", "มหานคร"),
    # Words with spaces between, in other scripts.
    ("В Києві почалася зустріч.", "Києв", "Києві"),
    ("고양이가 잔다", "고양", "고양이가"),
    ("यह हिन्दी है", "हिन", "हिन्दी"),
    ("این می‌شود خوب", "می", "می‌شود"),
    ("بِسْمِ اللَّهِ", "بِس", "بِسْمِ"),
    # What a reader sees as one character is never parted.
    ("Das Cafe\u0301 dort", "Cafe", "Cafe\u0301"),
    ("Das Cafe\u0301 dort", "\u0301", "Cafe\u0301"),
    ("Ein 👩‍💻 mehr", "👩", "👩‍💻"),
    ("Ein 👩‍💻 mehr", "💻", "👩‍💻"),
    ("Ein ❤️!", "❤", "❤️"),
    ("Die 🇨🇭 war da", "🇨", "🇨🇭"),
    ("Danke! 🚋💚", "🚋", "🚋"),
    ("Danke! 🚋💚", " 🚋💚", "🚋💚"),
    # Nothing left.
    ("Ach … so", " … ", ""),
    ("", "", ""),
]


@pytest.mark.parametrize(("text", "marked", "shown"), _TABLE)
def test_a_span_is_widened_to_words_and_stripped(text: str, marked: str, shown: str) -> None:
    start = text.index(marked)
    span = tidy(text, Span(start, start + len(marked)))
    assert text[span.start : span.end] == shown


_WORDS = st.sampled_from(
    [
        *("Kiew", "28-Punkte-Plan", "34.000", "3,5", "l'Ukraine", "北京", "東京タワー", "กรุงเทพ"),
        *("हिन्दी", "Cafe\u0301", "👩‍💻", "🇨🇭", "𝔘", "«", "»", "„", "“", "(l.)", ")", "("),
        *(".", ",", "…", " – ", "\u200d"),
    ]
)
_TEXTS = st.one_of(
    st.lists(st.one_of(_WORDS, st.sampled_from([" ", "\r\n", "\u00a0"])), max_size=30).map("".join),
    st.text(max_size=40),
)


@st.composite
def _texts_with_spans(draw: st.DrawFn) -> tuple[str, Span]:
    text = draw(_TEXTS)
    start = draw(st.integers(0, len(text)))
    return text, Span(start, draw(st.integers(start, len(text))))


@given(_texts_with_spans())
@example((")a(.", Span(0, 4)))
@example(("(a).", Span(0, 4)))
@example(("34.000\u200dKiew", Span(0, 1)))
@example(("Kiew\u200d北京", Span(0, 1)))
def test_a_tidy_span_is_tidy(given_: tuple[str, Span]) -> None:
    text, span = given_
    once = tidy(text, span)
    assert 0 <= once.start <= once.end <= len(text)
    assert once.start == once.end or tidy(text, once) == once


@given(_texts_with_spans())
def test_it_grows_only_by_parts_of_words_and_loses_only_marks(given_: tuple[str, Span]) -> None:
    text, span = given_
    if span.start == span.end:
        return
    found = tidy(text, span)
    grown = text[found.start : span.start] + text[span.end : found.end]
    assert " " not in grown
    if found.start < found.end:
        lost = text[span.start : found.start] + text[found.end : span.end]
        assert not any(c.isalnum() for c in lost)
        assert not text[found.start].isspace()
        assert not text[found.end - 1].isspace()


@given(_texts_with_spans())
def test_no_accent_is_torn_from_its_letter(given_: tuple[str, Span]) -> None:
    text, span = given_
    found = tidy(text, span)
    if found.start < found.end < len(text) and text[found.end - 1].isalpha():
        assert unicodedata.category(text[found.end])[0] != "M"
