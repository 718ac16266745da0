"""The models that archives are read with: each loaded once, when it is first needed.

They outlive the Engine that loaded them, so that who lets go of an index and comes
back finds them warm. Which embedding model an index has is for its recipe to say;
there are two of them while another generation is being made.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from weakref import WeakKeyDictionary

from indexer.embedding import Embedder
from indexer.settings import ArchiveSettings
from service.reader import Reader
from service.settings import ServiceSettings
from service.support.judge import SupportJudge


class LoadedModels:
    """Loads models and keeps them. Safe to use from several threads, which wait for one another."""

    def __init__(self, archive: ArchiveSettings, service: ServiceSettings) -> None:
        self._archive = archive
        self._service = service
        self._turn = threading.RLock()
        self._embedders: dict[str, Embedder] = {}
        self._judges: dict[str, SupportJudge] = {}
        self._reader: Reader | None = None
        self._on_batch: Callable[[str, int], None] = _untold
        # A user that is gone needs none.
        self._needed: WeakKeyDictionary[object, str] = WeakKeyDictionary()

    def embedder(self, name: str) -> Embedder:
        """The embedding model of this name. Raises ModelError where it can't be loaded."""
        with self._turn:
            if name not in self._embedders:
                self._embedders[name] = Embedder(
                    name,
                    self._archive.cache,
                    data_type=self._archive.data_type,
                    device=self._archive.device,
                    backend=self._archive.backend,
                    threads=self._archive.threads,
                    on_batch=partial(self._batch, "embedder"),
                )
            return self._embedders[name]

    def reader(self) -> Reader:
        """The reader."""
        with self._turn:
            if self._reader is None:
                self._reader = Reader(
                    self._archive.cache,
                    base=self._service.reader_model,
                    adapter=self._service.reader_adapter,
                    data_type=self._archive.data_type,
                    device=self._archive.device,
                    backend=self._archive.backend,
                    threads=self._archive.threads,
                    on_batch=partial(self._batch, "reader"),
                )
            return self._reader

    def support_judge(self, name: str) -> SupportJudge:
        """What judges whether a passage supports a claim, with these two models."""
        with self._turn:
            if name not in self._judges:
                self._judges[name] = SupportJudge(self.embedder(name), self.reader())
            return self._judges[name]

    def tell_batches(self, on_batch: Callable[[str, int], None]) -> None:
        """Call this with every batch: whose it is, and how many texts or windows it has."""
        self._on_batch = on_batch

    def needed_by(self, user: object, name: str) -> None:
        """From now on ``user`` needs this embedding model, and no other."""
        with self._turn:
            self._needed[user] = name

    def drop_unneeded(self) -> None:
        """Let go of every embedding model that nobody needs."""
        with self._turn:
            needed = set(self._needed.values())
            self._embedders = {n: e for n, e in self._embedders.items() if n in needed}
            self._judges = {n: j for n, j in self._judges.items() if n in needed}

    def _batch(self, model: str, size: int) -> None:
        self._on_batch(model, size)


def _untold(_: str, __: int) -> None:
    pass
