"""Answers as a chat model, or the reader, gives them: built, not found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from service.answer import Answer, AnswerSpan, AnswerText, Citation, FoundPassage, Source
from service.events import Sentence

TITLE = "Nacht & <b>Nebel</b>: [Live] *Sperrung* am Gotthard"


@dataclass(frozen=True)
class Part:
    """A part of a sentence and the quote that proves it, None where nothing does."""

    text: str
    quote: str | None = None
    article: str = "a/b ü.txt"
    verified: bool = True
    after: str = ""


def _source(part: Part) -> Source:
    assert part.quote is not None
    context = f"Vorher 😀. {part.quote}"
    return Source(
        article_id=part.article,
        title=TITLE,
        url="https://example.org/a",
        published_at="2025-11-19T08:00:00Z",
        language="de",
        start=100 + len(context) - len(part.quote),
        end=100 + len(context),
        quote=part.quote,
        content_sha256="0" * 64,
        context=context,
        context_start=100,
    )


def _passage(source: Source) -> FoundPassage:
    return FoundPassage(
        article_id=source.article_id,
        title=source.title,
        url=source.url,
        published_at=source.published_at,
        language=source.language,
        start=source.context_start,
        end=source.end,
        text=source.context,
        score=1.0,
    )


def sentences(*written: Sequence[Part]) -> list[Sentence]:
    """Sentences with their citations; each text but the first begins with white space."""
    made: list[Sentence] = []
    at = number = 0
    for parts in written:
        start, text, citations = at, "", []
        for part in parts:
            begin = at + len(part.text) - len(part.text.lstrip())
            text += part.text + part.after
            if part.quote is not None:
                number += 1
                span = AnswerSpan(begin, at + len(part.text))
                citations.append(Citation(number, span, _source(part), 0.9, part.verified))
            at = start + len(text)
        made.append(Sentence(start, text, citations))
    return made


def generated(written: Sequence[Sentence], question: str = "Wer sperrt den Gotthard?") -> Answer:
    """The answer of these sentences."""
    citations = [c for sentence in written for c in sentence.citations]
    text = "".join(sentence.text for sentence in written)
    return Answer(
        question=question,
        status="answered",
        mode="generative",
        answer=AnswerText(text, "de"),
        confidence=0.9,
        citations=citations,
        passages=[_passage(c.source) for c in citations],
        filters={},
    )


def extracted(quote: str, *, fallback_reason: str | None = None) -> Answer:
    """The answer of the reader."""
    source = _source(Part(quote, quote))
    return Answer(
        question="Wer sperrt den Gotthard?",
        status="answered",
        mode="extractive",
        answer=AnswerText(quote, "de"),
        confidence=0.8,
        citations=[Citation(1, AnswerSpan(0, len(quote)), source, 0.8, True)],
        passages=[_passage(source)],
        filters={},
        fallback_reason=fallback_reason,
    )


def unanswerable(*quotes: str, fallback_reason: str | None = None) -> Answer:
    """No answer, and what comes nearest."""
    return Answer(
        question="Wer sperrt den Gotthard?",
        status="unanswerable",
        mode="extractive",
        answer=None,
        confidence=0.1,
        citations=[],
        passages=[_passage(_source(Part(q, q))) for q in quotes],
        filters={},
        fallback_reason=fallback_reason,
    )
