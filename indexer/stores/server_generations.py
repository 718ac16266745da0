"""Generations of an archive on a Qdrant server: collections, and an alias that names one.

``fundstelle.ARCHIVE.N`` are the generations, the alias ``fundstelle.ARCHIVE`` points at
the current one. The server moves an alias in one step, for all that use it.
"""

from __future__ import annotations

import re

from qdrant_client import QdrantClient, models

from indexer.collection import CollectionSettings
from indexer.errors import IndexNotFound, StoreError
from indexer.recipe import Recipe
from indexer.store import PassageStore
from indexer.stores.server import ServerStore
from indexer.stores.server_collection import translated


class ServerGenerations:
    """``indexer.stores.Generations`` on a server. Closing it closes the stores it opened."""

    def __init__(
        self,
        client: QdrantClient,
        archive: str,
        place: str,
        settings: CollectionSettings | None = None,
    ) -> None:
        self._settings = settings or CollectionSettings()
        self._client = client
        self._archive = archive
        self._place = place
        self._alias = alias_name(archive)

    def current(self) -> str:
        with translated(self._place):
            aliases = self._client.get_aliases().aliases
        for known in aliases:
            if known.alias_name == self._alias:
                return known.collection_name.removeprefix(f"{self._alias}.")
        raise IndexNotFound(
            f"Qdrant at {self._place} has no archive {self._archive!r}: index something first "
            "(fundstelle index PATH), or name another (--archive NAME)"
        )

    def open(self, name: str) -> PassageStore:
        return ServerStore(self._client, f"{self._alias}.{name}", self._place, self._settings)

    def make(self, recipe: Recipe, *, resume: bool = False) -> str:
        name = str(self._number() + 1)
        collection = f"{self._alias}.{name}"
        begun = self._recipe(collection) if resume else None
        if not resume or begun not in (None, recipe):
            for number in self._generations():
                if number >= int(name):
                    self.drop(str(number))
        if begun != recipe:
            # Goes on where another process, or an earlier one, is or was doing the same.
            ServerStore.create(self._client, collection, recipe, self._place, self._settings)
        return name

    def switch(self, name: str) -> None:
        collection = f"{self._alias}.{name}"
        create = models.CreateAlias(collection_name=collection, alias_name=self._alias)
        steps: list[models.AliasOperations] = [models.CreateAliasOperation(create_alias=create)]
        if self._number():
            delete = models.DeleteAlias(alias_name=self._alias)
            steps.insert(0, models.DeleteAliasOperation(delete_alias=delete))
        with translated(self._place):
            self._client.update_collection_aliases(steps)

    def old(self) -> list[str]:
        current = self._number()
        return [str(number) for number in self._generations() if number < current]

    def drop(self, name: str) -> None:
        with translated(self._place):
            self._client.delete_collection(f"{self._alias}.{name}")

    def close(self) -> None:
        with translated(self._place):
            self._client.close()

    def _number(self) -> int:
        try:
            return int(self.current())
        except IndexNotFound:
            return 0

    def _generations(self) -> list[int]:
        name = re.compile(rf"{re.escape(self._alias)}\.([1-9][0-9]*)")
        with translated(self._place):
            collections = self._client.get_collections().collections
        found = (name.fullmatch(collection.name) for collection in collections)
        return sorted(int(match[1]) for match in found if match)

    def _recipe(self, collection: str) -> Recipe | None:
        """The recipe of a generation that was begun, None where it has none yet."""
        with translated(self._place):
            if not self._client.collection_exists(collection):
                return None
        try:
            return ServerStore(self._client, collection, self._place, self._settings).recipe
        except StoreError:
            return None


def alias_name(archive: str) -> str:
    """The alias under which a server knows an archive."""
    return f"fundstelle.{archive}"
