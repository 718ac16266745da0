"""One suite over every store: what indexing and retrieval may rely on.

``server-in-memory`` is the server's store on qdrant-client's in-memory mode, the
same interface without a server. ``server-http`` and ``server-grpc`` run where
``FUNDSTELLE_TEST_QDRANT_URL`` names a real one.
"""

from __future__ import annotations

import math
import os
import shutil
import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest
from qdrant_client import QdrantClient, models

from indexer.article import Article, Passage, Span
from indexer.errors import IndexNotFound, RecipeMismatch, StoreError
from indexer.lexical import SparseVector, weigh_passage, weigh_question
from indexer.points import journal_payload, journal_point_id, published_seconds
from indexer.recipe import FORMAT, Recipe
from indexer.settings import ArchiveSettings
from indexer.store import (
    ArticleFilter,
    Candidate,
    PassagePoint,
    PassageStore,
    SearchRequest,
    Superseded,
)
from indexer.stores import Generations, current_or_first, edge_open_shard, open_generations
from indexer.stores.edge import EdgeStore
from indexer.stores.server import ServerStore
from indexer.stores.server_generations import ServerGenerations

DIMENSION = 8
RECIPE = Recipe("a-model", DIMENSION, 320, 48)
_URL = "FUNDSTELLE_TEST_QDRANT_URL"
IN_MEMORY = pytest.mark.filterwarnings("ignore:Payload indexes have no effect:UserWarning")


def open_current(
    generations: Generations, recipe: Callable[[], Recipe] | None = None
) -> PassageStore:
    """The store in use, made with ``recipe()`` where there is none yet."""
    return generations.open(current_or_first(generations, recipe))


class Place(Protocol):
    """Somewhere a store can be, from an empty place on."""

    def generations(self) -> Generations:
        """Those of the archive."""

    def open(self, recipe: Recipe | None = RECIPE) -> PassageStore:
        """The store that is there, made first unless ``recipe`` is None."""

    def reopen(self, store: PassageStore) -> PassageStore:
        """The same store as another process would find it later."""

    def clear(self) -> None:
        """Remove what was made."""


class Edge:
    """A folder."""

    def __init__(self, folder: Path) -> None:
        self.settings = ArchiveSettings(index=folder)

    def generations(self) -> Generations:
        return open_generations(self.settings)

    def open(self, recipe: Recipe | None = RECIPE) -> PassageStore:
        return open_current(self.generations(), None if recipe is None else lambda: recipe)

    def reopen(self, store: PassageStore) -> PassageStore:
        store.close()
        return self.open(None)

    def clear(self) -> None:
        """Left to ``tmp_path``."""


class InMemory:
    """qdrant-client's in-memory mode: a second store on the same client is the other process."""

    def __init__(self) -> None:
        self.client = QdrantClient(":memory:")

    def generations(self) -> Generations:
        return ServerGenerations(self.client, "default", ":memory:")

    def open(self, recipe: Recipe | None = RECIPE) -> PassageStore:
        return open_current(self.generations(), None if recipe is None else lambda: recipe)

    def reopen(self, store: PassageStore) -> PassageStore:
        return self.open(None)

    def clear(self) -> None:
        self.client.close()


class Server:
    """A real server, with an archive of its own for each test."""

    def __init__(self, url: str, *, grpc: bool) -> None:
        archive = f"test-{uuid.uuid4().hex}"
        self.settings = ArchiveSettings(archive=archive, qdrant_url=url, qdrant_grpc=grpc)

    def generations(self) -> Generations:
        return open_generations(self.settings)

    def open(self, recipe: Recipe | None = RECIPE) -> PassageStore:
        return open_current(self.generations(), None if recipe is None else lambda: recipe)

    def reopen(self, store: PassageStore) -> PassageStore:
        store.close()
        return self.open(None)

    def clear(self) -> None:
        client = QdrantClient(url=self.settings.qdrant_url)
        for collection in client.get_collections().collections:
            if collection.name.startswith(f"fundstelle.{self.settings.archive}."):
                client.delete_collection(collection.name)
        client.close()


def make(kind: str, folder: Path) -> Place:
    url = os.environ.get(_URL)
    if kind == "edge":
        return Edge(folder)
    if kind == "server-in-memory":
        return InMemory()
    if url:
        return Server(url, grpc=kind == "server-grpc")
    raise AssertionError(kind)


KINDS = ["edge", pytest.param("server-in-memory", marks=IN_MEMORY)]
if os.environ.get(_URL):
    KINDS += ["server-http", "server-grpc"]


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    made = make(request.param, tmp_path / "index")
    yield made
    made.clear()


@pytest.fixture(scope="module", params=KINDS)
def archive(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PassageStore]:
    """A store that is only read: a few articles of all dates, languages and metadata."""
    made = make(request.param, tmp_path_factory.mktemp("archive"))
    opened = made.open()
    dated_archive(opened)
    yield opened
    opened.close()
    made.clear()


@pytest.fixture
def store(place: Place) -> Iterator[PassageStore]:
    opened = place.open()
    yield opened
    opened.close()


def axis(*weights: float) -> list[float]:
    """A vector with these first components."""
    return [*weights, *[0.0] * (DIMENSION - len(weights))]


AHEAD = axis(1)
ODD_IDS = [
    "Ä/ö%2F 😀",
    "a\u0308",
    "../up",
    "x" * 3000,
    "a\nb\x00",
    '"quoted"',
    "https://example.org/?q=1#f",
]


def article(article_id: str, text: str = "Ein Satz.", **fields: object) -> Article:
    return Article(article_id, text, **{"language": "de", **fields})  # type: ignore[arg-type]


def point(of: Article, dense: list[float] = AHEAD, ordinal: int = 0) -> PassagePoint:
    """The whole text of an article as one passage of it."""
    passage = Passage(of.id, ordinal, 0, len(of.text), of.text)
    return PassagePoint(of, passage, dense, weigh_passage(of.text, of.language))


def write(store: PassageStore, *points: PassagePoint) -> None:
    """Write and commit, as indexing does."""
    counts: dict[str, int] = {}
    articles = {p.article.id: p.article for p in points}
    for p in points:
        counts[p.article.id] = counts.get(p.article.id, 0) + 1
    store.begin(list(articles))
    store.write_passages(points)
    store.commit((a, counts[a.id]) for a in articles.values())
    store.end()


def ask(
    store: PassageStore,
    words: str = "",
    languages: tuple[str, ...] = (),
    *,
    dense: list[float] = AHEAD,
    limit: int = 10,
    only: ArticleFilter | None = None,
) -> list[Candidate]:
    lexical = {language: weigh_question(words, language) for language in languages}
    return store.search(SearchRequest(dense, lexical, limit, only or ArticleFilter()))


def ids(found: list[Candidate]) -> list[str]:
    return [c.article_id for c in found]


@pytest.mark.skipif(not os.environ.get(_URL), reason=f"{_URL} does not name a Qdrant server")
def test_the_real_server_is_no_in_memory_one() -> None:
    """Skipped where this suite runs on no server, so that its report says so."""
    client = QdrantClient(url=os.environ[_URL])
    assert client.info().version
    client.close()


# The recipe, and an index that is not there yet


def test_the_recipe_comes_back_as_it_was_given(place: Place) -> None:
    recipe = Recipe("Ä/model", DIMENSION, 128, 0, lexical={"method": "bm25", "k": 1.5})
    made = place.open(recipe)
    assert made.recipe == recipe
    again = place.reopen(made)
    assert again.recipe == recipe
    again.close()


def test_without_a_recipe_nothing_is_made(place: Place) -> None:
    with pytest.raises(IndexNotFound, match="fundstelle index PATH"):
        place.open(None)


def test_an_empty_store_answers_everything_with_nothing(store: PassageStore) -> None:
    assert ask(store, "Berlin", ("de",)) == []
    assert store.articles(["a"]) == {}
    assert store.articles([]) == {}
    assert store.list_articles() == ([], None)
    assert store.languages() == {}
    assert store.journal() == []
    assert (store.status().articles, store.status().passages) == (0, 0)


def test_nothing_to_do_is_done(store: PassageStore) -> None:
    write(store, point(article("a")))
    store.write_passages([])
    store.commit([])
    store.forget([])
    store.drop_passages("unknown", keep=None)
    store.end()
    assert (store.status().articles, store.status().passages) == (1, 1)


# Writing and committing


def test_an_article_exists_from_its_commit_on(store: PassageStore) -> None:
    news = article("a")
    store.begin([news.id])
    store.write_passages([point(news)])
    assert store.articles(["a"]) == {}
    assert store.list_articles() == ([], None)
    assert store.status().articles == 0
    store.commit([(news, 1)])
    assert store.articles(["a"])["a"].article == news


def test_every_field_of_an_article_comes_back(store: PassageStore) -> None:
    news = Article(
        id="sub/a.txt",
        text="\ufeff date 2025-01-31 Titel\r\n\r\nEin Satz. e\u0301 \U0001f600\u2028 Ende\x00.",
        title="Titel",
        published_at="2025-01-31T12:30:00+01:00",
        url="https://example.org/ä?b=1&c=2",
        language="de",
        metadata={"outlet": "Bote", "author": "A. B.", "section": "Lokales", "tags": ["x", "y"]},
        body_start=28,
        title_span=Span(18, 23),
        source_root="/tmp/archive",  # noqa: S108
        source="sub/a.txt",
    )
    write(store, point(news), point(news, ordinal=1))
    stored = store.articles([news.id])[news.id]
    assert stored.article == news
    assert stored.version == news.version == stored.article.version
    assert stored.content_sha256 == news.content_sha256
    assert stored.passages == 2
    age = datetime.now(UTC) - datetime.fromisoformat(stored.indexed_at)
    assert timedelta(seconds=-1) <= age < timedelta(minutes=5)


def test_articles_without_their_text_keep_the_rest(store: PassageStore) -> None:
    news = article("a", title="T", metadata={"tags": ["x"]}, source_root="/r", source="a.txt")
    write(store, point(news))
    stored = store.articles(["a"], text=False)["a"]
    assert stored.article == replace(news, text="")
    assert stored.version == news.version
    assert stored.content_sha256 == news.content_sha256


def test_unknown_and_repeated_ids_do_no_harm(store: PassageStore) -> None:
    write(store, point(article("a")), point(article("b")))
    assert set(store.articles(["b", "unknown", "a", "b"])) == {"a", "b"}


def test_any_text_can_be_an_id(store: PassageStore) -> None:
    write(store, point(article("other")))
    for article_id in ODD_IDS:
        old, new = article(article_id, "Alt."), article(article_id, "Neu.")
        write(store, point(old))
        write(store, point(new))
        store.drop_passages(article_id, keep=new.version)
        assert store.articles([article_id])[article_id].article == new
        assert sorted(c.text for c in ask(store)) == ["Ein Satz.", "Neu."]
        store.forget([article_id])
        store.drop_passages(article_id, keep=None)
        assert ids(ask(store)) == ["other"]


def test_ids_that_differ_only_in_normalisation_are_two_articles(store: PassageStore) -> None:
    write(store, point(article("\xe4", "Eins.")), point(article("a\u0308", "Zwei.")))
    assert {i: s.article.text for i, s in store.articles(["\xe4", "a\u0308"]).items()} == {
        "\xe4": "Eins.",
        "a\u0308": "Zwei.",
    }


def test_the_old_version_stands_beside_the_new_until_it_is_dropped(store: PassageStore) -> None:
    old, new, other = article("a", "Alt."), article("a", "Neu."), article("b", "Anders.")
    write(store, point(old), point(old, ordinal=1), point(other))
    write(store, point(new))
    assert sorted(c.text for c in ask(store)) == ["Alt.", "Alt.", "Anders.", "Neu."]
    assert store.articles(["a"])["a"].version == new.version
    store.drop_passages("a", keep=new.version)
    found = {c.text: c.version for c in ask(store)}
    assert found == {"Neu.": new.version, "Anders.": other.version}
    assert (store.status().articles, store.status().passages) == (2, 2)


def test_writing_the_same_twice_changes_nothing(store: PassageStore) -> None:
    for _ in range(2):
        write(store, point(article("a")), point(article("a"), ordinal=1))
    assert (store.status().articles, store.status().passages) == (1, 2)


def test_a_forgotten_article_is_gone_before_its_passages_are(store: PassageStore) -> None:
    write(store, point(article("a")), point(article("b")))
    store.forget(["a", "unknown"])
    assert set(store.articles(["a", "b"])) == {"b"}
    assert store.status().articles == 1
    store.drop_passages("a", keep=None)
    assert ids(ask(store)) == ["b"]


# Passages as another store would take them


def test_passages_come_back_with_their_vectors(store: PassageStore) -> None:
    many = [point(article("b"), axis(1, i), ordinal=i) for i in range(3)]
    write(
        store,
        point(article("ä", "Der Kranich zieht.", metadata={"outlet": "X"}), axis(0.6, 0.8)),
        *many,
    )
    found = store.passages(store.articles(["b", "ä"]).values())
    assert [(p.article.id, p.passage.ordinal) for p in found] == [
        ("b", 0), ("b", 1), ("b", 2), ("ä", 0),
    ]  # fmt: skip
    back, given = found[3], point(article("ä", "Der Kranich zieht."), axis(0.6, 0.8))
    assert back.passage == given.passage
    assert back.article == store.articles(["ä"])["ä"].article
    assert back.dense == pytest.approx(given.dense)
    assert dict(zip(*back.sparse, strict=True)) == pytest.approx(
        dict(zip(*given.sparse, strict=True))
    )
    assert found[2].dense == pytest.approx([x / math.sqrt(5) for x in axis(1, 2)])


def test_passages_of_another_version_are_not_given(store: PassageStore) -> None:
    old = article("a", "Alt.")
    write(store, point(old))
    before = list(store.articles(["a"]).values())
    write(store, point(article("a", "Neu.")))
    store.drop_passages("a", keep=article("a", "Neu.").version)
    assert store.passages(before) == []
    assert [p.passage.text for p in store.passages(store.articles(["a"]).values())] == ["Neu."]
    assert store.passages([]) == []


# Texts that were replaced


def superseded(article_id: str, text: str, at: str) -> Superseded:
    return Superseded(article_id, article(article_id, text).content_sha256, text, at)


def test_replaced_texts_are_kept_newest_first(store: PassageStore) -> None:
    write(store, point(article("a")), point(article("b")))
    first = superseded("a", "Eins.", "2026-01-01T00:00:00+00:00")
    second = superseded("a", "Zwei.", "2026-01-02T00:00:00+00:00")
    other = superseded("b", "Eins.", "2026-01-01T12:00:00+00:00")
    store.keep_superseded([first, other, second])
    assert store.superseded(["a"]) == [second, first]
    assert store.superseded(["b", "a"]) == [second, other, first]
    assert store.superseded([]) == store.superseded(["unknown"]) == []
    again = replace(first, at="2026-01-03T00:00:00+00:00")
    store.keep_superseded([again])
    assert store.superseded(["a"]) == [again, second]
    store.drop_superseded([second])
    store.drop_superseded([])
    assert store.superseded(["a", "b"]) == [again, other]


def test_more_replaced_texts_than_one_page(store: PassageStore) -> None:
    texts = [superseded("a", f"Fassung {i}.", f"2026-01-01T{i:06}") for i in range(300)]
    store.keep_superseded(texts)
    assert store.superseded(["a"]) == texts[::-1]


def test_replaced_texts_are_no_articles(store: PassageStore) -> None:
    write(store, point(article("a")))
    store.keep_superseded([superseded("a", "Ein alter Satz.", "2026-01-01T00:00:00+00:00")])
    assert [s.article.id for s in store.list_articles()[0]] == ["a"]
    assert [c.text for c in ask(store, "alter", ("de",))] == ["Ein Satz."]
    assert (store.status().articles, store.status().passages) == (1, 1)
    assert store.languages() == {"de": 1}


# The journal


def test_the_journal_holds_what_is_in_flight(store: PassageStore) -> None:
    store.begin(["a", "Ä/ö%2F 😀"])
    assert sorted(store.journal()) == ["a", "Ä/ö%2F 😀"]
    store.begin(["b"])
    assert store.journal() == ["b"]
    store.end()
    assert store.journal() == []


def test_the_journal_is_not_an_article(store: PassageStore) -> None:
    write(store, point(article("a")))
    store.begin(["journal", "a"])
    assert [s.article.id for s in store.list_articles()[0]] == ["a"]
    assert ids(ask(store)) == ["a"]
    assert (store.status().articles, store.status().passages) == (1, 1)


def test_an_edge_index_keeps_its_journal_for_the_next_owner(tmp_path: Path) -> None:
    place = Edge(tmp_path)
    killed = place.open()
    killed.begin(["a"])
    again = place.reopen(killed)
    assert again.journal() == ["a"]
    again.end()
    assert again.journal() == []
    again.close()


@IN_MEMORY
def test_another_writer_of_a_server_is_left_alone_while_it_may_be_at_work() -> None:
    place = InMemory()
    mine, theirs = place.open(), place.open(None)
    theirs.begin(["b"])
    mine.begin(["a"])
    assert (mine.journal(), theirs.journal()) == (["a"], ["b"])
    mine.end()
    assert (mine.journal(), theirs.journal()) == ([], ["b"])
    place.clear()


@IN_MEMORY
def test_what_a_writer_of_a_server_left_behind_is_taken_over_after_a_while() -> None:
    place = InMemory()
    mine = place.open()
    assert isinstance(mine, ServerStore)
    for writer, minutes in (("dead", 31), ("alive", 29)):
        at = (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat(timespec="seconds")
        payload = journal_payload([f"of the {writer}"], writer) | {"at": at}
        left = models.PointStruct(id=journal_point_id(writer), vector={}, payload=payload)
        place.client.upsert(mine.collection, [left])
    assert mine.journal() == ["of the dead"]
    mine.end()
    known = [journal_point_id("dead"), journal_point_id("alive")]
    left_over = place.client.retrieve(mine.collection, known)
    assert [(record.payload or {})["writer"] for record in left_over] == ["alive"]
    place.clear()


# Searching


def test_the_nearest_come_first_with_their_cosine(store: PassageStore) -> None:
    vectors = {"far": axis(0, 3), "near": axis(2, 0.2), "nearest": axis(5), "against": axis(-1)}
    write(store, *(point(article(name), v) for name, v in vectors.items()))
    found = ask(store)
    assert ids(found) == ["nearest", "near", "far", "against"]
    expected = [1.0, 2 / math.hypot(2, 0.2), 0.0, -1.0]
    assert [c.dense for c in found] == pytest.approx(expected, abs=1e-5)
    assert all(c.lexical is None for c in found)


def test_a_candidate_tells_where_its_passage_stands(store: PassageStore) -> None:
    news = article("a", "Erster Satz. Zweiter Satz.", language="nl")
    passage = Passage("a", 3, 13, 26, "Zweiter Satz.")
    write(store, PassagePoint(news, passage, AHEAD, weigh_passage(passage.text, "nl")))
    (found,) = ask(store)
    assert found == Candidate(
        "a", news.version, 3, 13, 26, "Zweiter Satz.", "nl", pytest.approx(1.0), None
    )
    assert news.text[found.start : found.end] == found.text


def test_limit_counts_passages_of_a_leg(store: PassageStore) -> None:
    write(store, *(point(article(f"near {i}", "Nah."), axis(1, i / 10)) for i in range(4)))
    write(store, *(point(article(f"far {i}", "Fern."), axis(0, 1)) for i in range(4)))
    assert ids(ask(store, limit=3)) == ["near 0", "near 1", "near 2"]
    both = ask(store, "fern", ("de",), limit=3)
    assert ids(both)[:3] == ["near 0", "near 1", "near 2"]
    assert [i.startswith("far") for i in ids(both)[3:]] == [True] * 3


def test_a_passage_found_by_its_words_alone_has_both_scores(store: PassageStore) -> None:
    write(store, *(point(article(f"near {i}", "Nah."), axis(1, i / 10)) for i in range(5)))
    write(store, point(article("by words", "Der Kranich zieht."), axis(-3, 4)))
    found = ask(store, "Kraniche", ("de",), limit=2)
    assert ids(found) == ["near 0", "near 1", "by words"]
    assert [c.lexical is None for c in found] == [True, True, False]
    assert found[2].dense == pytest.approx(-0.6, abs=1e-5)


def test_a_passage_found_by_both_legs_stands_once(store: PassageStore) -> None:
    write(store, point(article("a", "Kraniche.")), point(article("b", "Störche."), axis(1, 1)))
    found = ask(store, "Kraniche", ("de",))
    assert ids(found) == ["a", "b"]
    assert [c.lexical is None for c in found] == [False, True]


def test_more_of_the_asked_words_score_higher(store: PassageStore) -> None:
    texts = {"both": "Kranich am Morvenne.", "one": "Kranich am Abend.", "none": "Nichts am See."}
    write(store, *(point(article(name, text)) for name, text in texts.items()))
    score = {c.article_id: c.lexical for c in ask(store, "Kranich Morvenne", ("de",))}
    both, one = score["both"], score["one"]
    assert both is not None
    assert one is not None
    assert both > one > 0
    assert score["none"] is None


def bm25(weight: float, corpus: int, holding: int) -> float:
    """A term's score: its weight times the IDF of Robertson and Zaragoza (2009)."""
    return weight * math.log((corpus - holding + 0.5) / (holding + 0.5) + 1)


def common_in_german_rare_in_french(store: PassageStore) -> None:
    """Berlin stands in 9 of 10 German passages, in 1 of 10 French ones."""
    german = [article(f"de {i}", "Rat Berlin" if i else "Rat Hamburg") for i in range(10)]
    french = [
        article(f"fr {i}", "Paris ville" if i else "Berlin ville", language="fr") for i in range(10)
    ]
    write(store, *(point(a, axis(1, i)) for i, a in enumerate([*german, *french])))


def weight_in(passage: str, word: str, language: str) -> float:
    vector, asked = weigh_passage(passage, language), weigh_question(word, language)
    return vector.values[vector.indices.index(asked.indices[0])]


def test_a_term_is_as_rare_as_it_is_in_the_language_of_the_passage(store: PassageStore) -> None:
    common_in_german_rare_in_french(store)
    found = ask(store, "Berlin", ("de", "fr"), limit=20)
    by_id = {c.article_id: c.lexical for c in found}
    rare = bm25(weight_in("Berlin ville", "Berlin", "fr"), 10, 1)
    common = bm25(weight_in("Rat Berlin", "Berlin", "de"), 10, 9)
    assert by_id["fr 0"] == pytest.approx(rare, rel=1e-4)
    assert by_id["de 5"] == pytest.approx(common, rel=1e-4)
    assert by_id["de 0"] is None
    assert rare > 10 * common


def test_an_index_of_the_first_format_goes_on_as_it_is(place: Place) -> None:
    """It has one sparse vector for all languages, and is searched and written as it was."""
    made = place.open(replace(RECIPE, format=1))
    common_in_german_rare_in_french(made)
    store = place.reopen(made)
    assert store.recipe.format == 1
    found = {c.article_id: c.lexical for c in ask(store, "Berlin", ("de", "fr"), limit=20)}
    rare = bm25(weight_in("Berlin ville", "Berlin", "fr"), 10, 1)
    assert found["fr 0"] == pytest.approx(rare, rel=1e-4)
    common = bm25(weight_in("Rat Berlin", "Berlin", "de"), 10, 9)
    assert found["de 5"] == pytest.approx(common, rel=1e-4)
    store.close()


def test_a_filter_does_not_make_a_term_rarer_than_it_is(store: PassageStore) -> None:
    dated = [
        article(f"{i}", "Rat Berlin" if i else "Rat Bonn", published_at=f"2025-01-{i + 1:02}")
        for i in range(6)
    ]
    write(store, *(point(a) for a in dated))
    only = ArticleFilter(published_from=published_seconds("2025-01-06"))
    (found,) = ask(store, "Berlin", ("de",), only=only)
    expected = bm25(weight_in("Rat Berlin", "Berlin", "de"), 6, 5)
    assert found.lexical == pytest.approx(expected, rel=1e-4)


def test_words_are_looked_for_in_passages_of_their_language_only(store: PassageStore) -> None:
    common_in_german_rare_in_french(store)
    found = ask(store, "Berlin", ("fr",), limit=20)
    assert [c.article_id for c in found if c.lexical is not None] == ["fr 0"]
    assert len(found) == 20  # the dense leg knows no languages


@pytest.mark.parametrize("words", ["", "und die der", "Xyzzy"], ids=["empty", "stop", "unknown"])
def test_words_that_find_nothing_leave_the_dense_leg(store: PassageStore, words: str) -> None:
    write(store, point(article("a")), point(article("b"), axis(1, 1)))
    found = ask(store, words, ("de",))
    assert ids(found) == ["a", "b"]
    assert [c.lexical for c in found] == [None, None]


def test_a_language_without_passages_leaves_the_others(store: PassageStore) -> None:
    write(store, point(article("a", "Kranich.")))
    found = ask(store, "Kranich", ("sv", "de"))
    assert [c.lexical is None for c in found] == [False]


# Filters


DATED = {
    a.id: a
    for a in [
        article("undated"),
        article("30th", published_at="2025-01-30", language="fr"),
        article("31st", published_at="2025-01-31", metadata={"outlet": "Bote"}),
        article(
            "31st at noon",
            published_at="2025-01-31T12:00:00+01:00",
            language="en",
            metadata={"outlet": "Kurier", "tags": ["Verkehr", "Stadtrat"]},
        ),
        article("1st", published_at="2025-02-01", metadata={"tags": ["Verkehr"]}),
        article("before 1970", published_at="1969-12-31", language="fr"),
    ]
}


def dated_archive(store: PassageStore) -> None:
    write(store, *map(point, DATED.values()))


def at(moment: str) -> int:
    seconds = published_seconds(moment)
    assert seconds is not None
    return seconds


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        pytest.param(ArticleFilter(languages=("fr",)), {"30th", "before 1970"}, id="language"),
        pytest.param(
            ArticleFilter(languages=("fr", "en")),
            {"30th", "before 1970", "31st at noon"},
            id="one-of-two-languages",
        ),
        pytest.param(
            ArticleFilter(published_from=at("2025-01-31")),
            {"31st", "31st at noon", "1st"},
            id="from-is-inclusive",
        ),
        pytest.param(
            ArticleFilter(published_from=at("2025-01-31") + 1),
            {"31st at noon", "1st"},
            id="from-one-second-later",
        ),
        pytest.param(
            ArticleFilter(published_until=at("2025-01-31")),
            {"30th", "before 1970"},
            id="until-is-exclusive",
        ),
        pytest.param(
            ArticleFilter(published_until=at("2025-01-31") + 1),
            {"30th", "31st", "before 1970"},
            id="until-one-second-later",
        ),
        pytest.param(
            ArticleFilter(
                published_from=at("2025-01-31T11:00:00Z"),
                published_until=at("2025-01-31T11:00:01Z"),
            ),
            {"31st at noon"},
            id="one-second-in-another-zone",
        ),
        pytest.param(
            ArticleFilter(published_from=at("1969-12-31"), published_until=0),
            {"before 1970"},
            id="before-1970",
        ),
        pytest.param(ArticleFilter(metadata={"outlet": "Bote"}), {"31st"}, id="metadata"),
        pytest.param(
            ArticleFilter(metadata={"tags": "Verkehr"}), {"31st at noon", "1st"}, id="one-of-a-list"
        ),
        pytest.param(
            ArticleFilter(metadata={"tags": "Verkehr", "outlet": "Kurier"}),
            {"31st at noon"},
            id="two-metadata-fields",
        ),
        pytest.param(
            ArticleFilter(at("2025-01-31"), at("2025-02-01"), ("de",), {"outlet": "Bote"}),
            {"31st"},
            id="all-at-once",
        ),
        pytest.param(ArticleFilter(metadata={"outlet": "bote"}), set(), id="nothing-case-differs"),
        pytest.param(ArticleFilter(metadata={"outlet": "Bot"}), set(), id="nothing-a-part"),
        pytest.param(ArticleFilter(languages=("sv",)), set(), id="nothing-language"),
        pytest.param(ArticleFilter(published_from=at("2030-01-01")), set(), id="nothing-date"),
        pytest.param(
            ArticleFilter(at("2025-02-01"), at("2025-01-01")), set(), id="nothing-the-wrong-way"
        ),
    ],
)
def test_a_filter_holds_for_every_leg(
    archive: PassageStore, only: ArticleFilter, expected: set[str]
) -> None:
    found = ask(archive, "Satz", ("de", "fr", "en"), only=only)
    assert set(ids(found)) == expected


def test_a_second_dense_leg_brings_what_the_first_has_no_room_for(store: PassageStore) -> None:
    near = [point(article(f"near {n}", "Ein Satz."), AHEAD) for n in range(5)]
    far = article("far", "Ein Satz.", published_at="2025-03-01", language="fr")
    write(store, *near, point(far, axis(1, 1)))
    march = ArticleFilter(at("2025-03-01"), at("2025-04-01"))
    for besides, expected in ((), 3), ((march,), 4), ((replace(march, languages=("de",)),), 3):
        found = store.search(SearchRequest(AHEAD, {}, 3, besides=besides))
        assert len(found) == expected
        assert ("far" in ids(found)) == (expected == 4)
    found = store.search(SearchRequest(AHEAD, {}, 6, besides=[march]))
    assert sorted(ids(found)) == sorted({*(f"near {n}" for n in range(5)), "far"})
    (last,) = (c for c in found if c.article_id == "far")
    assert (last.dense, last.lexical) == (pytest.approx(0.5**0.5, abs=1e-3), None)


def test_every_dense_leg_brings_the_nearest_under_its_own_filter(store: PassageStore) -> None:
    near = [point(article(f"near {n}", "Ein Satz."), AHEAD) for n in range(5)]
    french = article("french", "Une phrase.", language="fr")
    dutch = article("dutch", "Een zin.", language="nl")
    write(store, *near, point(french, axis(1, 1)), point(dutch, axis(1, 2)))
    besides = [ArticleFilter(languages=(code,)) for code in ("de", "fr", "nl", "sv")]
    found = store.search(SearchRequest(AHEAD, {}, 3, besides=besides))
    assert ids(found)[3:] == ["french", "dutch"]
    assert len(set(ids(found))) == len(found) == 5


def test_an_article_without_a_language_is_found_but_by_no_language(store: PassageStore) -> None:
    write(store, point(article("a", language=None)))
    assert ids(ask(store)) == ["a"]
    assert ask(store, only=ArticleFilter(languages=("de",))) == []
    assert store.languages() == {}


# Listing, counting, keeping


@pytest.mark.parametrize("limit", [1, 2, 5, 6, 7, 100])
def test_pages_cover_every_article_once(archive: PassageStore, limit: int) -> None:
    seen: list[str] = []
    cursor = None
    for _ in range(10):
        page, cursor = archive.list_articles(cursor=cursor, limit=limit)
        assert 0 < len(page) <= limit
        assert all(stored.article.text == "" for stored in page)
        seen += [stored.article.id for stored in page]
        if cursor is None:
            break
    assert sorted(seen) == sorted(DATED)
    assert cursor is None


def test_pages_of_one_source_root(store: PassageStore) -> None:
    for root in ("/here", "/here/below", "-"):
        write(
            store,
            *(point(article(f"{root}/{i}", source_root=root, source=f"{i}")) for i in range(3)),
        )
    first, cursor = store.list_articles(limit=2, source_root="/here")
    second, end = store.list_articles(cursor=cursor, limit=2, source_root="/here")
    assert (len(first), len(second), end) == (2, 1, None)
    assert {s.article.id for s in first + second} == {"/here/0", "/here/1", "/here/2"}
    assert store.list_articles(source_root="/nowhere") == ([], None)


def test_languages_count_passages(store: PassageStore) -> None:
    german, french = article("a"), article("b", language="fr")
    write(store, point(german), point(german, ordinal=1), point(french))
    assert store.languages() == {"de": 2, "fr": 1}
    store.drop_passages("a", keep=None)
    assert store.languages() == {"fr": 1}


def test_status_counts_articles_and_passages(store: PassageStore) -> None:
    news = article("a")
    write(store, point(news), point(news, ordinal=1), point(article("b")))
    status = store.status()
    assert (status.articles, status.passages, status.generation) == (2, 3, "1")


def test_status_tells_where_an_edge_index_is_and_how_big(tmp_path: Path) -> None:
    store = Edge(tmp_path).open()
    write(store, point(article("a")))
    status = store.status()
    assert status.store == f"edge {tmp_path / 'default' / '1'}"
    assert status.bytes is not None
    assert 1000 < status.bytes < 200_000_000
    store.close()


@pytest.mark.parametrize("apart", [False, True])
def test_optimizing_changes_no_result(
    store: PassageStore, apart: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge_open_shard, "_SMALL", 0)  # else nothing is worth a copy
    dated_archive(store)
    common_in_german_rare_in_french(store)
    store.drop_passages("undated", keep=None)

    def results() -> dict[str, tuple[float, float | None]]:
        found = ask(store, "Berlin Satz", ("de", "fr", "en"), dense=axis(1, 2), limit=50)
        return {c.article_id: (c.dense, c.lexical) for c in found}

    before = results()
    if apart:
        store.optimize_apart(threading.Event())
    else:
        store.optimize()
    after = results()
    assert set(before) == set(after)
    assert len(before) == 25
    for name, (dense, lexical) in before.items():
        same_lexical = None if lexical is None else pytest.approx(lexical, rel=1e-4)
        assert after[name] == (pytest.approx(dense, abs=1e-4), same_lexical)


def test_reopening_keeps_everything(place: Place) -> None:
    first = place.open()
    old, new = article("Ä/ö%2F 😀", "Alt."), article("Ä/ö%2F 😀", "Der Kranich zieht.")
    write(first, point(old))
    write(first, point(new), point(article("b", "Anders."), axis(1, 1)))
    first.drop_passages(new.id, keep=new.version)

    def everything(store: PassageStore) -> tuple[object, ...]:
        return (
            store.articles([new.id, "b"]),
            ask(store, "Kraniche", ("de",)),
            store.list_articles(),
            store.languages(),
            store.recipe,
            replace(store.status(), bytes=None),
        )

    before = everything(first)
    second = place.reopen(first)
    assert everything(second) == before
    assert [c.lexical is None for c in ask(second, "Kraniche", ("de",))] == [False, True]
    second.close()


# Failures


def test_a_vector_of_another_length_is_a_store_error(store: PassageStore) -> None:
    write(store, point(article("a")))
    with pytest.raises(StoreError):
        store.search(SearchRequest([1.0, 0.0], {}, 5))


def test_a_cursor_that_is_none_of_ours_is_a_store_error_or_the_end(store: PassageStore) -> None:
    write(store, point(article("a")))
    try:
        page, cursor = store.list_articles(cursor="not a cursor")
    except StoreError:
        return
    assert (page, cursor) == ([], None)  # what the in-memory mode makes of it


def test_a_closed_edge_store_raises_store_errors(tmp_path: Path) -> None:
    store = Edge(tmp_path).open()
    store.close()
    for use in (store.journal, store.status, store.languages, store.end, lambda: ask(store)):
        with pytest.raises(StoreError, match=str(tmp_path)):
            use()


@pytest.mark.parametrize("damage", ["no-shard", "no-segments", "no-recipe", "half-recipe", "list"])
def test_a_damaged_folder_is_a_store_error_that_names_it(tmp_path: Path, damage: str) -> None:
    place = Edge(tmp_path)
    store = place.open()
    write(store, point(article("a")))
    store.close()
    folder = tmp_path / "default" / "1"
    recipe = folder / "recipe.json"
    if damage == "no-shard":
        shutil.rmtree(folder / "shard")
    elif damage == "no-segments":
        for path in (folder / "shard").rglob("*"):
            if path.is_file():
                path.unlink()
    elif damage == "no-recipe":
        recipe.unlink()
    elif damage == "half-recipe":
        recipe.write_text(recipe.read_text("utf-8")[:40], "utf-8")
    else:
        recipe.write_text("[]", "utf-8")
    with pytest.raises(StoreError, match=str(folder)):
        place.open(None)


def test_an_index_of_a_newer_release_is_refused(place: Place) -> None:
    with pytest.raises(RecipeMismatch, match="upgrade Fundstelle"):
        place.open(replace(RECIPE, format=FORMAT + 1))


def test_an_edge_folder_is_opened_once_at_a_time(tmp_path: Path) -> None:
    place = Edge(tmp_path)
    store = place.open()
    with pytest.raises(StoreError, match=str(tmp_path)):
        place.open()
    write(store, point(article("a")))
    assert ids(ask(store)) == ["a"]
    store.close()


@pytest.mark.filterwarnings("ignore:Failed to obtain server version:UserWarning")
@pytest.mark.parametrize("grpc", [False, True], ids=["http", "grpc"])
def test_a_server_that_is_not_there_is_a_store_error_with_advice(grpc: bool) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    settings = ArchiveSettings(qdrant_url=url, qdrant_grpc=grpc, qdrant_timeout=2)
    with pytest.raises(StoreError, match="check that the server runs there") as caught:
        open_current(open_generations(settings), lambda: RECIPE)
    for thread in threading.enumerate():  # the client asks for the server's version in one
        if "_check_compatibility" in thread.name:
            thread.join(5)
    assert url in str(caught.value)
    assert not isinstance(caught.value, IndexNotFound)


@IN_MEMORY
def test_a_collection_of_somebody_else_is_not_taken_for_an_index() -> None:
    place = InMemory()
    made = place.open()
    assert isinstance(made, ServerStore)
    everything = models.FilterSelector(filter=models.Filter())
    place.client.delete(made.collection, everything)
    with pytest.raises(StoreError, match="holds no recipe"):
        place.open(None)
    place.clear()


@IN_MEMORY
def test_archives_on_one_server_do_not_see_each_other() -> None:
    client = QdrantClient(":memory:")
    stores = {}
    for name in ("eins", "zwei"):
        generations = ServerGenerations(client, name, ":memory:")
        stores[name] = open_current(generations, lambda: RECIPE)
        write(stores[name], point(article(name)))
    assert [ids(ask(stores[name])) for name in stores] == [["eins"], ["zwei"]]
    with pytest.raises(IndexNotFound, match="'drei'"):
        ServerGenerations(client, "drei", ":memory:").current()
    client.close()


# Two stores, one ranking


WORDS = {
    "de": "Kranich Brücke Stadtrat Tunnel Vertrag Minister Haushalt Hafen Streik Ernte",
    "en": "crane bridge council tunnel treaty minister budget harbour strike harvest",
    "fr": "grue pont conseil tunnel traité ministre budget port grève récolte",
}


@IN_MEMORY
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_both_stores_rank_alike(tmp_path: Path, seed: int) -> None:
    random = np.random.default_rng(seed)
    points = []
    for i in range(60):
        language = ["de", "en", "fr"][i % 3]
        # Texts of every length, so that no two passages score the same.
        words = random.choice(WORDS[language].split(), size=5 + i)
        dense = random.normal(size=DIMENSION).tolist()
        news = article(
            f"{i}",
            " ".join(words),
            language=language,
            published_at=f"2025-01-{1 + i % 28:02}",
            metadata={"tags": [f"{i % 4}", "all"]},
        )
        points.append(point(news, dense))
    places: list[Place] = [Edge(tmp_path), InMemory()]
    stores = [place.open() for place in places]
    for store in stores:
        write(store, *points)
    everything = set()
    for turn in range(12):
        lexical: dict[str, SparseVector] = {
            language: weigh_question(" ".join(random.choice(words.split(), size=3)), language)
            for language, words in list(WORDS.items())[: turn % 4]
        }
        only = [
            ArticleFilter(),
            ArticleFilter(languages=("de", "fr")),
            ArticleFilter(published_from=at("2025-01-10"), published_until=at("2025-01-20")),
            ArticleFilter(metadata={"tags": "2"}),
        ][turn // 3]
        request = SearchRequest(random.normal(size=DIMENSION).tolist(), lexical, 8, only)
        mine, theirs = (store.search(request) for store in stores)
        assert ids(mine) == ids(theirs)
        assert [c.dense for c in mine] == pytest.approx([c.dense for c in theirs], abs=1e-4)
        assert [c.lexical is None for c in mine] == [c.lexical is None for c in theirs]
        assert [c.lexical or 0 for c in mine] == pytest.approx(
            [c.lexical or 0 for c in theirs], abs=1e-4
        )
        assert [replace(c, dense=0, lexical=None) for c in mine] == [
            replace(c, dense=0, lexical=None) for c in theirs
        ]
        everything.update(ids(mine))
    assert len(everything) > 40
    assert isinstance(stores[0], EdgeStore)
    stores[0].close()
    places[1].clear()
