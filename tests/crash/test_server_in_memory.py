"""Writers to a server that break off, or work side by side, on qdrant-client's in-memory mode.

No server runs here: a writer "dies" by an exception that nothing catches, between two
requests. Several stores on one client are several processes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
from qdrant_client import QdrantClient, models

from indexer.article import Article
from indexer.embedding import Embedder
from indexer.indexing import Indexer
from indexer.passages import PassageSettings
from indexer.points import journal_point_id
from indexer.recipe import Recipe
from indexer.sources import Item
from indexer.store import ArticleFilter
from indexer.stores.server import ServerStore
from indexer.stores.server_generations import ServerGenerations, alias_name
from service.retrieval import Retriever
from tests.contract.test_store import IN_MEMORY, open_current

pytestmark = IN_MEMORY

_SETTINGS = PassageSettings(max_tokens=32, overlap_tokens=0)
_BEFORE = {
    "kranich.txt": "Der Kranich zieht nach Süden.",
    "lang.txt": "Der Rat tagte am Montag. " * 12,
    "weg.txt": "Die Brücke wird geschlossen.",
}
_AFTER = {
    "kranich.txt": "Der Storch zieht nach Norden. " * 6,
    "lang.txt": "Der Rat tagte nicht.",
    "weg.txt": "Die Brücke bleibt offen.",
    "neu.txt": "Ein neuer Text über den Rat.",
}
_STEPS = ("begin", "write_passages", "keep_superseded", "commit", "drop_passages", "end")
Look = Callable[[], None]
_Store = TypeVar("_Store", bound=ServerStore)


class Broken(BaseException):
    """Nothing in the product catches it, as nothing catches a kill."""


class Watched(ServerStore):
    """Calls ``at(step, when)`` before and after each step of a writer."""

    at: Callable[[str, str], None] = staticmethod(lambda step, when: None)

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name not in (*_STEPS, "forget", "drop_superseded"):
            return found

        def step(*args: Any, **kwargs: Any) -> Any:
            self.at(name, "before")
            done = found(*args, **kwargs)
            self.at(name, "after")
            return done

        return step


@pytest.fixture
def client(embedder: Embedder) -> Iterator[QdrantClient]:
    made = QdrantClient(":memory:")
    recipe = Recipe("a-model", embedder.dimension, 32, 0)
    open_current(ServerGenerations(made, "default", ":memory:"), lambda: recipe)
    yield made
    made.close()


def another(client: QdrantClient, kind: type[_Store] = ServerStore) -> _Store:
    """The same archive as another process has it."""
    current = ServerGenerations(client, "default", ":memory:").current()
    return kind(client, f"{alias_name('default')}.{current}", ":memory:")


@pytest.fixture
def writer(client: QdrantClient, embedder: Embedder) -> Callable[[], tuple[Watched, Indexer]]:
    def start() -> tuple[Watched, Indexer]:
        store = another(client, Watched)
        return store, Indexer(store, lambda: embedder, _SETTINGS)

    return start


def articles(texts: dict[str, str]) -> list[Item]:
    return [
        Article(name, text, language="de", source_root="/archive", source=name)
        for name, text in texts.items()
    ]


@pytest.fixture
def look(client: QdrantClient, embedder: Embedder) -> Look:
    """A reader: every article that lasts is found, in one version, which is the committed one."""
    store = another(client)

    def once() -> None:
        full = store.articles(list(_BEFORE | _AFTER))
        assert full.keys() >= _BEFORE.keys()
        for name, one in full.items():
            assert one.article.text in {_BEFORE.get(name), _AFTER.get(name)}
        found = Retriever(store, embedder).retrieve("Was tat der Rat?", ArticleFilter())
        assert {c.article_id for c in found.candidates} >= _BEFORE.keys()
        for c in found.candidates:
            assert c.version == full[c.article_id].version
            assert full[c.article_id].article.text[c.start : c.end] == c.text

    return once


def whole(client: QdrantClient, texts: dict[str, str]) -> None:
    """Exactly these articles are there, with all their passages and none that are nobody's."""
    store = another(client)
    stored = store.articles(list(_BEFORE | _AFTER))
    assert {name: one.article.text for name, one in stored.items()} == texts
    for one in stored.values():
        assert len(store.passages([one])) == one.passages > 0
    assert store.status().passages == sum(one.passages for one in stored.values())


def age_journals(client: QdrantClient, by: timedelta) -> None:
    """Let time pass for every journal."""
    store = another(client)
    of_journals = models.FieldCondition(key="kind", match=models.MatchValue(value="journal"))
    records, _ = client.scroll(store.collection, models.Filter(must=[of_journals]))
    for record in records:
        at = (datetime.now(UTC) - by).isoformat()
        client.set_payload(store.collection, {"at": at}, [record.id])


@pytest.mark.long
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", _STEPS)
def test_a_writer_that_breaks_off_is_cleared_up_after(
    step: str,
    when: str,
    client: QdrantClient,
    writer: Callable[[], tuple[Watched, Indexer]],
    look: Look,
) -> None:
    writer()[1].index(articles(_BEFORE))
    store, indexer = writer()

    def at(*here: str) -> None:
        look()
        if here == (step, when):
            raise Broken

    store.at = at  # type: ignore[method-assign]
    with pytest.raises(Broken):
        indexer.index(articles(_AFTER))
    look()

    # The next writer can't know that the other is dead, and leaves alone what is in flight.
    store, indexer = writer()
    store.at = lambda *_: look()  # type: ignore[method-assign]
    indexer.index(articles(_AFTER))
    look()
    age_journals(client, timedelta(minutes=31))
    indexer.recover()
    whole(client, _AFTER)
    assert store.journal() == []


_ALL = [(step, when) for step in _STEPS for when in ("before", "after")]
# Between looking up what is committed and dropping the rest nothing protects a second writer.
_UNPROTECTED = ("drop_passages", "before")


@pytest.mark.long
@pytest.mark.parametrize(
    ("step", "when"),
    [
        pytest.param(*at, marks=[pytest.mark.xfail(strict=True)] if at == _UNPROTECTED else [])
        for at in _ALL
    ],
)
def test_another_writer_meanwhile_harms_neither(
    step: str,
    when: str,
    client: QdrantClient,
    writer: Callable[[], tuple[Watched, Indexer]],
) -> None:
    """It does all of its work while the first stands at a step: other articles, and the same."""
    writer()[1].index(articles(_BEFORE))
    store, indexer = writer()
    others = {"kranich.txt": "Der Kranich bleibt hier.", "mehr.txt": "Noch ein Text."}

    def at(*here: str) -> None:
        if here == (step, when):
            store.at = lambda *_: None  # type: ignore[method-assign]
            writer()[1].index(articles(others))

    store.at = at  # type: ignore[method-assign]
    indexer.index(articles(_AFTER))
    committed_last = "_AFTER" if step in _STEPS[:3] or (step, when) == ("commit", "before") else ""
    expected = _AFTER | others | ({"kranich.txt": _AFTER["kranich.txt"]} if committed_last else {})
    stored = another(client).articles(list(expected))
    assert {name: one.article.text for name, one in stored.items()} == expected
    for one in stored.values():
        passages = another(client).passages([one])
        assert len(passages) == one.passages > 0, one.article.id


def test_a_journal_is_respected_for_half_an_hour(
    client: QdrantClient, writer: Callable[[], tuple[Watched, Indexer]]
) -> None:
    writer()[1].index(articles(_BEFORE))
    store, indexer = writer()

    def at(*here: str) -> None:
        if here == ("commit", "before"):
            raise Broken

    store.at = at  # type: ignore[method-assign]
    with suppress(Broken):
        indexer.index(articles(_AFTER))
    dead = journal_point_id(store._writer)
    other, repairing = writer()
    age_journals(client, timedelta(minutes=29))
    assert other.journal() == []
    repairing.recover()
    assert client.retrieve(other.collection, [dead])
    age_journals(client, timedelta(minutes=31))
    assert sorted(other.journal()) == sorted(_AFTER)
    repairing.recover()
    assert not client.retrieve(other.collection, [dead])
    whole(client, _BEFORE)
