"""A question → an Answer. The whole flow on one screen.

Retrieve candidates, read the best of them together with the question, rank by
what was read, and answer with the best span where the reader holds that it
answers; otherwise say that the archive does not. Finding passages is left to
``retrieval.py``, reading to ``reader.py``.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from indexer.sentences import sentence_at
from indexer.store import Candidate, PassageStore
from service.answer import (
    Answer,
    AnswerSpan,
    AnswerText,
    Citation,
    FoundPassage,
    source_of,
)
from service.finding import Finding, Ranked, found_passages, unread
from service.question import Question
from service.reader import Readable, Reader, Reading
from service.retrieval import Retrieved, Retriever
from service.stories.reprints import quoted_in
from service.telemetry.record import stage

_TRIES = 3
# A blank passage reads as minus infinity, which neither ranking nor JSON can work with.
_LEAST = -100.0
# No passage has read as more: the most of 858 readings for the development questions is 19.5.
_MOST = 20.0


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

    def find(self, question: Question, *, thorough: bool = False) -> Finding:
        """Candidates in their final order, the best of them read; see ``read``."""
        return self.read(question, self.retrieve(question), thorough=thorough)

    def retrieve(self, question: Question) -> Retrieved:
        """Candidates in the order of retrieval, before any is read."""
        return self._retriever.retrieve(
            question.text,
            question.wanted,
            least=max(self._passages_read, question.top_k),
            group=question.grouped(self._group),
            mention=question.mention,
            now=question.asked_at,
        )

    def read(self, question: Question, retrieved: Retrieved, *, thorough: bool = False) -> Finding:
        """The same candidates, the first of them read and put in their final order.

        As many as the reader reads at once, then the others of ``passages_read``, unless
        none of them could come before what has been read; ``thorough`` reads them anyway.
        """
        started = time.perf_counter()
        nearest = retrieved.candidates[: self._passages_read]
        first = len(nearest) if thorough else self._reader.at_once
        with stage("read"):
            readings = self._readings(question, retrieved, nearest[:first])
            if self._may_be_beaten(nearest, readings):
                readings += self._readings(question, retrieved, nearest[first:])
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
            filters=question.heeded,
            timings_ms=timings(finding.timings_ms, started),
        )

    def search(self, question: Question) -> tuple[list[FoundPassage], dict[str, float]]:
        """The passages that the reader ranks first, and where the time went."""
        started = time.perf_counter()
        finding = self.find(question, thorough=True)
        return found_passages(finding.ranked[: question.top_k], finding.articles), timings(
            finding.timings_ms, started
        )

    def _readings(
        self, question: Question, retrieved: Retrieved, candidates: list[Candidate]
    ) -> list[Reading]:
        heads = [retrieved.articles[c.article_id].article.heading for c in candidates]
        return self._reader.read(
            question.text,
            [Readable(c.text, head) for c, head in zip(candidates, heads, strict=True)],
        )

    def _may_be_beaten(self, nearest: list[Candidate], readings: list[Reading]) -> bool:
        """Whether one of the candidates that were not read could be the best."""
        weight = self._calibration.dense_weight
        read = zip(nearest, readings, strict=False)
        # An empty span is no answer, however relevant.
        best = max(
            (r.relevance + weight * c.dense for c, r in read if r.span.start < r.span.end),
            default=-math.inf,
        )
        return any(_MOST + weight * c.dense > best for c in nearest[len(readings) :])

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
        question.text,
        question.wanted,
        least=question.top_k,
        group=question.grouped(group),
        mention=question.mention,
        now=question.asked_at,
    )
    return found_passages(unread(retrieved)[: question.top_k], retrieved.articles), timings(
        retrieved.timings_ms, started
    )


def timings(stages: Mapping[str, float], started: float) -> dict[str, float]:
    """Milliseconds a stage, and in all since ``started`` (by ``time.perf_counter``)."""
    total = 1000 * (time.perf_counter() - started)
    return {stage: round(spent, 1) for stage, spent in {**stages, "total": total}.items()}
