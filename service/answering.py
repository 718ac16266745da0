"""A question → an Answer. The whole flow on one screen.

Retrieve candidates, read the best of them together with the question, rank by
what was read, and answer with the best span where the reader holds that it
answers; otherwise say that the archive does not. Finding passages is left to
``retrieval.py``, reading to ``reader.py``.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from indexer.article import Span
from indexer.sentences import sentence_at
from indexer.store import Candidate, PassageStore, StoredArticle
from service.answer import (
    Answer,
    AnswerSpan,
    AnswerText,
    Citation,
    FoundPassage,
    source_of,
)
from service.question import Question
from service.reader import Readable, Reader, Reading
from service.reprints import printed_in, quoted_in
from service.retrieval import Retrieved, Retriever
from service.stories import Stories

_TRIES = 3
# A blank passage reads as minus infinity, which neither ranking nor JSON can work with.
_LEAST = -100.0


@dataclass(frozen=True)
class Calibration:
    """Scores of the reader → a ranking and a probability.

    ``dense_weight`` is what a cosine of 1 counts beside the reader's relevance;
    the confidence is logistic in the relevance (Platt scaling). Fitted on the German
    and English development questions (``docs/reader.md``).
    """

    dense_weight: float = 200.0
    slope: float = 0.255
    midpoint: float = 3.06

    def confidence(self, relevance: float) -> float:
        """The probability that a passage of this relevance answers."""
        exponent = max(-50.0, min(50.0, self.slope * (relevance - self.midpoint)))
        return 1 / (1 + math.exp(-exponent))


@dataclass(frozen=True)
class Ranked:
    """A candidate in its final place; ``reading`` is None where it was not read.

    ``copies`` are the passages that it stands for.
    """

    candidate: Candidate
    score: float
    reading: Reading | None
    copies: Sequence[Candidate] = ()

    @property
    def span(self) -> Span | None:
        """The answer's span in code points of the article, None where there is none."""
        if self.reading is None or self.reading.span.start >= self.reading.span.end:
            return None
        offset = self.candidate.start
        return Span(self.reading.span.start + offset, self.reading.span.end + offset)


@dataclass(frozen=True)
class Finding:
    """Everything found for a question, best first, before it is decided whether to answer."""

    ranked: list[Ranked]
    articles: Mapping[str, StoredArticle]
    stories: Stories
    confidence: float
    timings_ms: dict[str, float]

    @property
    def best(self) -> Ranked | None:
        """The passage to answer from, None where nothing was found."""
        return next((r for r in self.ranked if r.span is not None), None)

    def shown(self, count: int) -> list[Ranked]:
        """The first passages, and in any case the one to answer from."""
        first, best = self.ranked[:count], self.best
        return first if best is None or best in first else [*first[:-1], best]

    def copies(self, ranked: Ranked) -> frozenset[str]:
        """The ids of the other articles found that printed the story of a passage."""
        own = ranked.candidate.article_id
        folded = {copy.article_id for copy in ranked.copies}
        return (self.stories.copies(own) | folded) - {own}

    def current(
        self, ids: Iterable[str], stored: Mapping[str, StoredArticle]
    ) -> list[StoredArticle]:
        """Those of the articles that are still what they were when they were found."""
        return [
            stored[i] for i in ids if i in stored and stored[i].version == self.articles[i].version
        ]


class Answerer:
    """Answers questions from one archive. Safe to use from several threads."""

    def __init__(
        self,
        store: PassageStore,
        retriever: Retriever,
        reader: Reader,
        *,
        threshold: float,
        passages_read: int,
        group: bool = True,
        calibration: Calibration | None = None,
    ) -> None:
        self._store = store
        self._retriever = retriever
        self._reader = reader
        self._threshold = threshold
        self._passages_read = passages_read
        self._group = group
        self._calibration = calibration or Calibration()

    def answer(self, question: Question) -> Answer:
        """The answer, with its citation, or that there is none."""
        started = time.perf_counter()
        return self.conclude(question, self.find(question), started)

    def find(self, question: Question) -> Finding:
        """Candidates in their final order, the best of them read."""
        return self.read(question, self.retrieve(question))

    def retrieve(self, question: Question) -> Retrieved:
        """Candidates in the order of retrieval, before any is read."""
        return self._retriever.retrieve(
            question.text,
            question.wanted,
            least=max(self._passages_read, question.top_k),
            group=question.grouped(self._group),
        )

    def read(self, question: Question, retrieved: Retrieved) -> Finding:
        """The same candidates, the first of them read and put in their final order."""
        started = time.perf_counter()
        nearest = retrieved.candidates[: self._passages_read]
        heads = [retrieved.articles[c.article_id].article.heading for c in nearest]
        readings = self._reader.read(
            question.text, [Readable(c.text, head) for c, head in zip(nearest, heads, strict=True)]
        )
        ranked = self._rank(retrieved, readings)
        best = next((r.reading.relevance for r in ranked if r.reading and r.span), -math.inf)
        return Finding(
            ranked=ranked,
            articles=retrieved.articles,
            stories=retrieved.stories,
            confidence=self._calibration.confidence(best),
            timings_ms=retrieved.timings_ms | {"read": 1000 * (time.perf_counter() - started)},
        )

    def conclude(self, question: Question, finding: Finding, started: float) -> Answer:
        """The answer to what was found.

        ``started`` is when the question came, by ``time.perf_counter``. Where the best
        article was replaced meanwhile, the question is looked up again.
        """
        finding, citation = self._cite_current(question, finding)
        source = citation.source if citation else None
        return Answer(
            question=question.text,
            status="answered" if citation else "unanswerable",
            mode="extractive",
            answer=AnswerText(source.quote, source.language) if source else None,
            confidence=round(finding.confidence, 4),
            citations=[citation] if citation else [],
            passages=found_passages(finding.shown(question.top_k), finding.articles),
            filters=dict(question.filters),
            timings_ms=timings(finding.timings_ms, started),
        )

    def search(self, question: Question) -> tuple[list[FoundPassage], dict[str, float]]:
        """The passages that the reader ranks first, and where the time went."""
        started = time.perf_counter()
        finding = self.find(question)
        return found_passages(finding.ranked[: question.top_k], finding.articles), timings(
            finding.timings_ms, started
        )

    def _rank(self, retrieved: Retrieved, readings: list[Reading]) -> list[Ranked]:
        weight = self._calibration.dense_weight
        found = unread(retrieved)
        read = [
            replace(
                r,
                score=max(reading.relevance, _LEAST) + weight * r.candidate.dense,
                reading=reading,
            )
            for r, reading in zip(found, readings, strict=False)
        ]
        read.sort(key=lambda r: -r.score)
        # What was not read keeps its fused order, below what was.
        rest = found[len(readings) :]
        drop = read[-1].score - 1 - rest[0].score if read and rest else 0.0
        return read + [replace(r, score=r.score + drop) for r in rest]

    def _cite_current(
        self, question: Question, finding: Finding
    ) -> tuple[Finding, Citation | None]:
        for attempt in range(_TRIES):
            if attempt:
                finding = self.find(question)
            if finding.best is None or finding.confidence < self._threshold:
                break
            citation = self._cite(finding, finding.best)
            if citation:
                return finding, citation
        return finding, None

    def _cite(self, finding: Finding, best: Ranked) -> Citation | None:
        """None where the article was replaced or removed since its passage was found."""
        candidate, span = best.candidate, best.span
        copies = finding.copies(best)
        found = self._store.articles([candidate.article_id, *copies])
        stored = found.get(candidate.article_id)
        if span is None or stored is None or stored.version != candidate.version:
            return None
        article = stored.article
        context = sentence_at(article.text, article.language, span, article.body_start)
        return Citation(
            id=1,
            answer=AnswerSpan(0, span.end - span.start),
            source=source_of(
                stored,
                span,
                context,
                quoted_in(stored, span, context, finding.current(copies, found)),
            ),
            support=round(finding.confidence, 4),
            verified=True,
        )


def search(
    retriever: Retriever, question: Question, *, group: bool = True
) -> tuple[list[FoundPassage], dict[str, float]]:
    """The passages nearest to a question without reading them, and where the time went."""
    started = time.perf_counter()
    retrieved = retriever.retrieve(
        question.text, question.wanted, least=question.top_k, group=question.grouped(group)
    )
    return found_passages(unread(retrieved)[: question.top_k], retrieved.articles), timings(
        retrieved.timings_ms, started
    )


def timings(stages: Mapping[str, float], started: float) -> dict[str, float]:
    """Milliseconds a stage, and in all since ``started`` (by ``time.perf_counter``)."""
    total = 1000 * (time.perf_counter() - started)
    return {stage: round(spent, 1) for stage, spent in {**stages, "total": total}.items()}


def unread(retrieved: Retrieved) -> list[Ranked]:
    """Candidates as retrieval ranks them."""
    return [
        Ranked(candidate, score, None, copies)
        for candidate, score, copies in zip(
            retrieved.candidates, retrieved.scores, retrieved.copies, strict=True
        )
    ]


def found_passages(
    ranked: Sequence[Ranked], articles: Mapping[str, StoredArticle]
) -> list[FoundPassage]:
    """Ranked passages as an answer shows them."""
    found = []
    for r in ranked:
        article = articles[r.candidate.article_id].article
        found.append(
            FoundPassage(
                article_id=article.id,
                title=article.title,
                url=article.url,
                published_at=article.published_at,
                language=article.language,
                start=r.candidate.start,
                end=r.candidate.end,
                text=r.candidate.text,
                score=round(r.score, 4),
                also_in=printed_in(r.candidate, r.copies, articles),
            )
        )
    return found
