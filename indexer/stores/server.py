"""The server store: a Qdrant server or cluster, through qdrant-client.

One collection, which is one generation of an archive (``server_generations.py``),
and whose recipe is a point of its own. How a collection is made, written to and
asked is in ``server_creation.py``, ``server_collection.py`` and ``server_queries.py``.
A server takes any number of readers and writers, so nothing is locked.
"""

from __future__ import annotations

import os
import socket
import threading
import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from qdrant_client import QdrantClient, models

from indexer.article import Article
from indexer.collection import CollectionSettings
from indexer.errors import StoreError
from indexer.lexical import SparseVector
from indexer.points import (
    DENSE,
    SPARSE,
    article_payload,
    article_point_id,
    candidate,
    journal_payload,
    journal_point_id,
    passage_payload,
    passage_point_id,
    passage_point_ids,
    sparse_name,
    stored_article,
    stored_passage,
    superseded_payload,
    superseded_point_id,
    superseded_versions,
)
from indexer.recipe import VECTOR_A_LANGUAGE, Recipe
from indexer.store import (
    ArticleFilter,
    Candidate,
    PassagePoint,
    Payload,
    SearchRequest,
    StoredArticle,
    StoreStatus,
    Superseded,
)
from indexer.stores.server_collection import ServerCollection, translated
from indexer.stores.server_creation import create_collection
from indexer.stores.server_queries import conditions, dense_search, equals, exact_search

_RECIPE_POINT = str(uuid.uuid5(uuid.NAMESPACE_URL, "fundstelle:recipe"))
# Other writers may be at work on the same collection: only what has stood in a
# journal for this long was left behind by one that died.
_SCROLL = 256
_JOURNAL_LEASE = timedelta(minutes=30)


class ServerStore:
    """A ``PassageStore`` on a server. Raises StoreError where the server fails.

    ``place`` is the address, for messages. The client is whoever's who gave it.
    """

    def __init__(
        self,
        client: QdrantClient,
        collection: str,
        place: str,
        settings: CollectionSettings | None = None,
    ) -> None:
        self._collection = ServerCollection(
            client, collection, place, settings or CollectionSettings()
        )
        self._client = client
        self._place = place
        self.collection = collection
        self._in_flight: list[PassagePoint] = []  # since begin()
        self._writer = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4()}"
        with translated(self._place):
            found = client.retrieve(self.collection, [_RECIPE_POINT], with_payload=True)
        if not found:
            raise StoreError(
                f"the collection {self.collection} at {place} holds no recipe: it was not made by "
                "Fundstelle, or its making was cut off; delete it or choose another --archive"
            )
        with translated(self._place):
            self.recipe = Recipe.from_json((found[0].payload or {})["recipe"])
        self._vector_a_language = self.recipe.format >= VECTOR_A_LANGUAGE
        # In memory everything is searched exactly, and other wishes are warned of.
        in_memory = place == ":memory:"
        self._nearest = None if in_memory else dense_search(self._collection.settings)
        self._exactly = None if in_memory else exact_search()

    @classmethod
    def create(
        cls,
        client: QdrantClient,
        collection: str,
        recipe: Recipe,
        place: str,
        settings: CollectionSettings | None = None,
    ) -> None:
        """Make a collection, and write its recipe last: it is complete once it has one."""
        with translated(place):
            create_collection(client, collection, recipe, settings or CollectionSettings())
            payload = {"kind": "recipe", "recipe": recipe.to_json()}
            point = models.PointStruct(id=_RECIPE_POINT, vector={}, payload=payload)
            client.upsert(collection, [point], wait=True)

    def journal(self) -> list[str]:
        with translated(self._place):
            records, _ = self._client.scroll(
                self.collection,
                scroll_filter=models.Filter(must=[equals("kind", "journal")]),
                limit=1000,
                consistency=self._collection.consistency,
            )
        left = datetime.now(UTC) - _JOURNAL_LEASE
        journals = [record.payload or {} for record in records]
        return [
            article
            for journal in journals
            if journal["writer"] == self._writer or datetime.fromisoformat(journal["at"]) < left
            for article in journal["articles"]
        ]

    def begin(self, article_ids: Sequence[str]) -> None:
        self._in_flight.clear()
        payload = journal_payload(article_ids, self._writer)
        point_id = journal_point_id(self._writer)
        self._collection.upsert([models.PointStruct(id=point_id, vector={}, payload=payload)])

    def end(self) -> None:
        left = datetime.now(UTC) - _JOURNAL_LEASE
        abandoned = models.Filter(
            must=[
                equals("kind", "journal"),
                models.FieldCondition(key="at", range=models.DatetimeRange(lt=left)),
            ]
        )
        self._write_what_is_lost()
        own = models.PointIdsList(points=[journal_point_id(self._writer)])
        self._collection.delete(own)
        self._collection.delete(models.FilterSelector(filter=abandoned))

    def write_passages(self, points: Sequence[PassagePoint]) -> None:
        self._in_flight.extend(points)
        self._collection.add_vectors({self._name(p.article.language) for p in points})
        self._collection.upsert(
            [
                models.PointStruct(
                    id=passage_point_id(p.article.id, p.article.version, p.passage.ordinal),
                    vector={
                        DENSE: list(p.dense),
                        self._name(p.article.language): models.SparseVector(
                            indices=p.sparse.indices, values=p.sparse.values
                        ),
                    },
                    payload=passage_payload(p),
                )
                for p in points
            ]
        )

    def commit(self, articles: Iterable[tuple[Article, int]]) -> None:
        self._collection.upsert(
            [
                models.PointStruct(
                    id=article_point_id(article.id),
                    vector={},
                    payload=article_payload(article, passages),
                )
                for article, passages in articles
            ]
        )

    def forget(self, article_ids: Sequence[str]) -> None:
        self._delete([article_point_id(i) for i in article_ids])

    def drop_passages(self, article_id: str, *, keep: str | None) -> None:
        of_article = models.Filter(
            must=[equals("kind", "passage"), equals("article_id", article_id)],
            must_not=[] if keep is None else [equals("version", keep)],
        )
        self._collection.delete(models.FilterSelector(filter=of_article))

    def passages(self, articles: Iterable[StoredArticle]) -> list[PassagePoint]:
        owners = {point: s.article for s in articles for point in passage_point_ids(s)}
        if not owners:
            return []
        with translated(self._place):
            records = self._client.retrieve(
                self.collection, list(owners), with_payload=True, with_vectors=True
            )
        by_id = {str(record.id): record for record in records}
        return [_passage(owner, by_id[point]) for point, owner in owners.items() if point in by_id]

    def keep_superseded(self, versions: Iterable[Superseded]) -> None:
        self._collection.upsert(
            [
                models.PointStruct(id=superseded_point_id(v), vector={}, payload=payload)
                for v in versions
                if (payload := superseded_payload(v))
            ]
        )

    def superseded(self, article_ids: Sequence[str]) -> list[Superseded]:
        of_articles = models.FieldCondition(
            key="article_id", match=models.MatchAny(any=list(article_ids))
        )
        payloads: list[Payload] = []
        offset = None
        while True:
            with translated(self._place):
                records, offset = self._client.scroll(
                    self.collection,
                    scroll_filter=models.Filter(must=[equals("kind", "superseded"), of_articles]),
                    limit=_SCROLL,
                    offset=offset,
                )
            payloads.extend(record.payload or {} for record in records)
            if offset is None:
                return superseded_versions(payloads)

    def drop_superseded(self, versions: Iterable[Superseded]) -> None:
        self._delete([superseded_point_id(v) for v in versions])

    def articles(self, ids: Sequence[str], *, text: bool = True) -> dict[str, StoredArticle]:
        points = [article_point_id(article_id) for article_id in ids]
        with translated(self._place):
            records = self._client.retrieve(
                self.collection,
                points,
                with_payload=_payload(text=text),
                consistency=self._collection.consistency,
            )
        found = (stored_article(record.payload or {}) for record in records)
        return {stored.article.id: stored for stored in found}

    def list_articles(
        self, *, cursor: str | None = None, limit: int = 100, source_root: str | None = None
    ) -> tuple[list[StoredArticle], str | None]:
        conditions: list[models.Condition] = [equals("kind", "article")]
        if source_root is not None:
            conditions.append(equals("source_root", source_root))
        with translated(self._place):
            records, following = self._client.scroll(
                self.collection,
                offset=cursor,
                limit=limit,
                scroll_filter=models.Filter(must=conditions),
                with_payload=_payload(text=False),
            )
        page = [stored_article(record.payload or {}) for record in records]
        return page, None if following is None else str(following)

    def languages(self) -> dict[str, int]:
        of_passages = models.Filter(must=[equals("kind", "passage")])
        with translated(self._place):
            hits = self._client.facet(
                self.collection, "language", facet_filter=of_passages, limit=1000, exact=True
            ).hits
        return {str(hit.value): hit.count for hit in hits}

    def search(self, request: SearchRequest) -> list[Candidate]:
        dense = list(request.dense)
        legs = [
            self._lexical_leg(language, vector, request)
            for language, vector in request.lexical.items()
            if self._collection.has_vector(self._name(language))
        ]
        others = [self._dense_leg(dense, only, request.shorter) for only in request.besides]
        dense_leg = self._dense_leg(dense, request.filter, request.limit, with_payload=True)
        with translated(self._place):
            first, *more = self._client.query_batch_points(
                self.collection, [dense_leg, *legs, *others]
            )
            by_dense = list(first.points)
            by_words = more[: len(legs)]
            lexical = {str(point.id): point.score for leg in by_words for point in leg.points}
            besides = {str(point.id) for leg in more[len(legs) :] for point in leg.points}
            # A passage that another leg found gets its dense score, too.
            rest = (lexical.keys() | besides) - {str(point.id) for point in by_dense}
            if rest:
                by_dense += self._client.query_points(
                    self.collection,
                    query=dense,
                    using=DENSE,
                    limit=len(rest),
                    query_filter=models.Filter(must=[models.HasIdCondition(has_id=list(rest))]),
                    search_params=self._exactly,
                    with_payload=True,
                ).points
        found = [
            candidate(point.payload or {}, point.score, lexical.get(str(point.id)))
            for point in by_dense
        ]
        return sorted(found, key=lambda c: -c.dense)

    def _dense_leg(
        self, dense: list[float], only: ArticleFilter, limit: int, *, with_payload: bool = False
    ) -> models.QueryRequest:
        return models.QueryRequest(
            query=dense,
            using=DENSE,
            limit=limit,
            filter=models.Filter(must=conditions(only)),
            params=self._nearest,
            with_payload=with_payload,
        )

    def _lexical_leg(
        self, language: str, vector: SparseVector, request: SearchRequest
    ) -> models.QueryRequest:
        """The passages of a language that share most with a question, by terms rare in it."""
        chosen = conditions(request.filter)
        params = None
        if not self._vector_a_language:
            chosen.append(equals("language", language))
            corpus = models.Filter(must=[equals("language", language)])
            params = models.SearchParams(idf=models.IdfCorpusParams(corpus=corpus))
        return models.QueryRequest(
            query=models.SparseVector(indices=vector.indices, values=vector.values),
            using=self._name(language),
            limit=request.limit,
            filter=models.Filter(must=chosen) if chosen else None,
            params=params,
        )

    def status(self) -> StoreStatus:
        with translated(self._place):
            articles, passages = (
                self._client.count(
                    self.collection,
                    count_filter=models.Filter(must=[equals("kind", kind)]),
                    exact=True,
                ).count
                for kind in ("article", "passage")
            )
        place = f"qdrant {self._place}"
        generation = self.collection.rpartition(".")[2]
        return StoreStatus(articles, passages, place, None, generation)

    def optimize(self) -> None:
        """A server optimizes by itself."""

    def optimize_apart(self, stopping: threading.Event) -> None:
        """A server optimizes by itself."""

    def close(self) -> None:
        """Nothing is held but the client, which stays open for other generations."""

    def _write_what_is_lost(self) -> None:
        """Write passages again that another writer, on its way to another version, dropped."""
        ids = {
            passage_point_id(p.article.id, p.article.version, p.passage.ordinal): p
            for p in self._in_flight
        }
        with translated(self._place):
            records = self._client.retrieve(
                self.collection,
                list(ids),
                with_payload=False,
                consistency=self._collection.consistency,
            )
        lost = [ids[i] for i in ids.keys() - {str(record.id) for record in records}]
        if lost:
            committed = self.articles(list({p.article.id for p in lost}), text=False)
            versions = {i: stored.version for i, stored in committed.items()}
            self.write_passages(
                [p for p in lost if versions.get(p.article.id) == p.article.version]
            )
        self._in_flight.clear()

    def _delete(self, points: list[str]) -> None:
        if points:
            ids: list[int | str | uuid.UUID] = [*points]
            self._collection.delete(models.PointIdsList(points=ids))

    def _name(self, language: str | None) -> str:
        return sparse_name(language) if self._vector_a_language else SPARSE


def _passage(article: Article, record: models.Record) -> PassagePoint:
    vectors = record.vector
    if not isinstance(vectors, dict):
        raise StoreError(f"a passage of {article.id!r} has no vectors: the index is damaged")
    dense = vectors.pop(DENSE, None)
    sparse = next(iter(vectors.values()), None)  # under the name of its language
    if not isinstance(dense, list) or not isinstance(sparse, models.SparseVector):
        raise StoreError(f"a passage of {article.id!r} has other vectors: the index is damaged")
    weights = SparseVector(sparse.indices, sparse.values)
    return stored_passage(article, record.payload or {}, dense, weights)  # type: ignore[arg-type]


def _payload(*, text: bool) -> bool | models.PayloadSelectorExclude:
    return True if text else models.PayloadSelectorExclude(exclude=["text"])
