"""Reindexing: one generation brought up to date with another, with the real model."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from indexer.article import Article
from indexer.embedding import Embedder
from indexer.indexing import Indexer
from indexer.passages import PassageSettings
from indexer.recipe import Recipe
from indexer.reindexing import Reindexing
from indexer.stores.edge import EdgeStore

OLD, NEW = PassageSettings(64, 0), PassageSettings(16, 0)
LONG = "Der Rat tagte am Montag und lehnte den Antrag auf eine neue Brücke ab. " * 4


class Side:
    """A store and what writes to it."""

    def __init__(self, folder: Path, embedder: Embedder, settings: PassageSettings) -> None:
        recipe = Recipe("m", embedder.dimension, settings.max_tokens, settings.overlap_tokens)
        EdgeStore.create(folder, recipe)
        self.store = EdgeStore(folder)
        self.indexer = Indexer(self.store, lambda: embedder, settings)

    def index(self, **texts: str) -> None:
        self.indexer.index(
            Article(name, text, language="de", source_root="/a", source=name)
            for name, text in texts.items()
        )

    @property
    def texts(self) -> dict[str, str]:
        ids = [s.article.id for s in self.store.list_articles()[0]]
        return {i: s.article.text for i, s in self.store.articles(ids).items()}


@pytest.fixture
def sides(tmp_path: Path, embedder: Embedder) -> Iterator[tuple[Side, Side, Reindexing]]:
    old, new = Side(tmp_path / "1", embedder, OLD), Side(tmp_path / "2", embedder, NEW)
    yield old, new, Reindexing(old.store, new.store, new.indexer)
    old.store.close()
    new.store.close()


Sides = tuple[Side, Side, Reindexing]


def test_all_articles_are_cut_and_embedded_anew(sides: Sides) -> None:
    old, new, reindexing = sides
    old.index(a=LONG, b="Kurz.", leer="")
    told: list[int] = []
    assert reindexing.catch_up(told.append) == 3
    assert told == [3]
    assert new.texts == old.texts == {"a": LONG, "b": "Kurz.", "leer": ""}
    assert new.store.status().passages > old.store.status().passages
    assert new.store.articles(["a"])["a"].article == old.store.articles(["a"])["a"].article
    assert reindexing.catch_up() == 0


def test_what_changed_meanwhile_follows(sides: Sides) -> None:
    old, new, reindexing = sides
    old.index(a="Eins.", b="Zwei.", c="Drei.")
    reindexing.catch_up()
    old.index(a="Eins, geändert.", d="Vier.")
    old.indexer.remove(["b"])
    moved = Article("c", "Drei.", language="de", source_root="/elsewhere", source="c")
    old.store.commit([(moved, 1)])
    assert reindexing.catch_up() == 4
    assert new.texts == {"a": "Eins, geändert.", "c": "Drei.", "d": "Vier."}
    assert new.store.articles(["c"])["c"].article.source_root == "/elsewhere"
    assert [v.text for v in new.store.superseded(["a", "b", "c", "d"])] == ["Eins."]
    assert reindexing.catch_up() == 0


def test_the_texts_of_replaced_versions_come_along(sides: Sides) -> None:
    old, new, reindexing = sides
    for text in ("Eins.", "Zwei.", "Drei."):
        old.index(a=text)
    reindexing.catch_up()
    assert new.store.superseded(["a"]) == old.store.superseded(["a"])


def test_after_the_switch_what_is_newer_there_stays(sides: Sides) -> None:
    old, new, reindexing = sides
    old.index(a="Eins.", b="Zwei.", c="Drei.")
    reindexing.catch_up()
    old.indexer.remove(["c"])  # before the switch, and after the last pass
    switched = (datetime.now(UTC) + timedelta(seconds=1)).isoformat(timespec="seconds")
    time.sleep(2.1)  # stored times are whole seconds
    new.index(a="Eins, im neuen geändert.", e="Nur im neuen.")
    time.sleep(1.1)
    old.index(b="Zwei, noch im alten geändert.")
    reindexing.catch_up(since=switched)
    assert new.texts == {
        "a": "Eins, im neuen geändert.",
        "b": "Zwei, noch im alten geändert.",
        "e": "Nur im neuen.",
    }
