"""What is read of a passage, as a place among the others and a probability."""

from __future__ import annotations

from itertools import pairwise
from math import inf

from indexer.article import Span
from indexer.store import Candidate
from service.confidence import Calibration
from service.reader import Reading

_TEXT = "Zehn Millionen Euro zahlte die Stadt."
_MANY = "How many aircraft were chartered?"
_WHAT = "What did the town pay?"


def _candidate(dense: float = 0.85, article: str = "a") -> Candidate:
    return Candidate(article, "v", 0, 0, len(_TEXT), _TEXT, "de", dense, None)


def _reading(relevance: float, end: int = 19) -> Reading:
    return Reading(relevance, Span(0, end))


def test_confidence_is_a_probability_that_grows_with_relevance() -> None:
    calibration = Calibration()
    found = [calibration.confidence(_WHAT, _candidate(), _reading(r)) for r in (-inf, -9, 0, 9, 30)]
    assert all(0 <= c <= 1 for c in found)
    assert all(one < other for one, other in pairwise(found))


def test_an_answer_of_another_kind_is_hardly_ever_right() -> None:
    calibration = Calibration()
    assert calibration.confidence(_WHAT, _candidate(), _reading(15)) > 0.9
    assert calibration.confidence(_MANY, _candidate(), _reading(15)) < 0.5


def test_no_span_no_confidence() -> None:
    assert Calibration().confidence(_WHAT, _candidate(), _reading(15, end=0)) == 0


def test_reading_goes_on_until_it_is_decided() -> None:
    calibration = Calibration()
    near, far = _candidate(0.85), _candidate(0.65)
    assert not calibration.decided([], [near])
    assert calibration.decided([], [])
    # Doubtful, and the next one is as near.
    assert not calibration.decided([(near, _reading(5))], [near])
    # Doubtful, but the next one is so far that nothing makes up for it.
    assert calibration.decided([(near, _reading(5))], [far])
    # Plainly an answer.
    assert calibration.decided([(near, _reading(12))], [near])
    # An empty span is no answer, however relevant.
    assert not calibration.decided([(near, _reading(12, end=0))], [near])


def test_what_other_articles_may_say_is_read() -> None:
    calibration = Calibration()
    near, beside, far = _candidate(), _candidate(0.84, "b"), _candidate(0.75, "c")
    assert not calibration.decided([(near, _reading(12))], [beside])
    assert calibration.decided([(near, _reading(12)), (beside, _reading(0))], [far])
    assert not calibration.decided([(near, _reading(12)), (beside, _reading(12))], [far])


def test_what_reads_as_nothing_still_has_a_place() -> None:
    calibration = Calibration()
    assert calibration.place(_candidate(), _reading(-inf)) > -inf
    assert calibration.place(_candidate(), _reading(3)) > calibration.place(
        _candidate(), _reading(-inf)
    )
