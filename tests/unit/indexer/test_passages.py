"""Passages: what every one of them must be, and where they begin and end."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.article import Article, Passage, Span
from indexer.errors import SettingsError
from indexer.passages import PassageSettings, cut
from indexer.sentences import sentences
from indexer.tokens import count

SMALL = PassageSettings(max_tokens=40, overlap_tokens=12)
# Each one token.
WORDS = [
    "Rat",
    "Haus",
    "Geld",
    "Tag",
    "Jahr",
    "Stadt",
    "Land",
    "Zeit",
    "Frau",
    "Mann",
    "Kind",
    "Welt",
]
CORPUS = Path(__file__).parents[4] / "shared" / "corpora" / "wikinews-de"

PIECES = [
    *["Der Rat der Stadt tagt heute. ", "Er ging! ", "Neue Gebühren\n\n", "Wort " * 30, "x" * 90],
    *["\n\n", "\r\n", "\r", "\u2028", "\xa0", "\u200b", " " * 50, "Dr. ", "中文字符。", "👨‍👩‍👧"],
    *["e\u0301", "Что теперь? ", "ماذا الآن؟ ", "„Ja. Nein.“ ", "- Punkt\n", "🇩🇪", "…", "\n" * 40],
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=40).map("".join) | st.text(max_size=80)
SETTINGS = st.builds(
    PassageSettings, max_tokens=st.integers(16, 80), overlap_tokens=st.integers(0, 8)
)


def article(text: str, body_start: int = 0, title_span: Span | None = None) -> Article:
    return Article("a", text, language="de", body_start=body_start, title_span=title_span)


def sentence(number: int, tokens: int = 10) -> str:
    """A sentence of exactly so many tokens."""
    body = " ".join(WORDS[(number + i) % 12] for i in range(tokens - 2))
    return f"Das {body}."


def prose(*numbers: int) -> str:
    return " ".join(sentence(number) for number in numbers)


def check(text: str, passages: list[Passage], start: int = 0) -> None:
    """What holds for every article whatsoever."""
    covered = start
    for ordinal, passage in enumerate(passages):
        assert passage.ordinal == ordinal
        assert passage.article_id == "a"
        assert passage.text == text[passage.start : passage.end]
        assert passage.text.strip()
        assert not text[covered : passage.start].strip()
        assert passage.end > covered
        covered = passage.end
    assert not text[covered:].strip()
    assert all(one.start < other.start for one, other in pairwise(passages))


@settings(deadline=None)
@given(TEXTS, SETTINGS, st.integers(0, 60))
def test_passages_cover_the_body_in_order_and_keep_to_the_budget(
    text: str, limits: PassageSettings, body_start: int
) -> None:
    body_start = min(body_start, len(text))
    passages = cut(article(text, body_start), limits)
    check(text, passages, body_start)
    assert all(count(p.text) <= limits.max_tokens for p in passages)
    assert passages == cut(article(text, body_start), limits)


@settings(deadline=None)
@given(TEXTS, SETTINGS)
def test_sentences_stay_whole_where_they_fit(text: str, limits: PassageSettings) -> None:
    spans = sentences(text, "de") if text.strip() else []
    # Up to two headlines stay with the sentence below them, and take from its budget; and what
    # is counted in parts may come to a few tokens more than the whole.
    apart = 8
    fitting = [
        span
        for place, span in enumerate(spans)
        if count(text[spans[max(0, place - 2)].start : span.end]) <= limits.max_tokens - apart
    ]
    passages = cut(article(text), limits)
    for span in fitting:
        assert any(p.start <= span.start and span.end <= p.end for p in passages)


@settings(deadline=None)
@given(TEXTS, SETTINGS, st.integers(1, 60))
def test_all_passages_fit_the_model(text: str, limits: PassageSettings, most: int) -> None:
    def fits(passage: str) -> bool:
        return len(passage) <= most

    passages = cut(article(text), limits, fits)
    check(text, passages)
    assert all(fits(p.text) for p in passages)


def test_a_model_that_reads_nothing_gets_single_characters() -> None:
    text = "Rat  der 👨‍👩‍👧"
    passages = cut(article(text), SMALL, lambda _: False)
    assert [p.text for p in passages] == [c for c in text if c != " "]


@pytest.mark.parametrize("text", ["I\n\n﷽", "Titel hier\n\nꙮ a", "Ab\n\n𒐫"])
@pytest.mark.parametrize("most", [1, 2, 3, 5])
def test_a_character_that_has_no_room_below_its_headline_ends_the_cutting(
    text: str, most: int
) -> None:
    passages = cut(article(text), PassageSettings(16, 0), lambda passage: len(passage) <= most)
    check(text, passages)
    assert all(len(passage.text) <= most for passage in passages)


def test_fits_is_not_asked_to_make_passages_smaller_than_it_must() -> None:
    text = prose(*range(12))
    passages = cut(article(text), PassageSettings(200, 0), lambda p: count(p) <= 60)
    check(text, passages)
    assert min(count(p.text) for p in passages[:-1]) > 30


def test_whole_sentences_fill_a_passage() -> None:
    text = prose(*range(12))
    passages = cut(article(text), PassageSettings(40, 0))
    ends = {span.end for span in sentences(text, "de")}
    assert all(p.end in ends for p in passages)
    assert all(count(p.text) > 25 for p in passages[:-1])


def test_keeps_to_the_budget_where_a_whole_has_more_tokens_than_its_sentences() -> None:
    text = "界！ ？국 ！界世." * 50
    for most in range(16, 40):
        assert all(count(p.text) <= most for p in cut(article(text), PassageSettings(most, 0)))


def test_the_header_is_not_cut() -> None:
    text = f"date 2024-01-01 Der Titel\n\n{prose(1, 2)}"
    (passage,) = cut(article(text, body_start=text.index("\n")), SMALL)
    assert passage.text == prose(1, 2)


def test_an_article_without_a_body_is_its_title() -> None:
    text = " date 2024-01-01 Der Rat tagt \n \n"
    (passage,) = cut(article(text, len(text) - 3, Span(17, len(text) - 3)), SMALL)
    assert passage.text == "Der Rat tagt"


@pytest.mark.parametrize("text", ["", " \n\t\u2028\xa0 "])
def test_nothing_gives_no_passage(text: str) -> None:
    assert cut(article(text), SMALL) == []


def test_ends_with_a_paragraph_once_reasonably_full() -> None:
    text = f"{prose(1, 2, 3)}\n\n{prose(4, 5, 6)}"
    passages = cut(article(text), PassageSettings(48, 0))
    assert [p.text for p in passages] == [prose(1, 2, 3), prose(4, 5, 6)]


def test_does_not_end_with_a_paragraph_while_rather_empty() -> None:
    text = f"{prose(1)}\n\n{prose(4, 5, 6)}"
    assert cut(article(text), PassageSettings(48, 0))[0].text.endswith(sentence(6))


def test_a_last_sentence_that_fits_is_not_left_over() -> None:
    text = f"{prose(1, 2, 3)}\n\nDas war es."
    assert len(cut(article(text), PassageSettings(48, 0))) == 1


@pytest.mark.parametrize("gap", ["\n\n", "\n", "\r\n\r\n"])
def test_a_headline_stays_with_what_follows(gap: str) -> None:
    long = prose(4, 5, 6)
    text = f"{prose(1, 2)} {sentence(3, 16)}{gap}Neue Gebühren{gap}{long}"
    passages = cut(article(text), PassageSettings(44, 0))
    assert [p.text for p in passages][1:] == [f"Neue Gebühren{gap}{long}"]


def test_a_headline_and_a_caption_stay_with_what_follows() -> None:
    text = f"{prose(1, 2)}\n\nNeue Gebühren\n\nBild vom Rathaus\n\n{prose(4, 5)}"
    passages = cut(article(text), PassageSettings(36, 0))
    assert passages[1].text.startswith("Neue Gebühren")


def test_a_headline_stays_even_with_a_sentence_that_fills_the_passage() -> None:
    text = f"Neue Gebühren\n\n{sentence(1, 38)}"
    passages = cut(article(text), PassageSettings(40, 0))
    check(text, passages)
    assert count(sentence(1, 38)) <= 40 < count(text)
    assert passages[0].text.startswith("Neue Gebühren\n\nDas")


def test_a_list_is_no_chain_of_headlines() -> None:
    text = "\n\n".join(f"Ulm gegen Bonn {i} zu {i}" for i in range(40)) + f"\n\n{prose(1)}"
    passages = cut(article(text), SMALL)
    check(text, passages)
    assert min(count(p.text) for p in passages[:-1]) > 20


def test_the_next_passage_begins_with_the_last_sentence_of_the_one_before() -> None:
    text = prose(*range(12))
    passages = cut(article(text), PassageSettings(40, 14))
    starts = {span.start for span in sentences(text, "de")}
    assert len(passages) > 2
    for one, other in pairwise(passages):
        assert one.start < other.start < one.end < other.end
        assert other.start in starts
        assert count(text[other.start : one.end]) <= 14


def test_no_overlap_where_the_last_sentence_is_long_or_none_is_asked_for() -> None:
    text = prose(*range(12))
    for limits in (PassageSettings(40, 0), PassageSettings(40, 5)):
        assert all(a.end < b.start for a, b in pairwise(cut(article(text), limits)))


def test_a_sentence_over_the_budget_is_split_at_white_space_without_overlap() -> None:
    text = sentence(1, 150)
    passages = cut(article(text), SMALL)
    check(text, passages)
    assert len(passages) > 3
    assert all(text[one.end : other.start] == " " for one, other in pairwise(passages))


@pytest.mark.parametrize(("tokens", "overlap"), [(15, 0), (8193, 0), (320, -1), (320, 161)])
def test_settings_that_make_no_sense_are_an_error(tokens: int, overlap: int) -> None:
    with pytest.raises(SettingsError, match="tokens"):
        PassageSettings(tokens, overlap)


@pytest.mark.parametrize(
    "part", ["a", "Der Rat tagt. ", "中文。", "👨‍👩‍👧", "x" + " " * 99, "\n", "Wort\n"]
)
def test_a_long_line_takes_reasonable_time(part: str) -> None:
    text = part * (100_000 // len(part))
    started = time.perf_counter()
    check(text, cut(article(text), PassageSettings()))
    assert time.perf_counter() - started < 10


def test_the_wikinews_corpus() -> None:
    if not CORPUS.is_dir():
        pytest.skip(f"{CORPUS} is not there: the corpus is not part of the repository")
    for path in sorted(CORPUS.glob("*.txt"))[::10]:
        text = path.read_bytes().decode()
        body = text.index("\n")
        passages = cut(article(text, body), PassageSettings())
        check(text, passages, body)
        assert all(count(p.text) <= 320 for p in passages)
