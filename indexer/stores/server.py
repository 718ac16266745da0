"""The server store: a Qdrant server or cluster, through qdrant-client.

One collection, which is one generation of an archive (``server_generations.py``).
The recipe is a point of its own. What a client would do to a local folder, such
as locking it, is not needed here, since a server takes any number of readers and
writers.
"""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from qdrant_client import QdrantClient, models

from indexer.article import Article
from indexer.errors import FundstelleError, StoreError
from indexer.lexical import SparseVector
from indexer.points import (
    DENSE,
    INDEXED,
    SPARSE,
    article_payload,
    article_point_id,
    candidate,
    journal_payload,
    journal_point_id,
    passage_payload,
    passage_point_id,
    passage_point_ids,
    stored_article,
    stored_passage,
    superseded_payload,
    superseded_point_id,
    superseded_versions,
)
from indexer.recipe import Recipe
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

_RECIPE_POINT = str(uuid.uuid5(uuid.NAMESPACE_URL, "fundstelle:recipe"))
_SCHEMA = {
    "keyword": models.PayloadSchemaType.KEYWORD,
    "integer": models.PayloadSchemaType.INTEGER,
}
# Other writers may be at work on the same collection: only what has stood in a
# journal for this long was left behind by one that died.
_SCROLL = 256
_JOURNAL_LEASE = timedelta(minutes=30)


class ServerStore:
    """A ``PassageStore`` on a server. Raises StoreError where the server fails.

    ``place`` is the address, for messages. The client is whoever's who gave it.
    """

    def __init__(self, client: QdrantClient, collection: str, place: str) -> None:
        self._client = client
        self._place = place
        self.collection = collection
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

    @classmethod
    def create(cls, client: QdrantClient, collection: str, recipe: Recipe, place: str) -> None:
        """Make a collection, and write its recipe last: it is complete once it has one."""
        with translated(place):
            if not client.collection_exists(collection):
                client.create_collection(
                    collection,
                    vectors_config={
                        DENSE: models.VectorParams(
                            size=recipe.dimension, distance=models.Distance.COSINE
                        )
                    },
                    sparse_vectors_config={
                        SPARSE: models.SparseVectorParams(modifier=models.Modifier.IDF)
                    },
                )
            for field, kind in INDEXED.items():
                client.create_payload_index(collection, field, _SCHEMA[kind])
            payload = {"kind": "recipe", "recipe": recipe.to_json()}
            point = models.PointStruct(id=_RECIPE_POINT, vector={}, payload=payload)
            client.upsert(collection, [point], wait=True)

    def journal(self) -> list[str]:
        with translated(self._place):
            records, _ = self._client.scroll(
                self.collection,
                scroll_filter=models.Filter(must=[_equals("kind", "journal")]),
                limit=1000,
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
        payload = journal_payload(article_ids, self._writer)
        point_id = journal_point_id(self._writer)
        self._upsert([models.PointStruct(id=point_id, vector={}, payload=payload)])

    def end(self) -> None:
        left = datetime.now(UTC) - _JOURNAL_LEASE
        abandoned = models.Filter(
            must=[
                _equals("kind", "journal"),
                models.FieldCondition(key="at", range=models.DatetimeRange(lt=left)),
            ]
        )
        own = models.PointIdsList(points=[journal_point_id(self._writer)])
        with translated(self._place):
            self._client.delete(self.collection, own, wait=True)
            self._client.delete(self.collection, models.FilterSelector(filter=abandoned), wait=True)

    def write_passages(self, points: Sequence[PassagePoint]) -> None:
        self._upsert(
            [
                models.PointStruct(
                    id=passage_point_id(p.article.id, p.article.version, p.passage.ordinal),
                    vector={
                        DENSE: list(p.dense),
                        SPARSE: models.SparseVector(
                            indices=p.sparse.indices, values=p.sparse.values
                        ),
                    },
                    payload=passage_payload(p),
                )
                for p in points
            ]
        )

    def commit(self, articles: Iterable[tuple[Article, int]]) -> None:
        self._upsert(
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
            must=[_equals("kind", "passage"), _equals("article_id", article_id)],
            must_not=[] if keep is None else [_equals("version", keep)],
        )
        with translated(self._place):
            self._client.delete(
                self.collection, models.FilterSelector(filter=of_article), wait=True
            )

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
        self._upsert(
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
                    scroll_filter=models.Filter(must=[_equals("kind", "superseded"), of_articles]),
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
                self.collection, points, with_payload=_payload(text=text)
            )
        found = (stored_article(record.payload or {}) for record in records)
        return {stored.article.id: stored for stored in found}

    def list_articles(
        self, *, cursor: str | None = None, limit: int = 100, source_root: str | None = None
    ) -> tuple[list[StoredArticle], str | None]:
        conditions: list[models.Condition] = [_equals("kind", "article")]
        if source_root is not None:
            conditions.append(_equals("source_root", source_root))
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
        of_passages = models.Filter(must=[_equals("kind", "passage")])
        with translated(self._place):
            hits = self._client.facet(
                self.collection, "language", facet_filter=of_passages, limit=1000, exact=True
            ).hits
        return {str(hit.value): hit.count for hit in hits}

    def search(self, request: SearchRequest) -> list[Candidate]:
        chosen = _conditions(request.filter)
        dense = list(request.dense)
        dense_filter = models.Filter(must=list(chosen))
        prefetches = [
            models.Prefetch(query=dense, using=DENSE, limit=request.limit, filter=dense_filter)
        ]
        lexical_legs = []
        for language, vector in request.lexical.items():
            of_language = _equals("language", language)
            query = models.SparseVector(indices=vector.indices, values=vector.values)
            restricted = models.Filter(must=[of_language, *chosen])
            corpus = models.IdfCorpusParams(corpus=models.Filter(must=[of_language]))
            params = models.SearchParams(idf=corpus)
            prefetches.append(
                models.Prefetch(
                    query=query, using=SPARSE, limit=request.limit, filter=restricted, params=params
                )
            )
            lexical_legs.append(
                models.QueryRequest(
                    query=query, using=SPARSE, limit=request.limit, filter=restricted, params=params
                )
            )
        # The union of the legs is scored by its dense vectors, so that a passage
        # found by its words alone has a dense score too.
        union = models.QueryRequest(
            prefetch=prefetches,
            query=dense,
            using=DENSE,
            limit=request.limit * len(prefetches),
            with_payload=True,
        )
        with translated(self._place):
            by_dense, *by_words = self._client.query_batch_points(
                self.collection, [union, *lexical_legs]
            )
        lexical = {str(point.id): point.score for leg in by_words for point in leg.points}
        return [
            candidate(point.payload or {}, point.score, lexical.get(str(point.id)))
            for point in by_dense.points
        ]

    def status(self) -> StoreStatus:
        with translated(self._place):
            articles, passages = (
                self._client.count(
                    self.collection,
                    count_filter=models.Filter(must=[_equals("kind", kind)]),
                    exact=True,
                ).count
                for kind in ("article", "passage")
            )
        place = f"qdrant {self._place}"
        generation = self.collection.rpartition(".")[2]
        return StoreStatus(articles, passages, place, None, generation)

    def optimize(self) -> None:
        """A server optimizes by itself."""

    def close(self) -> None:
        """Nothing is held but the client, which stays open for other generations."""

    def _upsert(self, points: list[models.PointStruct]) -> None:
        if points:
            with translated(self._place):
                self._client.upsert(self.collection, points, wait=True)

    def _delete(self, points: list[str]) -> None:
        if points:
            ids: list[int | str | uuid.UUID] = [*points]
            with translated(self._place):
                self._client.delete(self.collection, models.PointIdsList(points=ids), wait=True)


@contextmanager
def translated(place: str) -> Iterator[None]:
    """The client raises its own errors and two transports'; a caller sees StoreError."""
    try:
        yield
    except FundstelleError:
        raise
    except Exception as error:
        raise StoreError(
            f"Qdrant at {place} failed: {error}; check that the server runs there "
            "and that FUNDSTELLE_QDRANT_API_KEY fits"
        ) from error


def _passage(article: Article, record: models.Record) -> PassagePoint:
    vectors = record.vector
    if not isinstance(vectors, dict):
        raise StoreError(f"a passage of {article.id!r} has no vectors: the index is damaged")
    dense, sparse = vectors[DENSE], vectors[SPARSE]
    if not isinstance(dense, list) or not isinstance(sparse, models.SparseVector):
        raise StoreError(f"a passage of {article.id!r} has other vectors: the index is damaged")
    weights = SparseVector(sparse.indices, sparse.values)
    return stored_passage(article, record.payload or {}, dense, weights)  # type: ignore[arg-type]


def _payload(*, text: bool) -> bool | models.PayloadSelectorExclude:
    return True if text else models.PayloadSelectorExclude(exclude=["text"])


def _equals(field: str, value: str) -> models.FieldCondition:
    return models.FieldCondition(key=field, match=models.MatchValue(value=value))


def _conditions(wanted: ArticleFilter) -> list[models.Condition]:
    conditions: list[models.Condition] = [
        _equals(key, value) for key, value in (wanted.metadata or {}).items()
    ]
    if wanted.languages:
        languages = models.MatchAny(any=list(wanted.languages))
        conditions.append(models.FieldCondition(key="language", match=languages))
    if (wanted.published_from, wanted.published_until) != (None, None):
        between = models.Range(gte=wanted.published_from, lt=wanted.published_until)
        conditions.append(models.FieldCondition(key="published", range=between))
    return conditions
