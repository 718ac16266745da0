"""An Answer keeps its promises or can't be built."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.article import Article, Span
from indexer.store import StoredArticle
from service.answer import (
    Answer,
    AnswerSpan,
    AnswerText,
    BrokenPromise,
    Citation,
    Copy,
    FoundPassage,
    OtherAnswer,
    Source,
    source_of,
)

_PIECES = st.sampled_from(
    [
        *("Kiew und Europa", "«Axios»", "„Zitat“", "Стармер хоче", "北京大学", "東京", "กรุงเทพ"),
        *("القاهرة", "👩‍👩‍👧", "🇨🇭", "e\u0301", "n\u0303", "𝔘", "\ufeff", "\u2028", "\x00"),
        *("\r\n", "\r", "\n\n", "\t", " "),
    ]
)
_TEXTS = st.one_of(st.lists(_PIECES, min_size=1, max_size=30).map("".join), st.text(min_size=1))


@st.composite
def _cited(draw: st.DrawFn) -> tuple[StoredArticle, Span, Span]:
    """An article, a stretch of it, and a larger stretch around that."""
    text = draw(_TEXTS)
    start = draw(st.integers(0, len(text) - 1))
    end = draw(st.integers(start + 1, len(text)))
    around = Span(draw(st.integers(0, start)), draw(st.integers(end, len(text))))
    return _stored(text), Span(start, end), around


def _stored(text: str) -> StoredArticle:
    article = Article("a/b ü?#😀", text, title="«T»", published_at="2025-11-19", language="de")
    return StoredArticle(article, article.version, article.content_sha256, 1, "2025-11-20T00:00:00")


def _answer(stored: StoredArticle, span: Span, context: Span, **changed: Any) -> Answer:
    article = stored.article
    quote = article.quote(span)
    citation = Citation(
        id=1,
        answer=AnswerSpan(0, len(quote)),
        source=source_of(stored, span, context),
        support=0.9,
        verified=True,
    )
    passage = FoundPassage(
        article_id=article.id,
        title=article.title,
        url=None,
        published_at=article.published_at,
        language=article.language,
        start=0,
        end=len(article.text),
        text=article.text,
        score=0.5,
    )
    values: dict[str, Any] = {
        "question": "Wer?",
        "status": "answered",
        "mode": "extractive",
        "answer": AnswerText(quote, "de"),
        "confidence": 0.9,
        "citations": [citation],
        "passages": [passage],
        "filters": {"language": ["de"]},
        "timings_ms": {"total": 1.5},
    }
    return Answer(**(values | changed))


@given(_cited())
def test_a_source_quotes_its_article_to_the_character(
    cited: tuple[StoredArticle, Span, Span],
) -> None:
    stored, span, context = cited
    source = source_of(stored, span, context)
    within = source.start - source.context_start
    assert source.quote == stored.article.text[source.start : source.end]
    assert source.context[within:].startswith(source.quote)
    assert stored.article.text[source.context_start :].startswith(source.context)
    assert source.content_sha256 == stored.article.content_sha256


@given(_cited())
def test_json_keeps_an_answer_as_it_is(cited: tuple[StoredArticle, Span, Span]) -> None:
    answer = _answer(*cited)
    encoded = msgspec.json.encode(answer)
    assert msgspec.json.decode(encoded, type=Answer) == answer
    source = msgspec.json.decode(encoded)["citations"][0]["source"]
    assert source["quote"] == cited[0].article.text[source["start"] : source["end"]]


@given(_cited(), st.data())
def test_a_quote_that_is_not_verbatim_breaks_the_promise(
    cited: tuple[StoredArticle, Span, Span], data: st.DataObject
) -> None:
    source = source_of(*cited)
    place = data.draw(st.integers(0, len(source.quote) - 1))
    wrong = source.quote[:place] + "\U0010fffd" + source.quote[place + 1 :]
    with pytest.raises(BrokenPromise):
        msgspec.structs.replace(source, quote=wrong)
    with pytest.raises(BrokenPromise):
        msgspec.structs.replace(source, end=source.end + 1)


@given(_cited())
def test_another_answer_is_the_quote_of_a_passage_that_was_retrieved(
    cited: tuple[StoredArticle, Span, Span],
) -> None:
    source = source_of(*cited)
    other = OtherAnswer(AnswerText(source.quote, "de"), 0.9, source)
    assert _answer(*cited, other_answers=[other]).other_answers == [other]
    with pytest.raises(BrokenPromise):
        OtherAnswer(AnswerText(f"{source.quote}!", "de"), 0.9, source)
    elsewhere = msgspec.structs.replace(source, article_id="another")
    with pytest.raises(BrokenPromise):
        _answer(*cited, other_answers=[msgspec.structs.replace(other, source=elsewhere)])
    with pytest.raises(BrokenPromise):
        _answer(*cited, status="unanswerable", answer=None, citations=[], other_answers=[other])


@given(_cited())
def test_it_can_not_come_in_as_json_either(cited: tuple[StoredArticle, Span, Span]) -> None:
    content = msgspec.to_builtins(_answer(*cited))
    content["citations"][0]["source"]["quote"] += "!"
    with pytest.raises(BrokenPromise):
        msgspec.convert(content, Answer)


@given(_cited())
def test_a_span_outside_the_article_or_empty_breaks_the_promise(
    cited: tuple[StoredArticle, Span, Span],
) -> None:
    stored, _, context = cited
    length = len(stored.article.text)
    for span in (
        Span(-1, 1),
        Span(length, length + 1),
        Span(0, length + 1),
        Span(1, 1),
        Span(1, 0),
    ):
        with pytest.raises(BrokenPromise):
            source_of(stored, span, context)


def test_a_context_that_does_not_hold_the_quote_breaks_the_promise() -> None:
    stored = _stored("Kiew und Europa sitzen nicht am Tisch. Kiew und Europa.")
    for context in (Span(16, 38), Span(0, 10), Span(39, 55), Span(1, 1)):
        with pytest.raises(BrokenPromise):
            source_of(stored, Span(0, 15), context)


def test_a_citation_outside_what_was_retrieved_breaks_the_promise() -> None:
    stored = _stored("Kiew und Europa sitzen bei diesen Gesprächen nicht am Tisch.")
    whole = _answer(stored, Span(0, 15), Span(0, 60))
    passage = whole.passages[0]
    elsewhere = [
        msgspec.structs.replace(passage, article_id="another.txt"),
        msgspec.structs.replace(passage, start=1),
        msgspec.structs.replace(passage, end=14),
    ]
    for passages in ([], elsewhere):
        with pytest.raises(BrokenPromise, match="retrieved"):
            msgspec.structs.replace(whole, passages=passages)
    exact = msgspec.structs.replace(passage, end=15)
    assert msgspec.structs.replace(whole, passages=[*elsewhere, exact]).citations


def test_an_answer_and_its_citations_come_together_or_not_at_all() -> None:
    whole = _answer(_stored("Kiew und Europa."), Span(0, 15), Span(0, 16))
    broken: list[dict[str, Any]] = [
        {"citations": []},
        {"status": "unanswerable"},
        {"answer": None},
        {"answer": None, "citations": []},
        {"status": "unanswerable", "answer": None},
        {"status": "unanswerable", "citations": []},
    ]
    for changed in broken:
        with pytest.raises(BrokenPromise):
            msgspec.structs.replace(whole, **changed)
    silent = msgspec.structs.replace(whole, status="unanswerable", answer=None, citations=[])
    assert silent.passages


@pytest.mark.parametrize(("start", "end"), [(0, 0), (-1, 3), (0, 16), (15, 16), (5, 4)])
def test_a_citation_stands_for_a_part_of_the_answer(start: int, end: int) -> None:
    whole = _answer(_stored("Kiew und Europa."), Span(0, 15), Span(0, 16))
    citation = msgspec.structs.replace(whole.citations[0], answer=AnswerSpan(start, end))
    with pytest.raises(BrokenPromise, match="part of the answer"):
        msgspec.structs.replace(whole, citations=[citation])


def test_offsets_say_what_they_count() -> None:
    whole = msgspec.to_builtins(_answer(_stored("👩‍👩‍👧 Kiew"), Span(6, 10), Span(0, 10)))
    assert whole["offset_unit"] == "codepoint"
    assert whole["citations"][0]["source"]["quote"] == "Kiew"


def test_an_empty_quote_is_none() -> None:
    with pytest.raises(BrokenPromise):
        Source("a", None, None, None, None, 3, 3, "", "0" * 64, "abcdef", 0)


def _copy(**changed: Any) -> Copy:
    told: dict[str, Any] = {
        "article_id": "b", "title": None, "url": None, "outlet": None, "published_at": None,
        "language": None, "content_sha256": "1" * 64, "start": 7, "end": 11, "quote": "Kiew",
    }  # fmt: skip
    return Copy(**told | changed)


@pytest.mark.parametrize(
    "wrong",
    [{"end": 12}, {"end": None}, {"quote": "Kyiv"}, {"quote": None}, {"start": None, "end": None}],
)
def test_a_copy_has_the_same_words_or_no_place(wrong: dict[str, Any]) -> None:
    def source(copy: Copy) -> Source:
        return Source("a", None, None, None, None, 0, 4, "Kiew", "0" * 64, "Kiew", 0, [copy])

    source(_copy())
    source(_copy(start=None, end=None, quote=None))
    with pytest.raises(BrokenPromise):
        source(_copy(**wrong))


def test_a_copy_of_a_passage_has_a_place_and_no_quote() -> None:
    passage = ("a", None, None, None, None, 0, 4, "Kiew", 0.5)
    FoundPassage(*passage, [_copy(quote=None)])
    with pytest.raises(BrokenPromise):
        FoundPassage(*passage, [_copy()])
    with pytest.raises(BrokenPromise):
        FoundPassage(*passage, [_copy(quote=None, end=20)])


def test_a_copy_is_called_by_what_is_known_of_it() -> None:
    assert _copy(outlet="Bote", title="T").name == "Bote"
    assert _copy(title=" T ").name == "T"
    assert _copy().name == "b"
