"""Answer and Citation: what every door serves, with its invariants enforced.

Values only; how they are found is in ``answering.py``. All offsets are Unicode
code points, end exclusive. An Answer that breaks a promise (a quote that is not
verbatim, a citation of something that was not retrieved, an answer without a
citation) can't be built.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from indexer.article import Span
from indexer.store import StoredArticle

Status = Literal["answered", "unanswerable"]
Mode = Literal["extractive", "generative"]


class BrokenPromise(AssertionError):
    """An answer would have broken an invariant: a defect of ours, never of the input."""


class AnswerText(msgspec.Struct, frozen=True):
    """The short answer and its language (ISO 639-1, None where unknown)."""

    text: str
    language: str | None


class AnswerSpan(msgspec.Struct, frozen=True):
    """The part of the answer's text that a citation stands for."""

    start: int
    end: int


class Place(msgspec.Struct, frozen=True):
    """A stretch of an article, and what tells a reader which article that is."""

    article_id: str
    title: str | None
    url: str | None
    published_at: str | None
    language: str | None
    start: int
    end: int


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """Another article that printed the same story.

    ``start`` and ``end`` say where the very same words stand in it, and are null where it
    does not have them. ``quote`` repeats them for a source, and is null for a passage.
    """

    article_id: str
    title: str | None
    url: str | None
    outlet: str | None
    published_at: str | None
    language: str | None
    content_sha256: str
    start: int | None = None
    end: int | None = None
    quote: str | None = None

    @property
    def name(self) -> str:
        """What to call it in a line: its paper, or whatever else tells it from the others."""
        return (self.outlet or self.title or "").strip() or self.article_id

    def check(self, words: str, quote: str | None) -> None:
        """Raise BrokenPromise where its place can't be that of these words."""
        placed = self.start is not None and self.end is not None
        if placed != (self.start is not None or self.end is not None):
            raise BrokenPromise("a copy has both ends of a place, or none")
        if placed and (self.end or 0) - (self.start or 0) != len(words):
            raise BrokenPromise("a copy's place must be as long as the words that it repeats")
        if self.quote != (quote if placed else None):
            raise BrokenPromise("a copy must repeat the quote where it has a place, and only there")


class Source(Place, frozen=True):
    """Where it says so: ``quote`` is the article's text from ``start`` to ``end``.

    ``content_sha256`` names the version of the article. ``context`` is the
    sentence (or sentences) around the quote, beginning at ``context_start``.
    ``also_in`` names the other articles that printed the story.
    """

    quote: str
    content_sha256: str
    context: str
    context_start: int
    also_in: list[Copy] = []

    def __post_init__(self) -> None:
        within = self.start - self.context_start
        if not self.quote or self.end - self.start != len(self.quote):
            raise BrokenPromise("a quote must be as long as its span")
        if within < 0 or self.context[within : within + len(self.quote)] != self.quote:
            raise BrokenPromise("a quote must stand in its context")
        for copy in self.also_in:
            copy.check(self.quote, self.quote)


class Citation(msgspec.Struct, frozen=True):
    """One proof. ``support`` is a probability; ``id`` counts from 1."""

    id: int
    answer: AnswerSpan
    source: Source
    support: float
    verified: bool


class OtherAnswer(msgspec.Struct, frozen=True):
    """What another article says, and the answer given does not agree with.

    ``answer`` repeats the quote of its ``source``.
    """

    answer: AnswerText
    confidence: float
    source: Source

    def __post_init__(self) -> None:
        if self.answer.text != self.source.quote:
            raise BrokenPromise("another answer must be the quote of its source")


class FoundPassage(Place, frozen=True):
    """A passage that was retrieved. Scores rank within one answer and mean nothing beyond it.

    ``also_in`` names the other articles in which it was found.
    """

    text: str
    score: float
    also_in: list[Copy] = []

    def __post_init__(self) -> None:
        for copy in self.also_in:
            copy.check(self.text, None)


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a question gets. ``confidence`` is the probability that the archive answers it.

    ``other_answers`` are those of articles that contradict it, the newest first.
    """

    question: str
    status: Status
    mode: Mode
    answer: AnswerText | None
    confidence: float
    citations: list[Citation]
    passages: list[FoundPassage]
    filters: dict[str, Any]
    other_answers: list[OtherAnswer] = []
    fallback_reason: str | None = None
    rewritten_question: str | None = None
    offset_unit: Literal["codepoint"] = "codepoint"
    timings_ms: dict[str, float] = {}

    def __post_init__(self) -> None:
        if (self.status == "answered") != (self.answer is not None):
            raise BrokenPromise("exactly an answered question has an answer")
        if (self.answer is not None) != bool(self.citations):
            raise BrokenPromise("exactly an answer has citations")
        if self.citations and not any(c.verified for c in self.citations):
            raise BrokenPromise("an answer needs a citation that is verified")
        if self.other_answers and self.answer is None:
            raise BrokenPromise("only an answer can have others beside it")
        for other in self.other_answers:
            self._check_retrieved(other.source)
        for citation in self.citations:
            self._check(citation)

    def _check_retrieved(self, source: Source) -> None:
        retrieved = any(
            p.article_id == source.article_id and p.start <= source.start and source.end <= p.end
            for p in self.passages
        )
        if not retrieved:
            raise BrokenPromise("a citation must lie in a passage that was retrieved")

    def _check(self, citation: Citation) -> None:
        part = citation.answer
        self._check_retrieved(citation.source)
        if not 0 <= part.start < part.end <= len(self.answer.text if self.answer else ""):
            raise BrokenPromise("a citation must stand for a part of the answer")


def source_of(
    stored: StoredArticle, span: Span, context: Span, also_in: Sequence[Copy] = ()
) -> Source:
    """The source of a quote, taken from the article's own text.

    Raises BrokenPromise where the span is empty or lies outside the article.
    """
    article = stored.article
    if not 0 <= span.start < span.end <= len(article.text):
        raise BrokenPromise(f"{span} lies outside the article")
    return Source(
        article_id=article.id,
        title=article.title,
        url=article.url,
        published_at=article.published_at,
        language=article.language,
        start=span.start,
        end=span.end,
        quote=article.quote(span),
        content_sha256=stored.content_sha256,
        context=article.quote(context),
        context_start=context.start,
        also_in=list(also_in),
    )
