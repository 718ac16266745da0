"""Names bring an article of another language forward."""

from __future__ import annotations

from indexer.article import Article
from indexer.store import Candidate, StoredArticle
from service.naming import in_order_of_names
from service.retrieval import Retrieved
from service.stories.copies import Stories

_TEXTS = {
    "other.txt": "Der Trainer von Rom bleibt im Amt.",
    "right.txt": "Giovanni Trapattoni wird Trainer beim VfB Stuttgart.",
    "third.txt": "Wetter: Es regnet in Hamburg.",
}


def _retrieved(query_language: str | None, scores: list[float], *, more: int = 0) -> Retrieved:
    texts = _TEXTS | {f"{i:02}.txt": "Trapattoni in Stuttgart" for i in range(more)}
    articles = {
        name: StoredArticle(Article(name, text, language="de"), "v", "0", 1, "")
        for name, text in texts.items()
    }
    candidates = [
        Candidate(name, "v", 0, 0, len(text), text, "de", 0.8, None) for name, text in texts.items()
    ]
    return Retrieved(
        query_language, candidates, scores, [[] for _ in candidates], articles, Stories({})
    )


def _order(retrieved: Retrieved) -> list[str]:
    return [c.article_id for c in retrieved.candidates]


def test_a_name_in_another_script_brings_its_article_forward() -> None:
    found = in_order_of_names(
        "Новий тренер Трапаттоні очолив Штутгарт", _retrieved("uk", [2.0, 1.9, 1])
    )
    assert _order(found) == ["right.txt", "other.txt", "third.txt"]
    assert found.scores == sorted(found.scores, reverse=True)


def test_it_does_not_overturn_what_is_clear() -> None:
    found = in_order_of_names(
        "Новий тренер Трапаттоні очолив Штутгарт", _retrieved("uk", [9.0, 1.9, 1])
    )
    assert _order(found)[0] == "other.txt"


def test_within_a_language_words_have_said_it_already() -> None:
    given = _retrieved("de", [2.0, 1.9, 1])
    assert in_order_of_names("Trapattoni geht nach Stuttgart", given) is given


def test_a_query_without_names_keeps_its_order() -> None:
    given = _retrieved("en", [2.0, 1.9, 1])
    assert in_order_of_names("the new coach", given) is given


def test_what_is_not_looked_at_stays_below_with_its_copies() -> None:
    given = _retrieved("en", [20.0 - i for i in range(15)], more=12)
    found = in_order_of_names("The coach Trapattoni joins Stuttgart", given)
    assert _order(found)[10:] == _order(given)[10:]
    assert sorted(_order(found)) == sorted(_order(given))
    assert found.scores == sorted(found.scores, reverse=True)
    assert len(found.copies) == len(found.candidates)
