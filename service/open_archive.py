"""One generation of an archive, open: its store, and what reads and writes it.

An Engine has one of these in use, and after a switch to another generation keeps the
former until the last question that reads it is answered.
"""

from __future__ import annotations

import threading
from functools import cached_property

from indexer import language
from indexer.embedding import Embedder
from indexer.errors import RecipeMismatch
from indexer.indexing import Indexer
from indexer.passages import PassageSettings
from indexer.settings import ArchiveSettings
from indexer.store import PassageStore
from service.answering import Answerer
from service.loaded_models import LoadedModels
from service.retrieval import Retriever
from service.settings import ServiceSettings
from service.support.judge import SupportJudge
from service.timeliness import Timeliness


class OpenArchive:
    """What works on one store. Each model is loaded when it is first needed.

    Reading is safe from several threads; who writes takes turns with other writers.
    """

    def __init__(
        self,
        generation: str,
        store: PassageStore,
        models: LoadedModels,
        archive: ArchiveSettings,
        service: ServiceSettings,
    ) -> None:
        self.generation = generation
        self.store = store
        self._models = models
        self._archive = archive
        self._service = service
        self._loading = threading.RLock()
        self._counting = threading.Lock()
        self._readers = 0
        self._retired = False
        self.closed = threading.Event()

    @property
    def embedder(self) -> Embedder:
        """The embedding model of the index. Raises RecipeMismatch where it has changed."""
        recipe = self.store.recipe
        embedder = self._models.embedder(recipe.model)
        if embedder.dimension != recipe.dimension:
            raise RecipeMismatch(
                f"the model {embedder.model} now gives vectors of {embedder.dimension} numbers, "
                f"the index has {recipe.dimension}: another model has the same name"
            )
        return embedder

    @property
    def answerer(self) -> Answerer:
        """What answers questions."""
        with self._loading:
            return self._answerer

    @property
    def retriever(self) -> Retriever:
        """What finds passages, without the reader."""
        with self._loading:
            return self._retriever

    @property
    def support_judge(self) -> SupportJudge:
        """What judges whether a passage supports a claim."""
        return self._models.support_judge(self.store.recipe.model)

    @cached_property
    def indexer(self) -> Indexer:
        """What writes articles."""
        recipe = self.store.recipe
        return Indexer(
            self.store,
            lambda: self.embedder,
            PassageSettings(recipe.passage_tokens, recipe.passage_overlap),
            versions_kept=self._archive.versions_kept,
        )

    def changed(self) -> None:
        """Let readers look anew at what they remember of the archive."""
        retriever = self.__dict__.get("_retriever")
        if retriever is not None:
            retriever.forget_languages()

    def hold(self) -> None:
        """Keep it open until ``let_go``, as often as this was called."""
        with self._counting:
            self._readers += 1

    def let_go(self) -> None:
        """The end of one ``hold``."""
        with self._counting:
            self._readers -= 1
            done = self._retired and not self._readers
        if done:
            self._close()

    def retire(self) -> None:
        """Close the store once nobody holds it."""
        with self._counting:
            done = not self._retired and not self._readers
            self._retired = True
        if done:
            self._close()

    def _close(self) -> None:
        self.store.close()
        self.closed.set()

    @cached_property
    def _answerer(self) -> Answerer:
        return Answerer(
            self.store,
            self._retriever,
            self._models.reader(),
            threshold=self._service.threshold,
            passages_read=self._service.passages_read,
            group=self._service.group,
        )

    @cached_property
    def _retriever(self) -> Retriever:
        # A command waits for the two of them, so neither waits for the other.
        loading = threading.Thread(target=language.load)
        loading.start()
        timeliness = Timeliness(recency=self._service.recency, half_life=self._service.recency_days)
        retriever = Retriever(self.store, self.embedder, timeliness=timeliness)
        loading.join()
        return retriever
