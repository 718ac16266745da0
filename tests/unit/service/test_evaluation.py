"""Figures of an evaluation, against values worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from indexer.article import Span
from service.errors import EvaluationError
from service.evaluation import (
    Evaluation,
    Gold,
    Metrics,
    Outcome,
    parse_questions,
)
from service.scoring import f1, lies_in, normalised


def _outcome(rank: int | None, confidence: float, *, answered: bool = True) -> Outcome:
    gold = Gold("1", "de", "Wer?", "a.txt", ["Kiew"])
    return Outcome(
        gold, rank, f1=0.5, exact=0.0, evidence=True, confidence=confidence,
        answered=answered, latency_ms=10.0,
    )  # fmt: skip


def _unanswerable(confidence: float, *, answered: bool = False, language: str = "de") -> Outcome:
    gold = Gold("2", language, "Was?", None, [])
    return Outcome(
        gold, None, f1=None, exact=None, evidence=None, confidence=confidence,
        answered=answered, latency_ms=30.0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("The Cat's  pyjamas!", "cats pyjamas"),
        ("an apple a day", "apple day"),
        ("Theatre, Anna", "theatre anna"),
        ("the", ""),
        ("  3.5 %\n", "35"),
        ("Œuvre «Ja»", "œuvre «ja»"),  # SQuAD knows ASCII punctuation only
    ],
)
def test_normalised_as_squad_does(text: str, plain: str) -> None:
    assert normalised(text) == plain


@pytest.mark.parametrize(
    ("predicted", "gold", "score"),
    [
        ("the Denver Broncos", "Denver Broncos", 1.0),
        ("Denver", "Denver Broncos", 2 / 3),
        ("Broncos of Denver", "Denver Broncos", 0.8),
        ("gold gold", "gold", 2 / 3),
        ("Carolina", "Denver", 0.0),
        ("", "Denver", 0.0),
        ("the", "a", 0.0),
    ],
)
def test_f1_as_squad_does(predicted: str, gold: str, score: float) -> None:
    assert f1(predicted, gold) == pytest.approx(score)


def test_article_figures_by_hand() -> None:
    figures = Metrics.of([_outcome(rank, 0.9) for rank in (1, 2, 5, 6, 10, 11, None, 1)])
    assert figures.article_recall_at_1 == pytest.approx(2 / 8)
    assert figures.article_recall_at_5 == pytest.approx(4 / 8)
    assert figures.article_mrr_at_10 == pytest.approx((1 + 1 / 2 + 1 / 5 + 1 / 6 + 1 / 10 + 1) / 8)


def test_abstention_by_hand() -> None:
    figures = Metrics.of(
        [
            _outcome(1, 0.9),
            _outcome(1, 0.4, answered=False),
            _outcome(3, 0.6),
            _unanswerable(0.4),
            _unanswerable(0.7, answered=True),
        ]
    )
    # Of six pairs three are right (0.9 > 0.4, 0.9 > 0.7, 0.6 > 0.4) and one is a tie.
    assert figures.abstention_auc == pytest.approx(3.5 / 6)
    assert figures.abstention_accuracy == pytest.approx(3 / 5)
    assert figures.answered_rate == pytest.approx(3 / 5)


def test_span_figures_leave_out_what_has_no_gold() -> None:
    known = _outcome(1, 0.9)
    figures = Metrics.of(
        [
            known,
            replace(known, f1=1.0, exact=1.0, evidence=False),
            replace(known, f1=None, exact=None, evidence=None),
            _unanswerable(0.1),
        ]
    )
    assert (figures.span_f1, figures.span_exact, figures.evidence_hit) == (0.75, 0.5, 0.5)


def test_null_where_there_is_nothing_to_measure() -> None:
    unanswerable = vars(Metrics.of([_unanswerable(0.2)]))
    measured = {"answered_rate": 0.0, "abstention_accuracy": 1.0}
    assert unanswerable == dict.fromkeys(unanswerable) | measured
    assert Metrics.of([_outcome(1, 0.9)]).abstention_auc is None
    nothing = vars(Metrics.of([]))
    assert nothing == dict.fromkeys(nothing)


def test_the_report_counts_and_divides_by_language() -> None:
    report = Evaluation([_outcome(1, 0.9), _unanswerable(0.1, language="fr")]).to_json()
    assert (report["questions"], report["answerable"], report["unanswerable"]) == (2, 1, 1)
    assert list(report["by_language"]) == ["de", "fr"]
    assert report["by_language"]["de"]["article_recall_at_1"] == 1.0
    assert report["by_language"]["fr"]["article_recall_at_1"] is None
    assert report["overall"]["abstention_auc"] == 1.0
    assert report["latency_ms"] == {"p50": 20.0, "p95": 29.0}


def test_an_empty_report_has_no_latency() -> None:
    assert Evaluation().to_json()["latency_ms"] == {"p50": None, "p95": None}


def test_evidence_at_any_occurrence_of_a_sentence() -> None:
    text = "Kiew fehlt. Europa auch. Kiew fehlt. Ende."
    for start in (0, 25):
        assert lies_in(Span(start, start + 4), "Kiew fehlt.", text)
        assert lies_in(Span(start, start + 11), "Kiew fehlt.", text)
    assert not lies_in(Span(12, 18), "Kiew fehlt.", text)
    assert not lies_in(Span(0, 12), "Kiew fehlt.", text)
    assert not lies_in(Span(0, 4), "Moskau fehlt.", text)
    assert lies_in(Span(1, 3), "aba", "ababa")
    assert lies_in(Span(3, 5), "aba", "ababa")


_LINE = '{"id": "1", "language": "de", "question": "Wer?", "article": null, "answers": []}'


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([_LINE, "{"], r"f\.jsonl:2: "),
        ([_LINE, "", " ", '{"id": "2"}'], r"f\.jsonl:4: .*language"),
        ([_LINE.replace("[]", "[1]")], r"f\.jsonl:1: .*answers"),
        ([_LINE.replace("null", "7")], r"f\.jsonl:1: .*article"),
        (["[]"], r"f\.jsonl:1: "),
        ([b'{"id": "\xff"}'], r"f\.jsonl:1: "),
        (["[" * 100_000], r"f\.jsonl:1: "),
        ([], "holds no question"),
        (["", "  "], "holds no question"),
    ],
)
def test_a_line_that_can_not_be_used_is_named(lines: list[str | bytes], said: str) -> None:
    with pytest.raises(EvaluationError, match=said):
        parse_questions(lines, "f.jsonl")


def test_blank_lines_and_further_fields_are_passed_over() -> None:
    questions = parse_questions([_LINE, "", _LINE.replace("{", '{"note": 1, ')], "f.jsonl")
    assert questions == [Gold("1", "de", "Wer?", None, [])] * 2
