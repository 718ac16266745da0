"""A collection on a Qdrant server: how it is written to, and what is known of it.

Sends writes so that they arrive, reads what a committed article needs from as many
replicas as it takes, knows which languages the collection has a vector for, and
turns every failure into a StoreError, of the kind that ``server_failures.py`` says. What
points mean is left to ``server.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from qdrant_client import QdrantClient, models

from indexer.collection import CollectionSettings
from indexer.errors import FundstelleError, StoreError, StoreUnavailable
from indexer.stores.server_creation import add_language
from indexer.stores.server_failures import described, is_refusal, passes
from indexer.stores.server_retries import with_retries


class ServerCollection:
    """One collection. Raises StoreError where the server fails.

    ``place`` is the address, for messages. ``consistency`` is how articles and
    journals are read: what was committed must be seen. The legs of a search ask one
    replica; what a lagging one returns of an old version is told by its article.
    """

    def __init__(
        self, client: QdrantClient, name: str, place: str, settings: CollectionSettings
    ) -> None:
        self.client = client
        self._place = place
        self.settings = settings
        self.name = name
        self._vectors: set[str] = set()
        self.consistency = self._consistency(self._look())

    def upsert(self, points: list[models.PointStruct]) -> None:
        """Write points; returns when they are there."""
        if points:
            self._send(lambda: self.client.upsert(self.name, points, wait=True))

    def delete(self, chosen: models.PointsSelector) -> None:
        """Delete points; returns when they are gone."""
        self._send(lambda: self.client.delete(self.name, chosen, wait=True))

    def has_vector(self, name: str) -> bool:
        """Whether there is a sparse vector of that name; another writer may have added it."""
        if name not in self._vectors:
            self._look()
        return name in self._vectors

    def add_vectors(self, names: set[str]) -> None:
        """Add the sparse vectors that are not there yet."""
        for name in sorted(names - self._vectors):
            self._send(lambda new=name: add_language(self.client, self.name, new))  # type: ignore[misc]
            self._vectors.add(name)

    def _send(self, write: Callable[[], Any]) -> None:
        with translated(self._place):
            with_retries(write, self.settings.retries)

    def _look(self) -> models.CollectionParams:
        with translated(self._place):
            parameters = self.client.get_collection(self.name).config.params
        self._vectors = set(parameters.sparse_vectors or {})
        return parameters

    def _consistency(
        self, parameters: models.CollectionParams
    ) -> models.ReadConsistencyType | None:
        asked = self.settings.read_consistency
        if asked == "auto":
            # Where every replica had to take a write, any of them has it.
            replicas = parameters.replication_factor or 1
            asked = "majority" if (parameters.write_consistency_factor or 1) < replicas else "one"
        return None if asked == "one" else models.ReadConsistencyType(asked)


@contextmanager
def translated(place: str) -> Iterator[None]:
    """The client raises its own errors and two transports'; a caller sees StoreError.

    It is StoreUnavailable where the same may work a little later.
    """
    try:
        yield
    except FundstelleError:
        raise
    except Exception as error:
        if is_refusal(error):
            raise StoreError(
                f"Qdrant at {place} does not allow that ({described(error)}): give "
                "FUNDSTELLE_QDRANT_API_KEY a key that may read and write the collection"
            ) from error
        kind = StoreUnavailable if passes(error) else StoreError
        raise kind(
            f"Qdrant at {place} failed: {described(error)}; check that the server runs there, "
            "that its disk can be written and has room, and that FUNDSTELLE_QDRANT_API_KEY fits"
        ) from error
