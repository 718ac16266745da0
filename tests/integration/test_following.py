"""An engine on a server goes over to the generation that another process switched to.

The server is qdrant-client's in-memory mode, the other process a second hand on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from indexer.article import Article
from indexer.embedding import Embedder
from indexer.settings import ArchiveSettings
from service.engine import Engine
from service.renewal import drop_former, reindex
from tests.contract.test_store import IN_MEMORY

pytestmark = [pytest.mark.model, IN_MEMORY]


def articles(**texts: str) -> Iterator[Article]:
    return (Article(name, text, language="de", source="-") for name, text in texts.items())


@pytest.fixture
def engine(cache: Path, embedder: Embedder) -> Iterator[Engine]:
    with Engine(ArchiveSettings(qdrant_url=":memory:", cache=cache), create=True) as opened:
        opened.models._embedders[embedder.model] = embedder  # loaded already
        yield opened


def no_progress(done: int, total: int) -> None:
    assert 0 <= done <= total


def test_in_memory_reindex_switches_the_alias_and_keeps_the_former(engine: Engine) -> None:
    engine.index(articles(a="Der Kranich zieht nach Süden.", b="Die Brücke bleibt zu."))
    asked = replace(engine.archive, passage_tokens=64, passage_overlap=0)
    renewed = reindex(engine, asked, no_progress)
    assert (renewed.generation, renewed.former, renewed.articles) == ("2", ["1"], 2)
    assert engine.status()["recipe"]["passage_tokens"] == 64
    assert set(engine.articles(["a", "b"])) == {"a", "b"}
    assert (drop_former(engine), engine.generations.old()) == (["1"], [])


def test_in_memory_what_another_process_switched_to_is_read_and_written(engine: Engine) -> None:
    engine.index(articles(a="Alt."))
    name = engine.generations.make(engine_recipe(engine))
    other = engine.open_generation(name)
    other.indexer.index(articles(b="Neu."))
    with engine.reading() as under_way:
        engine.generations.switch(name)
        assert set(engine.articles(["a", "b"])) == {"a"}
        engine.follow()
        assert set(engine.articles(["a", "b"])) == {"b"}
        assert set(under_way.store.articles(["a"])) == {"a"}, "a question under way goes on"
        assert not under_way.closed.is_set()
    assert under_way.closed.is_set()


def test_in_memory_articles_written_too_late_are_written_again(engine: Engine) -> None:
    engine.index(articles(a="Alt."))
    name = engine.generations.make(engine_recipe(engine))
    engine.generations.switch(name)  # and the engine has not noticed
    report = engine.index(articles(c="Zu spät für das alte."))
    assert report.added == 1
    assert set(engine.articles(["a", "c"])) == {"c"}
    assert engine.remove(["c"]) == {"removed": 1, "unknown": []}


def engine_recipe(engine: Engine):  # type: ignore[no-untyped-def]
    with engine.reading() as archive:
        return archive.store.recipe
