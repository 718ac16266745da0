"""Follow-up questions with the real model: what the rules carry over finds the article."""

from __future__ import annotations

import httpx
import pytest

from benchmarks.follow_ups import WAYS, FollowUp, read
from service.conversation import self_contained

_FOUND_AT_LEAST = 0.8  # of the follow-ups on articles that no rule was made on


@pytest.mark.parametrize("name", ["dev", "test"])
def test_what_depends_is_told_from_a_new_topic(name: str) -> None:
    follow_ups = read(name)
    carried = [f for f in follow_ups if self_contained(f.question, f.history) is not None]
    assert all(f.self_contained is not None for f in carried)
    depending = [f for f in follow_ups if f.self_contained is not None]
    assert len(carried) >= 0.85 * len(depending)


def test_the_sets_are_about_different_articles() -> None:
    dev, test = ({f.article for f in read(name)} for name in ("dev", "test"))
    assert not dev & test


@pytest.mark.model
@pytest.mark.long
def test_follow_ups_find_their_articles(http: httpx.Client) -> None:
    def first(follow_up: FollowUp, way: str) -> bool:
        query = {"q": WAYS[way](follow_up), "top_k": "1", "rerank": "true"}
        found = http.get("/v1/search", params=query).json()["results"]
        return bool(found[0]["article_id"] == follow_up.article)

    follow_ups = [f for f in read("test") if f.self_contained is not None]
    found = {
        way: sum(first(f, way) for f in follow_ups) / len(follow_ups)
        for way in ("as asked", "ours")
    }
    assert found["ours"] >= _FOUND_AT_LEAST
    assert found["ours"] >= found["as asked"] + 0.1


@pytest.mark.model
def test_an_answer_says_how_its_question_was_understood(http: httpx.Client) -> None:
    said = [
        {"role": "user", "content": "Wer war Kapitän der «Kranich» beim Unfall?"},
        {"role": "assistant", "content": "Reto Wänzried"},
    ]
    body = {"question": "Wie alt ist er?", "history": said}
    answer = http.post("/v1/questions", json=body).json()
    assert answer["question"] == "Wie alt ist er?"
    assert "Reto Wänzried" in answer["rewritten_question"]
    assert answer["citations"][0]["source"]["article_id"].startswith("kranich-")
    alone = {"question": "Wer vermittelte im Bäckerstreik von Morvenne?", "history": said}
    assert http.post("/v1/questions", json=alone).json()["rewritten_question"] is None
