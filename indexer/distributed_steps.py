"""What a worker of a Ray cluster does: reads files, and prepares the articles in them.

Runs in Ray's processes; the same reading and preparing as in one process. Rows
between the steps hold pickled values, since an article is no table. Setting the
steps up is left to ``distributed.py``.
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from indexer.article import Article, Passage
from indexer.embedding import Embedder
from indexer.errors import SourceError
from indexer.lexical import SparseVector
from indexer.passages import PassageSettings
from indexer.preparing import Preparer
from indexer.settings import ArchiveSettings
from indexer.sources.files import read_named
from indexer.store import PassagePoint

Batch = Mapping[str, npt.NDArray[Any]]
_Row = Article | tuple[str, str, int | None]


class KnownVersions:
    """Which version of each article the store has: 16 bytes an article, so that it travels.

    Two ids with the same eight bytes of their hash only mean that one article is
    prepared by the writer: what is unchanged is decided there.
    """

    def __init__(self, versions: Iterable[tuple[str, str]]) -> None:
        pairs = np.array([(_short(i), int(v[:16], 16)) for i, v in versions], np.uint64)
        pairs = pairs.reshape(-1, 2)
        self._ids, self._versions = pairs[np.argsort(pairs[:, 0])].T.copy()

    def has(self, article: Article) -> bool:
        """Whether this very version is there."""
        wanted = np.uint64(_short(article.id))
        at = int(np.searchsorted(self._ids, wanted))
        return (
            at < len(self._ids)
            and self._ids[at] == wanted
            and int(self._versions[at]) == int(article.version[:16], 16)
        )


def read(row: Mapping[str, Any]) -> Iterator[dict[str, bytes]]:
    """The articles of one file, and errors in place of what can't be read."""
    if row["item"]:
        yield {"item": row["item"]}
        return
    for item in read_named(row["root"], row["file"]):
        yield {"item": packed(item)}


class Prepare:
    """Prepares the articles of a batch that the store does not have. One loaded model each."""

    def __init__(
        self,
        settings: ArchiveSettings,
        model: str,
        passages: PassageSettings,
        known: KnownVersions,
    ) -> None:
        self._settings = settings
        self._model = model
        self._known = known
        self._preparer = Preparer(lambda: self._embedder, passages)

    def __call__(self, batch: Batch) -> dict[str, list[bytes]]:
        """``item`` as it came, and ``points``: empty where there was nothing to prepare."""
        items = [unpacked(content) for content in batch["item"]]
        new = [i for i, item in enumerate(items) if self._is_new(item)]
        points = [b""] * len(items)
        if new:
            made = self._preparer.prepare([items[i] for i in new])  # type: ignore[misc]
            for i, own in zip(new, made, strict=True):
                points[i] = _packed_points(own)
        return {"item": list(batch["item"]), "points": points}

    @cached_property
    def _embedder(self) -> Embedder:
        settings = self._settings
        return Embedder(
            self._model,
            settings.cache,
            data_type=settings.data_type,
            device=settings.device,
            backend=settings.backend,
            threads=settings.threads or 1,  # Ray gives each embedder one processor
        )

    def _is_new(self, item: Article | SourceError) -> bool:
        return isinstance(item, Article) and not self._known.has(item)


def packed(item: Article | SourceError) -> bytes:
    """An item as the value of a row."""
    if isinstance(item, SourceError):
        return pickle.dumps((item.source, item.reason, item.line))
    return pickle.dumps(item)


def unpacked(content: bytes) -> Article | SourceError:
    """What ``packed`` made."""
    row: _Row = pickle.loads(content)  # noqa: S301 - from our own workers, as all that Ray sends
    if isinstance(row, Article):
        return row
    source, reason, line = row
    return SourceError(source, reason, line=line)


def _packed_points(points: list[PassagePoint]) -> bytes:
    dense = np.array([point.dense for point in points], np.float32)
    rest = [(point.passage, point.sparse) for point in points]
    return pickle.dumps((dense, rest))


def unpacked_points(article: Article, content: bytes) -> list[PassagePoint] | None:
    """The passages that ``Prepare`` made of an article, None where it made none."""
    if not content:
        return None
    dense: npt.NDArray[np.float32]
    rest: list[tuple[Passage, SparseVector]]
    dense, rest = pickle.loads(content)  # noqa: S301 - as above
    return [
        PassagePoint(article, passage, vector, sparse)
        for (passage, sparse), vector in zip(rest, dense.tolist(), strict=True)
    ]


def _short(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
