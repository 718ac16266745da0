"""Retrieval from a real store while an article is being replaced, or its writer has died."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.article import Article, Passage
from indexer.embedding import Embedder
from indexer.lexical import weigh_passage
from indexer.recipe import Recipe
from indexer.store import ArticleFilter, PassagePoint
from indexer.stores.edge import EdgeStore
from service.retrieval import Retriever

QUESTION = "Wann zieht der Kranich nach Süden?"
LEG = 40  # as many passages as one leg of the search gives


@pytest.fixture
def store(tmp_path: Path, embedder: Embedder) -> Iterator[EdgeStore]:
    EdgeStore.create(tmp_path / "1", Recipe("a-model", embedder.dimension, 32, 0))
    opened = EdgeStore(tmp_path / "1")
    yield opened
    opened.close()


def points(article: Article, vectors: list[list[float]]) -> list[PassagePoint]:
    return [
        PassagePoint(
            article,
            Passage(article.id, ordinal, 0, len(article.text), article.text),
            vector,
            weigh_passage(article.text, article.language),
        )
        for ordinal, vector in enumerate(vectors)
    ]


def test_passages_that_a_dead_writer_left_do_not_crowd_out_committed_ones(
    store: EdgeStore, embedder: Embedder
) -> None:
    committed = Article("kranich.txt", "Die Vögel brechen im Oktober auf.", language="de")
    (vector,) = embedder.embed_passages([committed.text]).tolist()
    store.write_passages(points(committed, [vector]))
    store.commit([(committed, 1)])
    # Nearer to the question than any real passage, and more than a leg of the search gives.
    left = Article("kranich.txt", QUESTION, language="de")
    (nearest,) = embedder.embed_questions([QUESTION]).tolist()
    store.begin([left.id])
    store.write_passages(points(left, [nearest] * (3 * LEG)))

    found = Retriever(store, embedder).retrieve(QUESTION, ArticleFilter())
    assert [(c.article_id, c.text) for c in found.candidates] == [(committed.id, committed.text)]


def test_a_language_that_fills_a_leg_does_not_keep_out_the_others(
    store: EdgeStore, embedder: Embedder
) -> None:
    question = "When do the cranes leave for the south?"
    (nearest,) = embedder.embed_questions([question]).tolist()
    for number in range(LEG + 5):
        crowd = Article(f"crowd-{number}.txt", question, language="en")
        store.write_passages(points(crowd, [nearest]))
        store.commit([(crowd, 1)])
    german = Article("kranich.txt", "Die Vögel brechen im Oktober auf.", language="de")
    (vector,) = embedder.embed_passages([german.text]).tolist()
    store.write_passages(points(german, [vector]))
    store.commit([(german, 1)])

    retriever = Retriever(store, embedder)
    found = retriever.retrieve(question, ArticleFilter(), group=False)
    assert german.id in {candidate.article_id for candidate in found.candidates}
    found = retriever.retrieve(question, ArticleFilter(languages=("en",)), group=False)
    assert {candidate.language for candidate in found.candidates} == {"en"}
