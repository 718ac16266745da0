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
            weigh_passage(article.text, "de"),
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
