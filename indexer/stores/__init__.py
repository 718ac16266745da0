"""The stores, and which one a set of settings asks for.

A store is imported only where it is chosen. To add one: a file here with the
methods of ``indexer.store.PassageStore``, a branch below, and its name in
``tests/contract/``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from indexer.errors import IndexNotFound
from indexer.generations import add_generation, current_generation
from indexer.recipe import Recipe
from indexer.settings import ArchiveSettings
from indexer.store import PassageStore

if TYPE_CHECKING:
    from qdrant_client import QdrantClient


def open_store(
    settings: ArchiveSettings, recipe: Callable[[], Recipe] | None = None
) -> PassageStore:
    """The store that the settings name, made with ``recipe()`` where there is none yet.

    An embedded index must be owned by then (``indexer.ownership``). Raises
    IndexNotFound where there is none and no recipe was given, StoreError where it
    can't be opened.
    """
    if settings.qdrant_url:
        return _open_server(settings, recipe, settings.qdrant_url)
    return _open_edge(settings, recipe)


def _open_edge(settings: ArchiveSettings, recipe: Callable[[], Recipe] | None) -> PassageStore:
    from indexer.stores.edge import EdgeStore

    try:
        folder = current_generation(settings.index, settings.archive)
    except IndexNotFound:
        if recipe is None:
            raise
        wanted = recipe()
        folder = add_generation(
            settings.index, settings.archive, lambda draft: EdgeStore.create(draft, wanted)
        )
    return EdgeStore(folder)


def _open_server(
    settings: ArchiveSettings, recipe: Callable[[], Recipe] | None, url: str
) -> PassageStore:
    from indexer.stores.server import ServerStore

    client = _connect(settings, url)
    try:
        return ServerStore(client, settings.archive, url)
    except IndexNotFound:
        if recipe is None:
            raise
        ServerStore.create(client, settings.archive, recipe(), url)
        return ServerStore(client, settings.archive, url)


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
