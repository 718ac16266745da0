"""How checked sentences become an answer. Whether they are true is tested with the real models."""

from __future__ import annotations

from service.answer import AnswerSpan, Citation, Source
from service.events import Sentence
from service.writing.citations import Draft


def sentence(text: str, *verified: bool) -> Sentence:
    """A sentence as the checker gives it: one citation a truth value, each for the whole."""
    source = Source("a", None, None, None, "de", 0, 4, "Kiew", "0" * 64, "Kiew", 0)
    span = AnswerSpan(0, len(text))
    return Sentence(0, text, [Citation(i, span, source, 0.9, v) for i, v in enumerate(verified, 1)])


def test_sentences_are_placed_one_after_another() -> None:
    draft = Draft(flag=False)
    first = draft.add(sentence("Kiew 🇺🇦 fehlt.", True, True), new_line=False)
    second = draft.add(sentence("Europa fehlt.", True), new_line=False)
    third = draft.add(sentence("Wer noch?", True), new_line=True)
    assert draft.text == "Kiew 🇺🇦 fehlt. Europa fehlt.\nWer noch?"
    assert [s.start for s in first + second + third] == [0, 14, 28]
    assert "".join(s.text for s in draft.sentences) == draft.text
    assert [c.id for c in draft.citations] == [1, 2, 3, 4]
    cited = [draft.text[c.answer.start : c.answer.end] for c in draft.citations]
    assert cited == ["Kiew 🇺🇦 fehlt.", "Kiew 🇺🇦 fehlt.", "Europa fehlt.", "Wer noch?"]


def test_what_is_not_verified_is_dropped() -> None:
    draft = Draft(flag=False)
    assert draft.add(sentence("Falsch.", False), new_line=False) == []
    assert draft.add(sentence("Halb.", True, False), new_line=False) == []
    assert draft.add(sentence("Ohne."), new_line=False) == []
    assert [s.text for s in draft.add(sentence("Wahr.", True), new_line=True)] == ["Wahr."]


def test_what_is_flagged_waits_for_something_verified() -> None:
    draft = Draft(flag=True)
    assert draft.add(sentence("Falsch.", False), new_line=False) == []
    assert draft.sentences == []
    shown = draft.add(sentence("Wahr.", True), new_line=False)
    assert [s.text for s in shown] == ["Falsch.", " Wahr."]
    assert [s.text for s in draft.add(sentence("Auch falsch.", False), new_line=False)] == [
        " Auch falsch."
    ]
    assert [c.verified for c in draft.citations] == [False, True, False]


def test_a_sentence_without_a_citation_can_not_even_be_flagged() -> None:
    draft = Draft(flag=True)
    draft.add(sentence("Wahr.", True), new_line=False)
    assert draft.add(sentence("Ohne."), new_line=False) == []
