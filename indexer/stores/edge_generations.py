"""Generations of an archive in an embedded index: folders, one of them current."""

from __future__ import annotations

from pathlib import Path

from indexer.errors import FundstelleError
from indexer.generations import (
    current_generation,
    drop_generation,
    new_generation,
    next_generation,
    old_generations,
    switch_generation,
)
from indexer.recipe import Recipe
from indexer.settings import ArchiveSettings
from indexer.store import PassageStore
from indexer.stores.edge import EdgeStore


class EdgeGenerations:
    """``indexer.stores.Generations`` in a folder, which must be owned (``indexer.ownership``)."""

    def __init__(self, settings: ArchiveSettings) -> None:
        self._index = settings.index
        self._archive = settings.archive
        self._collection = settings.collection

    def current(self) -> str:
        return current_generation(self._index, self._archive).name

    def open(self, name: str) -> PassageStore:
        return EdgeStore(self._folder(name), self._collection)

    def make(self, recipe: Recipe, *, resume: bool = False) -> str:
        begun = next_generation(self._index, self._archive)
        if resume and self._recipe(begun) == recipe:
            return begun.name

        def create(draft: Path) -> None:
            EdgeStore.create(draft, recipe, self._collection)

        return new_generation(self._index, self._archive, create).name

    def switch(self, name: str) -> None:
        switch_generation(self._folder(name))

    def old(self) -> list[str]:
        return [folder.name for folder in old_generations(self._index, self._archive)]

    def drop(self, name: str) -> None:
        drop_generation(self._folder(name))

    def close(self) -> None:
        """Nothing is held."""

    def _recipe(self, folder: Path) -> Recipe | None:
        """The recipe of a generation that was begun, None where none can be gone on with."""
        if not folder.is_dir():
            return None
        try:
            begun = self.open(folder.name)
        except FundstelleError:
            return None
        try:
            return begun.recipe
        finally:
            begun.close()

    def _folder(self, name: str) -> Path:
        return self._index / self._archive / name
