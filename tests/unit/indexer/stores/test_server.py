"""What the server store sends, held against a server that only records it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from indexer.article import Article, Passage
from indexer.collection import CollectionSettings
from indexer.errors import StoreError
from indexer.lexical import weigh_passage
from indexer.recipe import Recipe
from indexer.settings import ArchiveSettings
from indexer.store import PassagePoint
from indexer.stores import _connect, open_generations
from indexer.stores.server import ServerStore
from tests.contract.test_store import open_current
from tests.recording_qdrant import Recorded, recording_qdrant

RECIPE = Recipe("a-model", 4, 320, 48)
COLLECTION = "/collections/fundstelle.default.1"


@pytest.fixture
def recorded() -> Iterator[Recorded]:
    with recording_qdrant() as server:
        yield server


def made(recorded: Recorded, **settings: object) -> ServerStore:
    """The store that is made for these settings where there is none yet."""
    collection = CollectionSettings(**settings)  # type: ignore[arg-type]
    archive = ArchiveSettings(qdrant_url=recorded.address, collection=collection)
    store = open_current(open_generations(archive), lambda: RECIPE)
    assert isinstance(store, ServerStore)
    return store


def point(language: str = "de") -> PassagePoint:
    article = Article("a", "Ein Satz.", language=language)
    passage = Passage("a", 0, 0, 9, article.text)
    return PassagePoint(article, passage, [1.0, 0, 0, 0], weigh_passage(article.text, language))


def test_a_recorded_collection_is_made_for_ten_million_passages(recorded: Recorded) -> None:
    made(recorded).close()
    (asked,) = recorded.sent("PUT", COLLECTION)
    assert asked["vectors"] == {"dense": {"size": 4, "distance": "Cosine", "on_disk": True}}
    assert asked["shard_number"] == 6
    assert asked["replication_factor"] == asked["write_consistency_factor"] == 1
    assert asked["on_disk_payload"] is True
    assert asked["hnsw_config"] == {"m": 32, "ef_construct": 200, "payload_m": 0}
    compressed = {"type": "int8", "quantile": 0.99, "always_ram": True}
    assert asked["quantization_config"] == {"scalar": compressed}


def test_a_recorded_collection_is_made_as_the_settings_ask(recorded: Recorded) -> None:
    made(
        recorded,
        shards=12,
        replicas=3,
        write_consistency=2,
        vectors_on_disk=False,
        quantization="binary",
        graph_links=24,
        graph_build=150,
    ).close()
    (asked,) = recorded.sent("PUT", COLLECTION)
    assert asked["vectors"]["dense"]["on_disk"] is False
    assert (asked["shard_number"], asked["replication_factor"]) == (12, 3)
    assert asked["write_consistency_factor"] == 2
    assert (asked["hnsw_config"]["m"], asked["hnsw_config"]["ef_construct"]) == (24, 150)
    assert asked["quantization_config"] == {"binary": {"always_ram": True}}


def test_a_recorded_collection_without_compression_has_none(recorded: Recorded) -> None:
    made(recorded, quantization="none").close()
    (asked,) = recorded.sent("PUT", COLLECTION)
    assert asked.get("quantization_config") is None


def test_every_field_that_is_filtered_on_has_a_recorded_payload_index(recorded: Recorded) -> None:
    made(recorded).close()
    asked = {
        b["field_name"]: b["field_schema"] for b in recorded.sent("PUT", f"{COLLECTION}/index")
    }
    on_disk = {"type": "keyword", "on_disk": True}
    assert asked == {
        **dict.fromkeys(("kind", "language", "outlet", "author", "section", "tags"), "keyword"),
        **dict.fromkeys(("article_id", "version", "source_root"), on_disk),
        "published": "integer",
        "at": "datetime",
    }


def test_a_language_gets_its_vector_once_as_recorded(recorded: Recorded) -> None:
    store = made(recorded)
    for language in ("de", "de", "fr"):
        store.write_passages([point(language)])
    store.close()
    added = [
        path.rpartition("/")[2] for method, path, _ in recorded.requests if "/vectors/bm25" in path
    ]
    assert [name.partition("?")[0] for name in added] == ["bm25-de", "bm25-fr"]
    written = [b["points"][0]["vector"] for b in recorded.sent("PUT", f"{COLLECTION}/points")[1:]]
    assert [set(vector) for vector in written] == [
        {"dense", "bm25-de"},
        {"dense", "bm25-de"},
        {"dense", "bm25-fr"},
    ]


@pytest.mark.parametrize(
    ("replicas", "written", "asked", "recorded_query"),
    [
        (1, 1, "auto", ""),
        (3, 2, "auto", "consistency=majority"),
        (2, 2, "auto", ""),
        (3, 1, "one", ""),
        (1, 1, "quorum", "consistency=quorum"),
    ],
)
def test_articles_are_read_from_as_many_replicas_as_recorded(
    recorded: Recorded, replicas: int, written: int, asked: str, recorded_query: str
) -> None:
    store = made(recorded, replicas=replicas, write_consistency=written, read_consistency=asked)
    recorded.recipe = {}  # nothing is found
    store.articles(["a"])
    store.close()
    assert recorded.queries(f"{COLLECTION}/points")[-1] == recorded_query


def test_every_write_is_recorded_as_waited_for(recorded: Recorded) -> None:
    store = made(recorded)
    store.begin(["a"])
    store.write_passages([point()])
    store.commit([(point().article, 1)])
    store.drop_passages("a", keep="v")
    store.forget(["a"])
    store.end()
    store.close()
    writes = [
        path
        for method, path, _ in recorded.requests
        if "/points" in path and (method == "PUT" or path.partition("?")[0].endswith("/delete"))
    ]
    assert len(writes) == 8
    assert all("wait=true" in path for path in writes)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_write_is_sent_again_after_a_recorded_failure_that_passes(
    recorded: Recorded, status: int
) -> None:
    store = made(recorded)
    store.write_passages([point()])
    before = len(recorded.sent("PUT", f"{COLLECTION}/points"))
    recorded.failures = [status, status]
    store.write_passages([point()])
    store.close()
    attempts = recorded.sent("PUT", f"{COLLECTION}/points")[before:]
    assert len(attempts) == 3
    assert attempts[0] == attempts[1] == attempts[2]


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_write_that_the_recorded_server_refuses_is_not_sent_again(
    recorded: Recorded, status: int
) -> None:
    store = made(recorded)
    store.write_passages([point()])
    before = len(recorded.sent("PUT", f"{COLLECTION}/points"))
    recorded.failures = [status]
    with pytest.raises(StoreError, match="FUNDSTELLE_QDRANT_API_KEY"):
        store.write_passages([point()])
    store.close()
    assert len(recorded.sent("PUT", f"{COLLECTION}/points")) == before + 1


def test_without_retries_a_recorded_failure_is_told_at_once(recorded: Recorded) -> None:
    store = made(recorded, retries=0)
    recorded.failures = [503]
    with pytest.raises(StoreError, match="503"):
        store.begin(["a"])
    store.close()
    assert recorded.failures == []


def test_a_server_that_is_gone_is_a_store_error() -> None:
    with recording_qdrant() as server:
        store = made(server, retries=1)
    with pytest.raises(StoreError, match="check that the server runs there"):
        store.begin(["a"])
    store.close()


def test_a_client_asks_for_grpc_where_the_settings_do(recorded: Recorded) -> None:
    settings = ArchiveSettings(qdrant_url=recorded.address, qdrant_grpc=True, qdrant_timeout=7)
    client = _connect(settings, recorded.address)
    assert client.init_options["prefer_grpc"] is True
    assert client.init_options["timeout"] == 7
    client.close()
