"""Answers as Markdown: text first, a link behind each proof, nothing that an article can add."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from service.answer import Answer, Copy
from service.chat.cited_markdown import CitedMarkdown, said
from service.chat.reader_links import ReaderLinks
from service.chat.words import words_for
from service.events import Sentence
from tests.unit.service.chat.answers import (
    TITLE,
    Part,
    extracted,
    generated,
    sentences,
    unanswerable,
)
from tests.unit.service.chat.rendered import RENDERERS, rendered, words
from tests.unit.service.chat.test_markdown import TEXTS

_BASE = "http://archive.test:8000"
_GERMAN = words_for("Wer hat den Gotthard gesperrt?")
_ENGLISH = words_for("Who closed the Gotthard tunnel?")
_WRITER = CitedMarkdown(ReaderLinks(_BASE), _GERMAN)
_SPOKEN = TEXTS.map(lambda text: " ".join(text.split())).filter(bool)
_PARTS = st.builds(
    Part, text=_SPOKEN, quote=st.one_of(st.none(), st.just("Zitat.")), verified=st.booleans()
)


def _markdown(answer: Answer, writer: CitedMarkdown = _WRITER) -> str:
    text = ""
    for segment in writer.whole(answer):
        text += segment.markdown + "".join(f" {writer.marker(c)}" for c in segment.citations)
    return text + writer.ending(answer)


def _two() -> list[Sentence]:
    return sentences(
        [Part("Die «Kranich» fährt 😀", "Quelle A.", after=",")],
        [Part(" öfter", "Quelle B.", article="b.txt"), Part(" und teurer.", "Quelle C.")],
    )


def test_a_link_stands_behind_what_it_proves() -> None:
    text = _markdown(generated(_two())).split("\n\n")[0]
    a, b = f"{_BASE}/read/a%2Fb%20%C3%BC%2Etxt", f"{_BASE}/read/b%2Etxt"
    place = f"?start=110&end=119&content_sha256={'0' * 12}#quote"
    assert text == (
        f"Die «Kranich» fährt 😀 [(1)]({a}{place}), öfter [(2)]({b}{place})"
        f" und teurer. [(3)]({a}{place})"
    )


def test_sources_by_article() -> None:
    listed = rendered(_markdown(generated(_two()))).text.split("Quellen:")[1]
    assert words(listed) == words(f"(1), (3): {TITLE}, 2025-11-19 (2): {TITLE}, 2025-11-19")


def test_a_quote_stands_first_and_then_where_it_stands() -> None:
    text = _markdown(extracted("77 Meter"))
    assert text.startswith("77 Meter [(1)](")
    shown = rendered(text)
    assert "blockquote" in shown.tags
    assert words(shown.text) == words(f"77 Meter (1) Vorher 😀. 77 Meter — {TITLE}, 2025-11-19")


@given(quote=_SPOKEN)
def test_an_article_can_not_add_markup(quote: str) -> None:
    for writer in (_WRITER, replace(_WRITER, words=_ENGLISH)):
        shown = rendered(_markdown(extracted(quote), writer))
        assert shown.tags <= {"p", "br", "code", "a", "blockquote"}
        assert all(target.startswith(f"{_BASE}/read/") for target in shown.targets)
        assert len(shown.targets) == 1


@given(written=st.lists(st.lists(_PARTS, min_size=1, max_size=3), min_size=1, max_size=4))
def test_sentences_as_they_come_are_the_whole(written: list[list[Part]]) -> None:
    spaced = [
        [replace(p, text=f" {p.text}") if i or k else p for k, p in enumerate(parts)]
        for i, parts in enumerate(written)
    ]
    made = sentences(*spaced)
    if not any(c.verified for s in made for c in s.citations):
        return
    answer = generated(made)
    streamed = [segment for s in made for segment in _WRITER.segments(s)]
    whole = list(_WRITER.whole(answer))
    assert "".join(s.markdown for s in streamed) == "".join(s.markdown for s in whole)
    assert [c for s in streamed for c in s.citations] == [c for s in whole for c in s.citations]
    assert answer.answer is not None
    flagged = "".join(s.markdown for s in whole).replace(" (⚠ nicht belegt)", "")
    assert words(rendered(flagged).text) == words(answer.answer.text)


def test_what_is_not_verified_is_flagged_and_proves_nothing() -> None:
    made = sentences(
        [Part("Belegt.", "Quelle.")], [Part(" Behauptet.", "Andere Quelle.", verified=False)]
    )
    text = _markdown(generated(made))
    assert "Behauptet. (⚠ nicht belegt)" in text
    assert len(rendered(text).targets) == 1
    assert "(2)" not in text


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("Wer hat den Gotthard gesperrt?", "Das Archiv sagt es nicht."),
        ("Who closed the Gotthard tunnel?", "The archive does not say."),
        ("Qui a fermé le tunnel du Gothard ?", "The archive does not say."),
    ],
)
def test_what_the_archive_does_not_say(question: str, says: str) -> None:
    writer = CitedMarkdown(ReaderLinks(_BASE), words_for(question))
    assert list(writer.whole(unanswerable("x"))) == []
    text = writer.ending(unanswerable(*["Zitat."] * 7))
    assert text.startswith(says)
    assert len(rendered(text).targets) == 5
    assert writer.ending(unanswerable()) == says


@pytest.mark.parametrize("reason", ["timeout: too slow", "unverified: none of 3", "new: thing"])
def test_why_an_answer_is_not_the_chat_models(reason: str) -> None:
    answer = extracted("77 Meter", fallback_reason=reason)
    assert "Hinweis: " in _markdown(answer).split("\n\n")[-1]
    assert "wörtlich dem Archiv" in _markdown(answer)
    assert "\n\nNote: " in _markdown(answer, replace(_WRITER, words=_ENGLISH))


def test_why_there_is_no_answer_is_said_where_it_is_the_chat_models_fault() -> None:
    failed = _markdown(unanswerable("x", fallback_reason="timeout: too slow"))
    assert failed.split("\n\n")[-1] == "Hinweis: Das Chatmodell wurde nicht rechtzeitig fertig."
    for reason in ("irrelevant: far off", "declined: no", "unverified: none of 3"):
        assert "Hinweis" not in _markdown(unanswerable("x", fallback_reason=reason))


def test_links_at_the_end_for_a_text_without_markers() -> None:
    ending = _WRITER.ending(generated(_two()), linked=True)
    assert len(rendered(ending).targets) == 3
    assert len(rendered(_WRITER.ending(extracted("77 Meter"), linked=True)).targets) == 1


@given(quote=_SPOKEN)
def test_history_holds_what_was_said(quote: str) -> None:
    for answer in (extracted(quote), generated(sentences([Part(quote, "Zitat.")]))):
        assert words(said(_markdown(answer))) == words(quote)


def test_history_of_other_kinds() -> None:
    foreign = "# Plan\n\n- [a](http://x.y/read/z)\n\n\\*"
    assert said(foreign) == foreign
    assert said(_markdown(unanswerable("Zitat."))) == "Das Archiv sagt es nicht."
    assert said(_markdown(generated(_two()))) == "Die «Kranich» fährt 😀, öfter und teurer."


def test_an_article_without_a_title_goes_by_its_id() -> None:
    answer = extracted("77 Meter")
    source = structs.replace(answer.citations[0].source, title=" ", published_at=None)
    bare = structs.replace(answer, citations=[structs.replace(answer.citations[0], source=source)])
    assert rendered(_markdown(bare)).text.endswith("— a/b ü.txt")


def test_who_else_printed_it_stands_behind_the_source() -> None:
    answer = extracted("Kiew")
    citation = answer.citations[0]
    copy = Copy(
        article_id="c.txt", title=TITLE, url=None, outlet=None, published_at=None,
        language="de", content_sha256="1" * 64,
    )  # fmt: skip
    same = structs.replace(
        copy, article_id="b.txt", outlet="Der [Bote]", start=7, end=11, quote="Kiew"
    )
    source = structs.replace(citation.source, also_in=[same, copy])
    cited = structs.replace(citation, source=source)
    text = _markdown(structs.replace(answer, citations=[cited]))
    place = f"?start=7&end=11&content_sha256={'1' * 12}#quote"
    links = f"[Der \\[Bote\\]]({_BASE}/read/b%2Etxt{place}); nicht wörtlich in ["
    assert f"; auch in {links}" in text
    assert text.endswith(f"]({_BASE}/read/c%2Etxt)")
    for renderer in RENDERERS:
        page = rendered(text, renderer)
        assert {f"{_BASE}/read/b%2Etxt{place}", f"{_BASE}/read/c%2Etxt"} < set(page.targets)
        assert "Der [Bote]" in page.text
    assert said(text) == "Kiew"
