"""What is read has some of the question's language and some of others, else the nearest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.store import Candidate
from service.retrieval import Retrieved
from service.shortlist import shortlisted
from service.stories.copies import Stories


def retrieved(languages: str, *, question: str | None = "d") -> Retrieved:
    """Candidates in these languages, a letter each, named by their places."""
    candidates = [
        Candidate(str(place), "v", 0, 0, 1, "x", language, 0.8, None)
        for place, language in enumerate(languages)
    ]
    scores = [float(-place) for place in range(len(candidates))]
    return Retrieved(question, candidates, scores, [[c] for c in candidates], {}, Stories({}))


def places(found: Retrieved) -> list[int]:
    return [int(candidate.article_id) for candidate in found.candidates]


@pytest.mark.parametrize(
    ("languages", "first"),
    [
        ("dddddddddefg", [0, 1, 2, 3, 4, 9, 10, 11]),
        ("dddddddddede", [0, 1, 2, 3, 4, 5, 9, 11]),
        ("eeeefffffffd", [0, 1, 2, 3, 4, 5, 6, 11]),
        ("dedededededd", [0, 1, 2, 3, 4, 5, 6, 7]),
        ("dddddddddddd", [0, 1, 2, 3, 4, 5, 6, 7]),
    ],
)
def test_eight_have_three_of_either_kind_where_there_are(languages: str, first: list[int]) -> None:
    assert places(shortlisted(retrieved(languages), 8))[:8] == first


def test_a_question_in_no_language_and_few_candidates_stay_as_they_are() -> None:
    for given_, count in ((retrieved("ddddee", question=None), 3), (retrieved("dde"), 3)):
        assert shortlisted(given_, count) is given_


@given(st.text("def", max_size=40), st.integers(1, 12))
def test_nothing_is_lost_and_each_part_keeps_its_order(languages: str, count: int) -> None:
    before = retrieved(languages)
    after = shortlisted(before, count)
    order = places(after)
    assert sorted(order) == list(range(len(languages)))
    assert order[:count] == sorted(order[:count])
    assert order[count:] == sorted(order[count:])
    assert after.scores == before.scores
    assert [copies[0].article_id for copies in after.copies] == [str(place) for place in order]
    read = [languages[place] for place in order[:count]]
    for own in (True, False):
        there = sum((letter == "d") == own for letter in languages)
        assert sum((letter == "d") == own for letter in read) >= min(there, count * 3 // 8)
