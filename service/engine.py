"""The engine: everything one process needs to index and to answer, opened once.

Takes the ownership of an embedded index, opens the store, compares recipes, and
loads each model when it is first needed, so that a command that needs none stays
quick. The command line and the service both work through it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any

from indexer.embedding import Embedder
from indexer.errors import RecipeMismatch
from indexer.generations import current_generation
from indexer.indexing import Indexer, Report
from indexer.models import DEFAULT_DIMENSION, DEFAULT_MODEL
from indexer.ownership import PATIENCE, Ownership
from indexer.passages import PassageSettings
from indexer.recipe import Recipe
from indexer.settings import ArchiveSettings
from indexer.sources import Item
from indexer.stores import open_store
from service.answer import Answer, FoundPassage
from service.answering import Answerer, search
from service.evaluation import Evaluation, Gold, evaluate
from service.loaded_models import LoadedModels
from service.question import Question, parse_question
from service.retrieval import Retriever
from service.settings import ServiceSettings
from service.support import SupportJudge


class Engine:
    """One open archive.

    Reading is safe from several threads; writing takes turns. With ``create`` an
    index is made where there is none. Raises IndexLocked, IndexNotFound,
    RecipeMismatch or StoreError where it can't be opened.
    """

    def __init__(
        self,
        archive: ArchiveSettings,
        service: ServiceSettings | None = None,
        *,
        create: bool = False,
        patience: float = PATIENCE,
    ) -> None:
        self.archive = archive
        self.service = service or ServiceSettings()
        self._models = LoadedModels(archive, self.service.reader_model)
        self._writing = threading.Lock()
        self._loading = threading.RLock()
        # What an earlier process wrote and did not live to optimise counts as just written.
        self._unoptimised_since: float | None = time.monotonic()
        self.ready = False
        self.ownership = None
        if not archive.qdrant_url:
            if not create:
                current_generation(archive.index, archive.archive)  # before a lock makes a folder
            self.ownership = Ownership(archive.index, patience=patience)
        try:
            self.store = open_store(archive, self._new_recipe if create else None)
            self.store.recipe.require_settings(
                archive.model,
                archive.passage_tokens,
                archive.passage_overlap,
                str(archive.qdrant_url or archive.index),
            )
        except BaseException:
            self._release()
            raise

    def close(self) -> None:
        """Let go of the store and the ownership."""
        try:
            self.store.close()
        finally:
            self._release()

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def index(
        self, items: Iterable[Item], on_progress: Callable[[Report], None] | None = None
    ) -> Report:
        """Bring the archive up to date with these articles."""
        with self._writing:
            report = self._indexer.index(items, on_progress)
        self._changed()
        return report

    def answer(self, question: Question) -> Answer:
        """The extractive answer to a question, whatever mode it asks for."""
        return self.answerer.answer(question)

    def search(
        self, question: Question, *, rerank: bool
    ) -> tuple[list[FoundPassage], dict[str, float]]:
        """The passages nearest to a question; without ``rerank`` the reader is not loaded."""
        if rerank:
            return self.answerer.search(question)
        with self._loading:
            retriever = self._retriever
        return search(retriever, question)

    def evaluate(
        self, questions: list[Gold], on_progress: Callable[[int], None] | None = None
    ) -> Evaluation:
        """Measure the answers to a question file."""
        return evaluate(
            questions,
            self.answerer,
            self.store,
            threshold=self.service.threshold,
            on_progress=on_progress,
        )

    def remove(self, ids: list[str]) -> dict[str, Any]:
        """Remove articles: ``{"removed", "unknown"}``."""
        with self._writing:
            removed, unknown = self._indexer.remove(ids)
        self._changed()
        return {"removed": removed, "unknown": unknown}

    def sources(self, source_root: str) -> Iterator[tuple[str, str]]:
        """The ids and source files of a root's articles."""
        cursor: str | None = None
        while True:
            page, cursor = self.store.list_articles(
                cursor=cursor, limit=1000, source_root=source_root
            )
            yield from ((s.article.id, s.article.source) for s in page)
            if cursor is None:
                return

    def optimize(self) -> None:
        """Build what makes searching fast; takes its turn with writing."""
        with self._writing:
            self._unoptimised_since = None
            self.store.optimize()

    def idle_and_unoptimised(self, seconds: float) -> bool:
        """Whether something was written since ``optimize``, and nothing for so many seconds."""
        since = self._unoptimised_since
        return since is not None and time.monotonic() - since >= seconds

    def adopt_models(self, other: Engine) -> None:
        """Take over what a closed engine with the same settings has loaded."""
        self._models = other._models

    def warm(self) -> None:
        """Load both models now and run them once, so that the first question is quick."""
        self.answerer.answer(parse_question("?"))
        self.ready = True

    def status(self) -> dict[str, Any]:
        """What ``fundstelle status --json`` prints."""
        found = self.store.status()
        return {
            "articles": found.articles,
            "passages": found.passages,
            "store": found.store,
            "recipe": self.store.recipe.to_json(),
            "bytes": found.bytes,
            "generation": found.generation,
        }

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
        """What answers questions, with both models loaded at first use."""
        with self._loading:
            return self._answerer

    @property
    def support_judge(self) -> SupportJudge:
        """What judges whether a passage supports a claim, with the same models."""
        return self._models.support_judge(self.store.recipe.model)

    @cached_property
    def _answerer(self) -> Answerer:
        return Answerer(
            self.store,
            self._retriever,
            self._models.reader(self.store.recipe.model),
            threshold=self.service.threshold,
            passages_read=self.service.passages_read,
        )

    @cached_property
    def _retriever(self) -> Retriever:
        return Retriever(self.store, self.embedder)

    @cached_property
    def _indexer(self) -> Indexer:
        recipe = self.store.recipe
        settings = PassageSettings(recipe.passage_tokens, recipe.passage_overlap)
        return Indexer(
            self.store,
            lambda: self.embedder,
            settings,
            versions_kept=self.archive.versions_kept,
        )

    def _new_recipe(self) -> Recipe:
        model = self.archive.model or DEFAULT_MODEL
        asked = {
            "max_tokens": self.archive.passage_tokens,
            "overlap_tokens": self.archive.passage_overlap,
        }
        # Both at once: each is checked against the other.
        passages = replace(PassageSettings(), **{k: v for k, v in asked.items() if v is not None})
        return Recipe(
            model=model,
            dimension=self._dimension(model),
            passage_tokens=passages.max_tokens,
            passage_overlap=passages.overlap_tokens,
        )

    def _dimension(self, model: str) -> int:
        if model == DEFAULT_MODEL:  # known without loading it, so that a service is there at once
            return DEFAULT_DIMENSION
        return self._models.embedder(model).dimension

    def _changed(self) -> None:
        self._unoptimised_since = time.monotonic()
        retriever = self.__dict__.get("_retriever")
        if retriever is not None:
            retriever.forget_languages()

    def _release(self) -> None:
        if self.ownership:
            self.ownership.release()
