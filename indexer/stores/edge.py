"""The embedded store: Qdrant Edge, the engine of Qdrant in this process.

One shard in the folder of a generation, with ``recipe.json`` beside it. Edge
locks its folder, so a process that opens it owns it (``indexer/ownership.py``).
How a shard is written and optimised is in ``edge_open_shard.py``, what it is made
with in ``edge_shard.py``, how filters become conditions in ``edge_filters.py``.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

import qdrant_edge as edge

from indexer.article import Article
from indexer.collection import CollectionSettings
from indexer.disk import RESERVE, require_room, require_writable
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
    SearchRequest,
    StoredArticle,
    StoreStatus,
    Superseded,
)
from indexer.stores.article_cache import ArticleCache
from indexer.stores.edge_errors import translated
from indexer.stores.edge_filters import conditions, equals
from indexer.stores.edge_open_shard import OpenShard
from indexer.stores.edge_shard import (
    dense_search,
    exact_search,
)

_RECIPE = "recipe.json"
_WRITER = "owner"  # one process owns the folder, so one journal is enough
# Up to so many points the inverse document frequency is worked out anew for each question. Above,
# it is the engine's own count, in which deleted passages stay until their segment is rebuilt.
_EXACT_STATISTICS = 20_000


class EdgeStore:
    """A ``PassageStore`` in a folder. Raises StoreError where Edge fails."""

    def __init__(self, folder: Path, settings: CollectionSettings | None = None) -> None:
        self.folder = folder
        self._settings = settings or CollectionSettings()
        with translated(folder, " when it was opened"):
            self.recipe = Recipe.from_json(json.loads((folder / _RECIPE).read_text("utf-8")))
        self._shard = OpenShard(folder, self.recipe, self._settings)
        self._vector_a_language = self.recipe.format >= VECTOR_A_LANGUAGE
        self._written = 0
        self._articles = ArticleCache()

    @classmethod
    def create(
        cls, folder: Path, recipe: Recipe, settings: CollectionSettings | None = None
    ) -> None:
        """Lay out an empty store in a folder that does not exist yet."""
        with translated(folder):
            folder.mkdir(parents=True)
            require_room(folder, extra=RESERVE)  # for the log of a shard, too
            (folder / _RECIPE).write_text(json.dumps(recipe.to_json(), indent=1), "utf-8")
        OpenShard.create(folder, recipe, settings or CollectionSettings())

    def journal(self) -> list[str]:
        records = self._shard.retrieve([journal_point_id(_WRITER)])
        return [article for record in records for article in (record.payload or {})["articles"]]

    def begin(self, article_ids: Sequence[str]) -> None:
        payload = journal_payload(article_ids, _WRITER)
        require_room(self.folder)
        # Edge goes on writing to files that it has open, of which the disk may keep nothing.
        require_writable(self.folder)
        self._shard.upsert([edge.Point(journal_point_id(_WRITER), {}, payload)])

    def end(self) -> None:
        self._shard.delete([journal_point_id(_WRITER)])
        self._shard.rest(self._written)
        self._written = 0

    def write_passages(self, points: Sequence[PassagePoint]) -> None:
        require_room(self.folder, _size(p.passage.text for p in points))
        for name in sorted({self._name(p.article.language) for p in points}):
            self._shard.add_sparse(name)
        self._shard.upsert(
            [
                edge.Point(
                    passage_point_id(p.article.id, p.article.version, p.passage.ordinal),
                    {
                        DENSE: list(p.dense),
                        self._name(p.article.language): edge.SparseVector(*p.sparse),
                    },
                    passage_payload(p),
                )
                for p in points
            ]
        )
        self._written += len(points)

    def commit(self, articles: Iterable[tuple[Article, int]]) -> None:
        articles = list(articles)
        require_room(self.folder, _size(article.text for article, _ in articles))
        points = [
            edge.Point(article_point_id(article.id), {}, article_payload(article, passages))
            for article, passages in articles
        ]
        with self._articles.changing(article.id for article, _ in articles):
            self._shard.upsert(points)

    def forget(self, article_ids: Sequence[str]) -> None:
        with self._articles.changing(article_ids):
            self._shard.delete([article_point_id(article_id) for article_id in article_ids])

    def drop_passages(self, article_id: str, *, keep: str | None) -> None:
        of_article = edge.Filter(
            must=[equals("kind", "passage"), equals("article_id", article_id)],
            must_not=[] if keep is None else [equals("version", keep)],
        )
        self._shard.delete_all(of_article)

    def passages(self, articles: Iterable[StoredArticle]) -> list[PassagePoint]:
        owners = {point: s.article for s in articles for point in passage_point_ids(s)}
        records = self._shard.retrieve(list(owners), with_vector=True)
        by_id = {str(record.id): record for record in records}
        return [_passage(owner, by_id[point]) for point, owner in owners.items() if point in by_id]

    def keep_superseded(self, versions: Iterable[Superseded]) -> None:
        self._shard.upsert(
            [edge.Point(superseded_point_id(v), {}, superseded_payload(v)) for v in versions]
        )

    def superseded(self, article_ids: Sequence[str]) -> list[Superseded]:
        of_articles = edge.FieldCondition("article_id", match=edge.MatchAny(list(article_ids)))
        wanted = edge.Filter(must=[equals("kind", "superseded"), of_articles])
        records = self._shard.scroll(wanted, with_payload=True)
        return superseded_versions([record.payload or {} for record in records])

    def drop_superseded(self, versions: Iterable[Superseded]) -> None:
        self._shard.delete([superseded_point_id(v) for v in versions])

    def articles(self, ids: Sequence[str], *, text: bool = True) -> dict[str, StoredArticle]:
        if text:
            return self._look_up(ids, text=True)
        known, moment = self._articles.known(ids)
        found = self._look_up([i for i in ids if i not in known], text=False)
        self._articles.remember(found, moment)
        return known | found

    def _look_up(self, ids: Sequence[str], *, text: bool) -> dict[str, StoredArticle]:
        points = [article_point_id(article_id) for article_id in ids]
        records = self._shard.retrieve(points, with_payload=_payload(text=text)) if points else []
        found = (stored_article(record.payload or {}) for record in records)
        return {stored.article.id: stored for stored in found}

    def list_articles(
        self, *, cursor: str | None = None, limit: int = 100, source_root: str | None = None
    ) -> tuple[list[StoredArticle], str | None]:
        conditions = [equals("kind", "article")]
        if source_root is not None:
            conditions.append(equals("source_root", source_root))
        with translated(self.folder):
            request = edge.ScrollRequest(
                offset=cursor,
                limit=limit,
                filter=edge.Filter(must=list(conditions)),
                with_payload=_payload(text=False),
            )
            records, following = self._shard.edge.scroll(request)
        page = [stored_article(record.payload or {}) for record in records]
        return page, None if following is None else str(following)

    def languages(self) -> dict[str, int]:
        of_passages = edge.Filter(must=[equals("kind", "passage")])
        request = edge.FacetRequest("language", limit=1000, exact=True, filter=of_passages)
        with translated(self.folder):
            return {str(hit.value): hit.count for hit in self._shard.edge.facet(request)}

    def search(self, request: SearchRequest) -> list[Candidate]:
        nearest = edge.Query.Nearest(list(request.dense), using=DENSE)
        dense_leg = self._dense_leg(nearest, request.filter, request.limit, with_payload=True)
        legs = [
            self._lexical_leg(language, vector, request)
            for language, vector in request.lexical.items()
            if self._name(language) in self._shard.sparse
        ]
        words = len(legs)
        legs += [self._dense_leg(nearest, only, request.shorter) for only in request.besides]
        shard = self._shard.edge
        with translated(self.folder):
            # Not in one batch: the payloads of the first would cost the others time.
            by_dense = {str(point.id): point for point in shard.query(dense_leg)}
            found = shard.query_batch(edge.QueryBatchRequest(legs)) if legs else []
            lexical = {str(point.id): point.score for leg in found[:words] for point in leg}
            others = {str(point.id) for leg in found[words:] for point in leg}
            # A passage that another leg found gets its dense score, too.
            rest = (lexical.keys() | others) - by_dense.keys()
            if rest:
                exactly = edge.QueryRequest(
                    len(rest),
                    query=nearest,
                    filter=edge.Filter(must=[edge.HasIdCondition(set(rest))]),
                    params=exact_search(),
                    with_payload=True,
                )
                by_dense |= {str(point.id): point for point in shard.query(exactly)}
        candidates = [
            candidate(point.payload or {}, point.score, lexical.get(point_id))
            for point_id, point in by_dense.items()
        ]
        return sorted(candidates, key=lambda c: -c.dense)

    def _dense_leg(
        self, nearest: edge.Query, only: ArticleFilter, limit: int, *, with_payload: bool = False
    ) -> edge.QueryRequest:
        return edge.QueryRequest(
            limit,
            query=nearest,
            filter=_all_of(conditions(only)),
            params=dense_search(self._settings),
            with_payload=with_payload,
        )

    def _lexical_leg(
        self, language: str, vector: SparseVector, request: SearchRequest
    ) -> edge.QueryRequest:
        """The passages of a language that share most with a question, by terms rare in it."""
        name = self._name(language)
        chosen: list[edge.ConditionType] = [*conditions(request.filter)]
        params = None
        if not self._vector_a_language:
            chosen.append(equals("language", language))
            corpus = edge.Filter(must=[equals("language", language)])
            params = edge.SearchParams(idf=edge.IdfParams(corpus))
        elif self._shard.edge.info().points_count <= _EXACT_STATISTICS:
            corpus = edge.Filter(must=[edge.HasVectorCondition(name)])
            params = edge.SearchParams(idf=edge.IdfParams(corpus))
        query = edge.Query.Nearest(edge.SparseVector(*vector), using=name)
        return edge.QueryRequest(request.limit, query=query, filter=_all_of(chosen), params=params)

    def _name(self, language: str | None) -> str:
        return sparse_name(language) if self._vector_a_language else SPARSE

    def status(self) -> StoreStatus:
        articles, passages = (
            self._shard.count(edge.Filter(must=[equals("kind", kind)]))
            for kind in ("article", "passage")
        )
        place = f"edge {self.folder}"
        return StoreStatus(articles, passages, place, self._shard.bytes(), self.folder.name)

    def optimize(self) -> None:
        self._shard.optimize()

    def optimize_apart(self, stopping: threading.Event) -> None:
        self._shard.optimize_apart(stopping)

    def close(self) -> None:
        self._shard.close()


def _size(texts: Iterable[str]) -> int:
    """Bytes that writing these may take: in the log, as a payload, and in the terms indexed."""
    return sum(8 * len(text) for text in texts)


def _passage(article: Article, record: edge.Record) -> PassagePoint:
    vectors = record.vector
    if not isinstance(vectors, dict):
        raise StoreError(f"a passage of {article.id!r} has no vectors: the index is damaged")
    dense = vectors.pop(DENSE, None)
    sparse = next(iter(vectors.values()), None)  # under the name of its language
    if not isinstance(dense, list) or not isinstance(sparse, edge.SparseVector):
        raise StoreError(f"a passage of {article.id!r} has other vectors: the index is damaged")
    weights = SparseVector(list(sparse.indices), list(sparse.values))
    return stored_passage(article, record.payload or {}, dense, weights)  # type: ignore[arg-type]


def _payload(*, text: bool) -> bool | edge.PayloadSelector:
    return True if text else edge.PayloadSelector.Exclude(["text"])


def _all_of(chosen: Sequence[edge.ConditionType]) -> edge.Filter | None:
    return edge.Filter(must=list(chosen)) if chosen else None
