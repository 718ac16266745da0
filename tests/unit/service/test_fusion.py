"""Dense and lexical scores together, with regard to language."""

from __future__ import annotations

from math import isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.store import Candidate
from service.fusion import FusionWeights, fuse, levelled

_WEIGHTS = FusionWeights(same_language=1.0, other_language=0.25)


def _candidate(dense: float, lexical: float | None, language: str | None = "de") -> Candidate:
    return Candidate("a.txt", "v", 0, 0, 1, "x", language, dense, lexical)


def test_nothing_gives_nothing() -> None:
    assert fuse([], "de", _WEIGHTS) == []


def test_one_candidate_has_no_spread() -> None:
    assert fuse([_candidate(0.9, 7.0)], "de", _WEIGHTS) == [0.0]


def test_scores_that_are_all_the_same_say_nothing() -> None:
    same = [_candidate(0.5, 3.0, code) for code in ("de", "de", "en", None)]
    assert fuse(same, "de", _WEIGHTS) == [0.0] * 4


def test_standardised_by_hand() -> None:
    # dense 1, 2, 3: mean 2, deviation sqrt(2/3); lexical 0, 3: mean 1.5, deviation 1.5
    found = fuse(
        [_candidate(1, 3.0), _candidate(2, 0.0), _candidate(3, None, "en")], "de", _WEIGHTS
    )
    unit = (2 / 3) ** 0.5
    assert found == pytest.approx([-1 / unit + 1.0, 0 - 1.0, 1 / unit])


def test_words_count_by_agreement_of_languages() -> None:
    candidates = [_candidate(0.5, 9.0), _candidate(0.5, 1.0)]
    same, other, unknown = (fuse(candidates, code, _WEIGHTS) for code in ("de", "en", None))
    assert same == pytest.approx([1.0, -1.0])
    assert other == pytest.approx([0.25, -0.25])
    assert unknown == pytest.approx(other)


def test_an_unknown_language_agrees_with_nothing() -> None:
    candidates = [_candidate(0.5, 9.0, None), _candidate(0.5, 1.0, None)]
    assert fuse(candidates, None, _WEIGHTS) == pytest.approx([0.25, -0.25])


def test_a_passage_that_its_leg_left_out_gets_the_floor_of_the_leg() -> None:
    left_out, last, first = fuse(
        [_candidate(0.5, None), _candidate(0.5, 4.0), _candidate(0.5, 8.0)], "de", _WEIGHTS
    )
    assert left_out == last < first


def test_a_leg_that_found_nothing_changes_nothing() -> None:
    candidates = [_candidate(0.9, None), _candidate(0.5, None)]
    assert fuse(candidates, "de", _WEIGHTS) == pytest.approx([1.0, -1.0])


def test_no_language_crowds_out_another() -> None:
    """The same story in two languages: the scale of a language's words is of no advantage."""
    german = [_candidate(0.9, 40.0), _candidate(0.5, 20.0), _candidate(0.1, 0.0)]
    english = [_candidate(c.dense, (c.lexical or 0) / 20, "en") for c in german]
    found = fuse([*german, *english], "fr", _WEIGHTS)
    assert found[:3] == pytest.approx(found[3:])
    found = fuse([*german, *english], "en", _WEIGHTS)
    assert found[3] > found[0] > max(found[1], found[4])


def test_the_number_of_a_language_s_passages_is_of_no_advantage() -> None:
    german = [_candidate(0.9, 8.0), _candidate(0.1, 0.0)]
    english = [_candidate(c.dense, c.lexical, "en") for c in german] * 10
    found = fuse([*german, *english], "fr", _WEIGHTS)
    assert found[0] == pytest.approx(found[2])
    assert found[1] == pytest.approx(found[3])


_SCORES = st.floats(-100, 100, allow_subnormal=False)


@given(
    st.lists(
        st.builds(
            _candidate, _SCORES, st.none() | _SCORES, st.sampled_from(["de", "en", "uk", None])
        )
    ),
    st.sampled_from(["de", "en", None]),
)
def test_every_candidate_gets_a_number(candidates: list[Candidate], language: str | None) -> None:
    found = fuse(candidates, language, FusionWeights())
    assert len(found) == len(candidates)
    assert all(map(isfinite, found))


def test_the_language_of_the_question_gives_no_head_start() -> None:
    mine, other, unknown = (_candidate(0.86, 7.0, code) for code in ("de", "uk", None))
    weights = FusionWeights(head_start=0.03)
    found = levelled([mine, other, unknown], "de", weights)
    assert [candidate.dense for candidate in found] == pytest.approx([0.83, 0.86, 0.86])
    assert [candidate.lexical for candidate in found] == [7.0] * 3
    assert levelled([mine, other], None, weights) == [mine, other]


def test_in_an_archive_of_one_language_nothing_changes_places() -> None:
    candidates = [_candidate(0.9, 1.0), _candidate(0.85, 8.0), _candidate(0.84, None)]
    level = levelled(candidates, "de", FusionWeights())
    assert fuse(level, "de", _WEIGHTS) == pytest.approx(fuse(candidates, "de", _WEIGHTS))
