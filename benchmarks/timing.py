"""How long things take: one call after the other, and what of indexing the embedder takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

if TYPE_CHECKING:
    from indexer.embedding import Embedder, Vectors

Asked = TypeVar("Asked")


class Latency(NamedTuple):
    """Median and 95th percentile of some calls, in milliseconds."""

    p50: float
    p95: float


def latency(work: Callable[[Asked], Any], asked: Iterable[Asked]) -> Latency:
    """How long ``work`` takes with each."""
    spent = []
    for each in asked:
        started = time.perf_counter()
        work(each)
        spent.append(1000 * (time.perf_counter() - started))
    return Latency(median(spent), sorted(spent)[int(0.95 * len(spent))])


class EmbeddingTime:
    """Adds up in ``seconds`` what an embedder spends on passages from now on."""

    def __init__(self, embedder: Embedder) -> None:
        self.seconds = 0.0
        self._embed = embedder.embed_passages
        embedder.embed_passages = self._timed  # type: ignore[method-assign]

    def _timed(self, texts: Sequence[str]) -> Vectors:
        started = time.perf_counter()
        found = self._embed(texts)
        self.seconds += time.perf_counter() - started
        return found
