"""How long the store's part of a search takes, and how much of the truth it finds.

The store's part is what ``service/retrieval.py`` asks of it: one search with a
dense leg and a lexical leg for each language, and the articles of the best found.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import qdrant_edge as edge

from benchmarks.mixture import RealPassages, Vectors
from benchmarks.timing import latency
from indexer import lexical
from indexer.points import DENSE
from indexer.store import ArticleFilter, PassageStore, SearchRequest
from indexer.stores.edge import EdgeStore
from indexer.stores.edge_filters import conditions
from indexer.stores.edge_shard import exact_search
from service.fusion import FusionWeights, fuse

_LEG, _BEST = 40, 60  # as service/retrieval.py has them
_HELD_OUT = 60
_MOVE = 0.2
_CHECKED = 60

#: Filters whose cost and recall are measured: a language of one passage in twenty, one year.
FILTERS = {
    "none": ArticleFilter(),
    "language pt (5 %)": ArticleFilter(languages=("pt",)),
    "one year (5 %)": ArticleFilter(published_from=1262304000, published_until=1293840000),
}


@dataclass(frozen=True)
class Timings:
    """Milliseconds: the median and the 95th of a hundred; ``processor_ms`` is on all cores."""

    p50: float
    p95: float
    processor_ms: float

    def __str__(self) -> str:
        return f"{self.p50:.1f} / {self.p95:.1f} ms ({self.processor_ms:.1f})"


def requests(
    texts: Sequence[str], dense: Vectors, real: RealPassages, languages: Iterable[str]
) -> list[SearchRequest]:
    """Searches for real questions, and for some that were moved a little from real ones."""
    chance = random.Random(7)  # noqa: S311
    codes = list(languages)
    asked = list(zip(texts, dense, strict=True))
    for text, vector in chance.sample(asked, min(_HELD_OUT, len(asked))):
        one, other = chance.sample(range(len(real.dense)), 2)
        moved = vector + _MOVE * (real.dense[one] - real.dense[other])
        asked.append((text, moved / np.linalg.norm(moved)))
    return [
        SearchRequest(
            vector.tolist(), {code: lexical.weigh_question(text, code) for code in codes}, _LEG
        )
        for text, vector in asked
    ]


def store_part(store: PassageStore, request: SearchRequest) -> None:
    """What retrieval asks of a store for one question."""
    found = store.search(request)
    scores = fuse(found, None, FusionWeights())
    order = sorted(range(len(found)), key=lambda i: -scores[i])[:_BEST]
    store.articles(list({found[i].article_id for i in order}), text=False)


def timed(work: Callable[[SearchRequest], Any], asked: Sequence[SearchRequest]) -> Timings:
    """How long each takes, one after the other."""
    processor = time.process_time()
    found = latency(work, asked)
    used = 1000 * (time.process_time() - processor) / len(asked)
    return Timings(found.p50, found.p95, used)


Truth = list[set[tuple[str, int]]]


def exact(store: EdgeStore, asked: Sequence[SearchRequest], wanted: ArticleFilter) -> Truth:
    """The ten nearest passages of the first questions, every vector looked at."""
    return [_exact(store, request, wanted) for request in asked[:_CHECKED]]


def recall(
    store: EdgeStore, asked: Sequence[SearchRequest], wanted: ArticleFilter, truth: Truth
) -> float:
    """The share of the truth that the dense leg has first."""
    hits = 0
    for request, nearest in zip(asked, truth, strict=False):
        found = store.search(replace(request, lexical={}, filter=wanted))
        hits += len(nearest & {(c.article_id, c.ordinal) for c in found[: len(nearest)]})
    return hits / sum(map(len, truth))


def _exact(store: EdgeStore, request: SearchRequest, wanted: ArticleFilter) -> set[tuple[str, int]]:
    query = edge.QueryRequest(
        10,
        query=edge.Query.Nearest(list(request.dense), using=DENSE),
        filter=edge.Filter(must=list(conditions(wanted))),
        params=exact_search(),
        with_payload=edge.PayloadSelector.Include(["article_id", "ordinal"]),
    )
    found = store._shard.edge.query(query)  # the contract has no exact search, and needs none
    payloads = [point.payload or {} for point in found]
    return {(payload["article_id"], payload["ordinal"]) for payload in payloads}
