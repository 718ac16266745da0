"""A question → an Answer. The whole flow on one screen.

Retrieve candidates, read the best of them together with the question, rank by
what was read, and answer with the best span where the reader holds that it
answers; otherwise say that the archive does not. Finding passages is left to
``retrieval.py``, reading to ``reader.py``.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

from indexer.store import Candidate, PassageStore
from service.answer import Answer, FoundPassage
from service.citing import Cited, cite
from service.confidence import Calibration
from service.finding import Finding, Ranked, found_passages, unread
from service.naming import in_order_of_names
from service.question import Question
from service.reader import Readable, Reader, Reading
from service.retrieval import Retrieved, Retriever
from service.shortlist import shortlisted
from service.telemetry.record import stage
from service.testimony import testimony

_TRIES = 3


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

        As many at a time as the reader reads at once, up to ``passages_read``, until it is
        decided which one is the best; ``thorough`` reads them all.
        """
        started = time.perf_counter()
        retrieved = shortlisted(retrieved, self._passages_read)
        nearest = retrieved.candidates[: self._passages_read]
        step = len(nearest) if thorough else self._reader.at_once
        readings: list[Reading] = []
        with stage("read"):
            while len(readings) < len(nearest) and not self._decided(nearest, readings):
                more = nearest[len(readings) : len(readings) + step]
                readings += self._readings(question, retrieved, more)
        ranked = self._rank(retrieved, readings)
        best = next(((r.candidate, r.reading) for r in ranked if r.reading and r.span), None)
        return Finding(
            ranked=ranked,
            articles=retrieved.articles,
            stories=retrieved.stories,
            confidence=self._calibration.confidence(question.text, *best) if best else 0.0,
            timings_ms=retrieved.timings_ms | {"read": 1000 * (time.perf_counter() - started)},
        )

    def conclude(self, question: Question, finding: Finding, started: float) -> Answer:
        """The answer to what was found.

        ``started`` is when the question came, by ``time.perf_counter``. Where the best
        article was replaced meanwhile, the question is looked up again.
        """
        finding, cited = self._cite_current(question, finding)
        return Answer(
            question=question.text,
            status="answered" if cited else "unanswerable",
            mode="extractive",
            answer=cited.answer if cited else None,
            confidence=round(cited.citations[0].support if cited else finding.confidence, 4),
            citations=cited.citations if cited else [],
            other_answers=cited.others if cited else [],
            passages=found_passages(
                finding.shown(question.top_k, cited.main if cited else None), finding.articles
            ),
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

    def _decided(self, nearest: list[Candidate], readings: list[Reading]) -> bool:
        read = list(zip(nearest, readings, strict=False))
        return self._calibration.decided(read, nearest[len(readings) :])

    def _rank(self, retrieved: Retrieved, readings: list[Reading]) -> list[Ranked]:
        found = unread(retrieved)
        read = [
            replace(r, score=self._calibration.place(r.candidate, reading), reading=reading)
            for r, reading in zip(found, readings, strict=False)
        ]
        read.sort(key=lambda r: -r.score)
        # What was not read keeps its fused order, below what was.
        rest = found[len(readings) :]
        drop = read[-1].score - 1 - rest[0].score if read and rest else 0.0
        return read + [replace(r, score=r.score + drop) for r in rest]

    def _cite_current(self, question: Question, finding: Finding) -> tuple[Finding, Cited | None]:
        for attempt in range(_TRIES):
            if attempt:
                finding = self.find(question)
            if finding.best is None or finding.confidence < self._threshold:
                break
            heard = testimony(question.text, finding, self._calibration, self._threshold)
            cited = cite(heard, finding, self._store, question.top_k) if heard else None
            if cited:
                return finding, cited
        return finding, None


def search(
    retriever: Retriever, question: Question, *, group: bool = True
) -> tuple[list[FoundPassage], dict[str, float]]:
    """The passages nearest to a question without reading them, and where the time went.

    What is searched for may as well be a statement or a headline: names tell there what a
    reader would.
    """
    started = time.perf_counter()
    retrieved = retriever.retrieve(
        question.text,
        question.wanted,
        least=question.top_k,
        group=question.grouped(group),
        mention=question.mention,
        now=question.asked_at,
    )
    found = unread(in_order_of_names(question.text, retrieved))[: question.top_k]
    return found_passages(found, retrieved.articles), timings(retrieved.timings_ms, started)


def timings(stages: Mapping[str, float], started: float) -> dict[str, float]:
    """Milliseconds a stage, and in all since ``started`` (by ``time.perf_counter``)."""
    total = 1000 * (time.perf_counter() - started)
    return {stage: round(spent, 1) for stage, spent in {**stages, "total": total}.items()}
