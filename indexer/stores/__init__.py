"""The stores, and which one a set of settings asks for.

A store is imported only where it is chosen. To add one: a file here with the
methods of ``indexer.store.PassageStore``, one with those of ``Generations``, a
branch below, and its name in ``tests/contract/``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from indexer.errors import IndexNotFound
from indexer.generations import archive_folder
from indexer.recipe import Recipe
from indexer.settings import ArchiveSettings
from indexer.store import PassageStore

if TYPE_CHECKING:
    from qdrant_client import QdrantClient


class Generations(Protocol):
    """The generations of one archive, each a complete store, one of them current.

    They are numbered in the order they were made. Raises StoreError from every method
    where the store fails underneath.
    """

    def current(self) -> str:
        """The one in use. Raises IndexNotFound where there is none."""

    def open(self, name: str) -> PassageStore:
        """The store of a generation."""

    def make(self, recipe: Recipe, *, resume: bool = False) -> str:
        """An empty generation after the current one, not in use yet.

        With ``resume`` one of this recipe that was begun earlier is gone on with;
        otherwise what was begun is removed.
        """

    def switch(self, name: str) -> None:
        """Make it the current one, in one step."""

    def old(self) -> list[str]:
        """Those before the current one, the oldest first."""

    def drop(self, name: str) -> None:
        """Remove one that is not in use."""

    def close(self) -> None:
        """Let go of the store; what was opened from here can't be used after."""


def open_generations(settings: ArchiveSettings) -> Generations:
    """The generations that the settings name, whether there are any yet or not.

    An embedded index must be owned by then (``indexer.ownership``).
    """
    archive_folder(settings.index, settings.archive)  # a name that is none is refused here
    if settings.qdrant_url:
        from indexer.stores.server_generations import ServerGenerations

        client = _connect(settings, settings.qdrant_url)
        return ServerGenerations(client, settings.archive, settings.qdrant_url, settings.collection)
    from indexer.stores.edge_generations import EdgeGenerations

    return EdgeGenerations(settings)


def current_or_first(generations: Generations, recipe: Callable[[], Recipe] | None = None) -> str:
    """The generation in use, made with ``recipe()`` where there is none yet.

    Raises IndexNotFound where there is none and no recipe was given.
    """
    try:
        return generations.current()
    except IndexNotFound:
        if recipe is None:
            raise
        name = generations.make(recipe(), resume=True)
        generations.switch(name)
        return name


def _connect(settings: ArchiveSettings, url: str) -> QdrantClient:
    from qdrant_client import QdrantClient

    if url == ":memory:":  # for trying things out and for tests: gone with the process
        return QdrantClient(":memory:")
    return QdrantClient(
        url=url,
        api_key=settings.qdrant_api_key,
        prefer_grpc=settings.qdrant_grpc,
        timeout=settings.qdrant_timeout,
    )
