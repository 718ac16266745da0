"""A shard of Qdrant Edge, open: what is written to it, and how it is optimised.

Optimising apart goes over to an optimised copy of the shard (``edge_settling.py``)
with all that was written meanwhile. Who reads takes ``edge``, which is another object
after that. What the points mean is left to ``edge.py``.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import qdrant_edge as edge

from indexer import pointer
from indexer.collection import CollectionSettings
from indexer.disk import require_room, require_writable
from indexer.recipe import Recipe
from indexer.stores.edge_errors import translated
from indexer.stores.edge_filters import equals
from indexer.stores.edge_settling import (
    copy_shard,
    next_shard,
    optimize_copy,
    remove_leftovers,
    shard_in_use,
)
from indexer.stores.edge_shard import payload_indexes, shard_config, sparse_names

_PAGE = 256
_FLUSH_S = 10.0  # between flushes while something is written
# After so many passages a load is optimised in between: what is not yet optimised is kept on
# the heap, and is replayed from the log by whoever opens the shard after a kill.
_SETTLE = 200_000
# Up to so many passages there is little to optimise, and it is done at once.
_SMALL = 5_000
_PASSAGES = edge.Filter(must=[equals("kind", "passage")])


class OpenShard:
    """The shard in use in the folder of a generation. Raises StoreError where Edge fails.

    Reading and writing is safe from several threads.
    """

    def __init__(self, folder: Path, recipe: Recipe, settings: CollectionSettings) -> None:
        self.folder = folder
        self._recipe = recipe
        self._settings = settings
        with translated(folder, " when it was opened"):
            require_writable(folder)
            require_room(folder)
            remove_leftovers(folder)
            self._added = False  # whether there is a sparse vector since it was loaded
            self.edge, self.sparse = self._load(shard_in_use(folder))
        self._updating = threading.RLock()
        # What was written or deleted since the shard was copied; None where there is no copy.
        self._touched: set[str] | None = None
        self._apart = False
        self._unsettled = 0
        self._flushed = time.monotonic()

    @classmethod
    def create(cls, folder: Path, recipe: Recipe, settings: CollectionSettings) -> None:
        """Lay out an empty shard."""
        with translated(folder):
            place = shard_in_use(folder)
            place.mkdir()
            shard = edge.EdgeShard.create(str(place), shard_config(recipe, settings))
            for operation in payload_indexes():
                shard.update(operation)
            shard.flush()
            shard.close()

    def upsert(self, points: Sequence[edge.Point]) -> None:
        """Write points, each in the place of another of its id."""
        self._update(edge.UpdateOperation.upsert_points(list(points)), (str(p.id) for p in points))

    def delete(self, ids: Sequence[str]) -> None:
        """Delete points by their ids."""
        self._update(edge.UpdateOperation.delete_points(list(ids)), ids)

    def delete_all(self, chosen: edge.Filter) -> None:
        """Delete every point that a filter lets through."""
        with self._updating:
            ids = [] if self._touched is None else [str(r.id) for r in self.scroll(chosen)]
            self._update(edge.UpdateOperation.delete_points_by_filter(chosen), ids)

    def add_sparse(self, name: str) -> None:
        """Have a sparse vector of this name."""
        if name not in self.sparse:
            self._update(edge.UpdateOperation.create_sparse_vector(name, edge.Modifier.Idf))
            self.sparse = self.sparse | {name}
            self._added = True

    def retrieve(
        self,
        ids: Sequence[str],
        *,
        with_payload: bool | edge.PayloadSelector = True,
        with_vector: bool = False,
    ) -> list[edge.Record]:
        """The points of these ids; unknown ones are left out."""
        with translated(self.folder):
            return self.edge.retrieve(list(ids), with_payload, with_vector)

    def scroll(self, chosen: edge.Filter, *, with_payload: bool = False) -> Iterator[edge.Record]:
        """Every point that a filter lets through."""
        offset = None
        while True:
            request = edge.ScrollRequest(
                offset=offset, limit=_PAGE, filter=chosen, with_payload=with_payload
            )
            with translated(self.folder):
                records, offset = self.edge.scroll(request)
            yield from records
            if offset is None:
                return

    def count(self, chosen: edge.Filter) -> int:
        """How many points a filter lets through."""
        with translated(self.folder):
            return self.edge.count(edge.CountRequest(exact=True, filter=chosen))

    def bytes(self) -> int:
        """Bytes on the disk: Edge reserves far more than it fills, in sparse files."""
        files = (path for path in self.folder.rglob("*") if path.is_file())
        with translated(self.folder):
            return sum(path.stat().st_blocks * 512 for path in files)

    def rest(self, written: int) -> None:
        """The end of a batch of ``written`` passages: optimise or flush where it is time to."""
        self._unsettled += written
        if self._unsettled >= _SETTLE and not self._apart:
            self.optimize()
        # Edge writes its log without waiting for the disk: a kill loses nothing, but a power
        # loss what came since the last flush.
        elif time.monotonic() - self._flushed > _FLUSH_S:
            self._flush()

    def optimize(self) -> None:
        """Build graph and compressed vectors, of a shard that nobody else uses meanwhile."""
        with translated(self.folder), self._updating:
            if self._added:  # as Edge takes all that we have to say of a vector only here
                self.edge.flush()
                self.edge.close()
                self.edge, self.sparse = self._load(shard_in_use(self.folder))
            self._optimize()

    def _optimize(self) -> None:
        require_room(self.folder)
        with translated(self.folder), self._updating:
            self.edge.optimize()
            self._flush()
        self._unsettled = 0

    def optimize_apart(self, stopping: threading.Event) -> None:
        """Flush, and do the same on a copy where that is worth it, until ``stopping`` is set."""
        self._apart = True
        self._flush()
        passages = self.count(_PASSAGES)
        if passages <= _SMALL:
            self._optimize()
        # Edge counts the vectors that have an index: of a passage the dense and the sparse one.
        elif 2 * passages - self.edge.info().indexed_vectors_count >= _worth(passages):
            self._settle(stopping)

    def close(self) -> None:
        """Write all to the disk and let go of the shard."""
        with translated(self.folder):
            self.edge.flush()
            self.edge.close()

    def _settle(self, stopping: threading.Event) -> None:
        place = next_shard(self.folder)
        require_room(self.folder, extra=2 * self.bytes())
        try:
            with translated(self.folder), self._updating:
                self._flush()
                copy_shard(shard_in_use(self.folder), place)
                self._touched = set()
            if optimize_copy(place, self._recipe, self._settings, stopping):
                self._go_over(place)
        finally:
            self._touched = None
            remove_leftovers(self.folder)

    def _go_over(self, place: Path) -> None:
        """Use the optimised copy from now on, with what was written meanwhile."""
        with translated(self.folder):
            following, sparse = self._load(place)
            with self._updating:
                for name in sorted(self.sparse - sparse):
                    following.update(
                        edge.UpdateOperation.create_sparse_vector(name, edge.Modifier.Idf)
                    )
                touched = sorted(self._touched or ())
                for at in range(0, len(touched), _PAGE):
                    _replay(self.edge, following, touched[at : at + _PAGE])
                following.flush()
                pointer.name(self.folder, place.name)
                # The former is not closed: a reader may be about to ask it. It goes with its last.
                self.edge = following
                self._unsettled = 0

    def _load(self, place: Path) -> tuple[edge.EdgeShard, frozenset[str]]:
        sparse = sparse_names(place)
        config = shard_config(self._recipe, self._settings, sparse)
        self._added = False
        return edge.EdgeShard.load(str(place), config), frozenset(sparse)

    def _update(self, operation: edge.UpdateOperation, ids: Iterable[str] = ()) -> None:
        with translated(self.folder), self._updating:
            if self._touched is not None:
                self._touched.update(ids)
            self.edge.update(operation)

    def _flush(self) -> None:
        with translated(self.folder):
            self.edge.flush()
        self._flushed = time.monotonic()


def _worth(passages: int) -> int:
    """How many passages without a graph are worth the copy: they are searched one by one."""
    return max(_SMALL, passages // 50)


def _replay(former: edge.EdgeShard, following: edge.EdgeShard, ids: Sequence[str]) -> None:
    """Make these points of one shard what they are in the other."""
    records = former.retrieve(list(ids), True, True)
    points = [edge.Point(r.id, r.vector or {}, r.payload) for r in records]
    gone = set(ids) - {str(record.id) for record in records}
    if points:
        following.update(edge.UpdateOperation.upsert_points(points))
    if gone:
        following.update(edge.UpdateOperation.delete_points(list(gone)))
