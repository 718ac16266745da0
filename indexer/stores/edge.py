"""The embedded store: Qdrant Edge, the engine of Qdrant in this process.

One shard in the folder of a generation, with ``recipe.json`` beside it. Edge
locks its folder, so a process that opens it owns it (``indexer/ownership.py``).
Everything that differs from the server store is in this file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import qdrant_edge as edge

from indexer.article import Article
from indexer.disk import RESERVE, require_room, require_writable
from indexer.errors import DiskFull, FundstelleError, StoreError
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

_RECIPE = "recipe.json"
_SHARD = "shard"
_SCROLL = 256
_FULL = ("No space left", "Not enough space")  # how Edge words it
_WRITER = "owner"  # one process owns the folder, so one journal is enough
_SCHEMA = {
    "keyword": edge.PayloadSchemaType.Keyword,
    "integer": edge.PayloadSchemaType.Integer,
}


class EdgeStore:
    """A ``PassageStore`` in a folder. Raises StoreError where Edge fails."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with _translated(folder, " when it was opened"):
            require_writable(folder)
            require_room(folder)
            self.recipe = Recipe.from_json(json.loads((folder / _RECIPE).read_text("utf-8")))
            self._shard = edge.EdgeShard.load(str(folder / _SHARD))

    @classmethod
    def create(cls, folder: Path, recipe: Recipe) -> None:
        """Lay out an empty store in a folder that does not exist yet."""
        with _translated(folder):
            folder.mkdir(parents=True)
            require_room(folder, extra=RESERVE)  # for the log that is laid out here
            (folder / _RECIPE).write_text(json.dumps(recipe.to_json(), indent=1), "utf-8")
            (folder / _SHARD).mkdir()
            config = edge.EdgeConfig(
                vectors={DENSE: edge.EdgeVectorParams(recipe.dimension, edge.Distance.Cosine)},
                sparse_vectors={SPARSE: edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf)},
            )
            shard = edge.EdgeShard.create(str(folder / _SHARD), config)
            for field, kind in INDEXED.items():
                shard.update(edge.UpdateOperation.create_field_index(field, _SCHEMA[kind]))
            shard.flush()
            shard.close()

    def journal(self) -> list[str]:
        with _translated(self.folder):
            records = self._shard.retrieve([journal_point_id(_WRITER)], True, False)
        return [article for record in records for article in (record.payload or {})["articles"]]

    def begin(self, article_ids: Sequence[str]) -> None:
        payload = journal_payload(article_ids, _WRITER)
        require_room(self.folder)
        self._upsert([edge.Point(journal_point_id(_WRITER), {}, payload)])

    def end(self) -> None:
        self._update(edge.UpdateOperation.delete_points([journal_point_id(_WRITER)]))

    def write_passages(self, points: Sequence[PassagePoint]) -> None:
        require_room(self.folder, _size(p.passage.text for p in points))
        self._upsert(
            [
                edge.Point(
                    passage_point_id(p.article.id, p.article.version, p.passage.ordinal),
                    {DENSE: list(p.dense), SPARSE: edge.SparseVector(*p.sparse)},
                    passage_payload(p),
                )
                for p in points
            ]
        )

    def commit(self, articles: Iterable[tuple[Article, int]]) -> None:
        articles = list(articles)
        require_room(self.folder, _size(article.text for article, _ in articles))
        self._upsert(
            [
                edge.Point(article_point_id(article.id), {}, article_payload(article, passages))
                for article, passages in articles
            ]
        )

    def forget(self, article_ids: Sequence[str]) -> None:
        ids: list[edge.PointId] = [article_point_id(article_id) for article_id in article_ids]
        self._update(edge.UpdateOperation.delete_points(ids))

    def drop_passages(self, article_id: str, *, keep: str | None) -> None:
        of_article = edge.Filter(
            must=[_equals("kind", "passage"), _equals("article_id", article_id)],
            must_not=[] if keep is None else [_equals("version", keep)],
        )
        self._update(edge.UpdateOperation.delete_points_by_filter(of_article))

    def passages(self, articles: Iterable[StoredArticle]) -> list[PassagePoint]:
        owners = {point: s.article for s in articles for point in passage_point_ids(s)}
        wanted: list[edge.PointId] = list(owners)
        with _translated(self.folder):
            records = self._shard.retrieve(wanted, True, True)
        by_id = {str(record.id): record for record in records}
        return [_passage(owner, by_id[point]) for point, owner in owners.items() if point in by_id]

    def keep_superseded(self, versions: Iterable[Superseded]) -> None:
        self._upsert(
            [edge.Point(superseded_point_id(v), {}, superseded_payload(v)) for v in versions]
        )

    def superseded(self, article_ids: Sequence[str]) -> list[Superseded]:
        of_articles = edge.FieldCondition("article_id", match=edge.MatchAny(list(article_ids)))
        wanted = edge.Filter(must=[_equals("kind", "superseded"), of_articles])
        payloads: list[Payload] = []
        offset = None
        while True:
            request = edge.ScrollRequest(
                offset=offset, limit=_SCROLL, filter=wanted, with_payload=True
            )
            with _translated(self.folder):
                records, offset = self._shard.scroll(request)
            payloads.extend(record.payload or {} for record in records)
            if offset is None:
                return superseded_versions(payloads)

    def drop_superseded(self, versions: Iterable[Superseded]) -> None:
        ids: list[edge.PointId] = [superseded_point_id(v) for v in versions]
        self._update(edge.UpdateOperation.delete_points(ids))

    def articles(self, ids: Sequence[str], *, text: bool = True) -> dict[str, StoredArticle]:
        points: list[edge.PointId] = [article_point_id(article_id) for article_id in ids]
        with _translated(self.folder):
            records = self._shard.retrieve(points, _payload(text=text), False)
        found = (stored_article(record.payload or {}) for record in records)
        return {stored.article.id: stored for stored in found}

    def list_articles(
        self, *, cursor: str | None = None, limit: int = 100, source_root: str | None = None
    ) -> tuple[list[StoredArticle], str | None]:
        conditions = [_equals("kind", "article")]
        if source_root is not None:
            conditions.append(_equals("source_root", source_root))
        with _translated(self.folder):
            request = edge.ScrollRequest(
                offset=cursor,
                limit=limit,
                filter=edge.Filter(must=list(conditions)),
                with_payload=_payload(text=False),
            )
            records, following = self._shard.scroll(request)
        page = [stored_article(record.payload or {}) for record in records]
        return page, None if following is None else str(following)

    def languages(self) -> dict[str, int]:
        of_passages = edge.Filter(must=[_equals("kind", "passage")])
        request = edge.FacetRequest("language", limit=1000, exact=True, filter=of_passages)
        with _translated(self.folder):
            return {str(hit.value): hit.count for hit in self._shard.facet(request)}

    def search(self, request: SearchRequest) -> list[Candidate]:
        chosen = _conditions(request.filter)
        nearest = edge.Query.Nearest(list(request.dense), using=DENSE)
        dense_leg = edge.Prefetch(
            limit=request.limit, query=nearest, filter=edge.Filter(must=list(chosen))
        )
        prefetches = [dense_leg]
        lexical_legs = []
        for language, vector in request.lexical.items():
            of_language = _equals("language", language)
            query = edge.Query.Nearest(edge.SparseVector(*vector), using=SPARSE)
            restricted = edge.Filter(must=[of_language, *chosen])
            params = edge.SearchParams(idf=edge.IdfParams(edge.Filter(must=[of_language])))
            prefetches.append(
                edge.Prefetch(request.limit, query=query, filter=restricted, params=params)
            )
            lexical_legs.append(
                edge.QueryRequest(request.limit, query=query, filter=restricted, params=params)
            )
        # The union of the legs is scored by its dense vectors, so that a passage
        # found by its words alone has a dense score too.
        union = edge.QueryRequest(
            limit=request.limit * len(prefetches),
            query=nearest,
            prefetches=prefetches,
            with_payload=True,
        )
        with _translated(self.folder):
            by_dense, *by_words = self._shard.query_batch(
                edge.QueryBatchRequest([union, *lexical_legs])
            )
        lexical = {str(point.id): point.score for leg in by_words for point in leg}
        return [
            candidate(point.payload or {}, point.score, lexical.get(str(point.id)))
            for point in by_dense
        ]

    def status(self) -> StoreStatus:
        with _translated(self.folder):
            articles, passages = (
                self._shard.count(
                    edge.CountRequest(exact=True, filter=edge.Filter(must=[_equals("kind", kind)]))
                )
                for kind in ("article", "passage")
            )
            size = sum(_on_disk(p) for p in self.folder.rglob("*") if p.is_file())
        return StoreStatus(articles, passages, f"edge {self.folder}", size, self.folder.name)

    def optimize(self) -> None:
        require_room(self.folder)
        with _translated(self.folder):
            self._shard.optimize()
            self._shard.flush()

    def close(self) -> None:
        with _translated(self.folder):
            self._shard.flush()
            self._shard.close()

    def _upsert(self, points: list[edge.Point]) -> None:
        self._update(edge.UpdateOperation.upsert_points(points))

    def _update(self, operation: edge.UpdateOperation) -> None:
        with _translated(self.folder):
            self._shard.update(operation)


def _size(texts: Iterable[str]) -> int:
    """Bytes that writing these may take: in the log, as a payload, and in the terms indexed."""
    return sum(8 * len(text) for text in texts)


def _on_disk(path: Path) -> int:
    """Bytes taken up: Edge reserves far more than it fills, in sparse files."""
    return path.stat().st_blocks * 512


def _passage(article: Article, record: edge.Record) -> PassagePoint:
    vectors = record.vector
    if not isinstance(vectors, dict):
        raise StoreError(f"a passage of {article.id!r} has no vectors: the index is damaged")
    dense, sparse = vectors[DENSE], vectors[SPARSE]
    if not isinstance(dense, list) or not isinstance(sparse, edge.SparseVector):
        raise StoreError(f"a passage of {article.id!r} has other vectors: the index is damaged")
    weights = SparseVector(list(sparse.indices), list(sparse.values))
    return stored_passage(article, record.payload or {}, dense, weights)  # type: ignore[arg-type]


def _payload(*, text: bool) -> bool | edge.PayloadSelector:
    return True if text else edge.PayloadSelector.Exclude(["text"])


def _equals(field: str, value: str) -> edge.FieldCondition:
    return edge.FieldCondition(field, match=edge.MatchValue(value))


def _conditions(wanted: ArticleFilter) -> list[edge.FieldCondition]:
    conditions = [_equals(key, value) for key, value in (wanted.metadata or {}).items()]
    if wanted.languages:
        conditions.append(
            edge.FieldCondition("language", match=edge.MatchAny(list(wanted.languages)))
        )
    if (wanted.published_from, wanted.published_until) != (None, None):
        between = edge.RangeFloat(gte=wanted.published_from, lt=wanted.published_until)
        conditions.append(edge.FieldCondition("published", range=between))
    return conditions


@contextmanager
def _translated(folder: Path, moment: str = "") -> Iterator[None]:
    """Edge raises bare Exceptions, or panics; the file system its own: a caller sees StoreError."""
    try:
        yield
    except (FundstelleError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # a panic of Edge is no Exception
        if any(sign in str(error) for sign in _FULL):
            raise DiskFull(f"the disk of {folder} is full: {error}; free some of it") from error
        raise StoreError(
            f"the index at {folder} failed{moment}: {error}; if it goes on, restore a backup "
            "(fundstelle restore FILE), or remove the folder and index again"
        ) from error
