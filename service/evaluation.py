"""Question files → figures. What each metric means is said at ``Metrics``.

Asks every question of a file and scores what was found. Measures only: nothing
here changes how a question is answered.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from statistics import mean
from typing import Any, Literal

import msgspec
import numpy as np

from indexer.store import PassageStore
from service.answering import Answerer
from service.errors import EvaluationError, QuestionError
from service.finding import Finding
from service.gold_article import is_evident, place_of
from service.question import parse_question
from service.scoring import f1, normalised


class Rejected(msgspec.Struct, frozen=True):
    """An answer that a reader found wrong; ``article`` is None where none was given."""

    article: str | None
    answers: list[str]


class Gold(msgspec.Struct, frozen=True):
    """A line of a question file; ``article`` is None where the archive has no answer.

    A line of a feedback file has a ``rating``. Where that is ``down``, nobody knows the
    right answer, only a wrong one: ``rejected``.
    """

    id: str
    language: str
    question: str
    article: str | None
    answers: list[str]
    evidence: str | None = None
    rating: Literal["up", "down"] | None = None
    rejected: Rejected | None = None

    def __post_init__(self) -> None:
        if (self.rating == "down") != (self.rejected is not None):
            raise ValueError("a line rated down, and no other, says what was rejected")


@dataclass(frozen=True)
class Outcome:
    """What became of one question. ``rank`` counts articles from 1, None where not found."""

    gold: Gold
    rank: int | None
    f1: float | None
    exact: float | None
    evidence: bool | None
    confidence: float
    answered: bool
    latency_ms: float


@dataclass(frozen=True)
class Metrics:
    """Figures over some outcomes; None where there was nothing to measure.

    Article figures count questions with a gold article, over the final ranking, in which
    copies of an article share its place: what one says, the other says too.
    ``span_f1`` and ``span_exact`` score the best span as SQuAD 1.1 does (Rajpurkar
    et al. 2016), of questions with gold answers, whether or not the service would
    have abstained. ``evidence_hit`` asks that the span lies in the gold sentence.
    ``answered_rate`` is the share of all questions that were answered.
    ``abstention_auc`` is the probability that an answerable question gets more
    confidence than an unanswerable one; ``abstention_accuracy`` the share of all
    questions rightly answered or rightly not.
    """

    article_recall_at_1: float | None
    article_recall_at_5: float | None
    article_mrr_at_10: float | None
    span_f1: float | None
    span_exact: float | None
    evidence_hit: float | None
    answered_rate: float | None
    abstention_auc: float | None
    abstention_accuracy: float | None

    @classmethod
    def of(cls, outcomes: Sequence[Outcome]) -> Metrics:
        """The figures of these outcomes."""
        answerable = [o for o in outcomes if o.gold.article is not None]
        unanswerable = [o for o in outcomes if o.gold.article is None]
        ranks = [o.rank for o in answerable]
        return cls(
            article_recall_at_1=_mean(r == 1 for r in ranks),
            article_recall_at_5=_mean(r is not None and r <= 5 for r in ranks),
            article_mrr_at_10=_mean(1 / r if r is not None and r <= 10 else 0.0 for r in ranks),
            span_f1=_mean(o.f1 for o in answerable),
            span_exact=_mean(o.exact for o in answerable),
            evidence_hit=_mean(o.evidence for o in answerable),
            answered_rate=_mean(o.answered for o in outcomes),
            abstention_auc=_auc(
                [o.confidence for o in answerable], [o.confidence for o in unanswerable]
            ),
            abstention_accuracy=_mean(o.answered == (o.gold.article is not None) for o in outcomes),
        )


@dataclass
class Evaluation:
    """All outcomes of a question file.

    ``repeated`` has an entry for each answer that was rejected: whether it is given again.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    repeated: list[bool] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """As ``fundstelle eval --json`` prints it; ``rejected`` only where there is any."""
        figures = self._figures()
        if self.repeated:
            figures["rejected"] = {"questions": len(self.repeated), "repeated": sum(self.repeated)}
        return figures

    def _figures(self) -> dict[str, Any]:
        languages = sorted({o.gold.language for o in self.outcomes})
        latencies = [o.latency_ms for o in self.outcomes]
        return {
            "questions": len(self.outcomes),
            "answerable": sum(o.gold.article is not None for o in self.outcomes),
            "unanswerable": sum(o.gold.article is None for o in self.outcomes),
            "overall": _figures(self.outcomes),
            "by_language": {
                code: _figures([o for o in self.outcomes if o.gold.language == code])
                for code in languages
            },
            "latency_ms": {
                "p50": round(float(np.percentile(latencies, 50)), 1) if latencies else None,
                "p95": round(float(np.percentile(latencies, 95)), 1) if latencies else None,
            },
        }


def parse_questions(lines: Iterable[str | bytes], name: str) -> list[Gold]:
    """The questions of a file, blank lines left out.

    Raises EvaluationError naming the line that can't be used, or that there is none.
    """
    questions = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                questions.append(msgspec.json.decode(line, type=Gold))
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                raise EvaluationError(f"{name}:{number}: {error}") from error
    if not questions:
        raise EvaluationError(f"{name}: holds no question")
    return questions


def evaluate(
    questions: Sequence[Gold],
    answerer: Answerer,
    store: PassageStore,
    *,
    threshold: float,
    on_progress: Callable[[int], None] | None = None,
) -> Evaluation:
    """Ask every question and score what was found.

    Raises EvaluationError for a question that can't be asked.
    """
    evaluation = Evaluation()
    for number, gold in enumerate(questions, start=1):
        started = time.perf_counter()
        try:
            finding = answerer.find(parse_question(gold.question))
        except QuestionError as error:
            raise EvaluationError(f"question {gold.id}: {error}") from error
        latency = 1000 * (time.perf_counter() - started)
        outcome, quote = _score(gold, finding, store, threshold, latency)
        if gold.rejected is None:
            evaluation.outcomes.append(outcome)
        else:
            evaluation.repeated.append(_repeats(gold.rejected, finding, outcome, quote))
        if on_progress:
            on_progress(number)
    return evaluation


def _score(
    gold: Gold, finding: Finding, store: PassageStore, threshold: float, latency: float
) -> tuple[Outcome, str]:
    """What became of a question, and the quote that it found."""
    best = finding.best
    span = best.span if best else None
    text, evident = "", False
    if best and span:
        wanted = [best.candidate.article_id, *finding.copies(best)]
        found = store.articles(wanted)
        cited = found.get(best.candidate.article_id)
        if cited and cited.version == best.candidate.version:
            text = cited.article.text
            proofs = finding.current(wanted, found)
            evident = gold.evidence is not None and any(
                is_evident(gold.evidence, cited, span, stored)
                for stored in proofs
                if stored.article.id == gold.article
            )
    quote = text[span.start : span.end] if span else ""
    outcome = Outcome(
        gold=gold,
        rank=place_of(gold.article, finding),
        f1=max(f1(quote, answer) for answer in gold.answers) if gold.answers else None,
        exact=max(float(normalised(quote) == normalised(a)) for a in gold.answers)
        if gold.answers
        else None,
        evidence=evident if gold.evidence else None,
        confidence=finding.confidence,
        answered=span is not None and finding.confidence >= threshold,
        latency_ms=latency,
    )
    return outcome, quote


def _repeats(rejected: Rejected, finding: Finding, outcome: Outcome, quote: str) -> bool:
    """Whether what was rejected would be given again."""
    if not outcome.answered or finding.best is None:
        return rejected.article is None
    same = rejected.article == finding.best.candidate.article_id
    return same and normalised(quote) in map(normalised, rejected.answers)


def _auc(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    if not positive or not negative:
        return None
    above = np.array(positive)[:, None] - np.array(negative)[None, :]
    return float((above > 0).mean() + 0.5 * (above == 0).mean())


def _mean(values: Iterable[float | bool | None]) -> float | None:
    known = [float(value) for value in values if value is not None]
    return mean(known) if known else None


def _figures(outcomes: Sequence[Outcome]) -> dict[str, float | None]:
    figures = vars(Metrics.of(outcomes))
    return {name: None if value is None else round(value, 4) for name, value in figures.items()}
