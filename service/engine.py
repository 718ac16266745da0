"""The engine: everything one process needs to index and to answer, opened once.

Takes the ownership of an embedded index, opens the generation in use, compares
recipes, and follows when another generation is switched to. The command line and
the service both work through it. What works on one generation is in
``open_archive.py``, how the next one is made in ``renewal.py``.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, TypeVar

from indexer.article import Span
from indexer.errors import StoreError
from indexer.generations import current_generation
from indexer.indexing import Prepared, batches
from indexer.ownership import PATIENCE, Ownership
from indexer.places import without_repeats
from indexer.recipe import Recipe
from indexer.report import Report
from indexer.settings import ArchiveSettings
from indexer.sources import Item
from indexer.store import PassageStore, StoredArticle, every_article
from indexer.stores import Generations, current_or_first, open_generations
from service.answer import Answer, FoundPassage
from service.answering import search
from service.errors import RenewalRunning, ServiceStopping
from service.evaluation import Evaluation, Gold, evaluate
from service.loaded_models import LoadedModels
from service.open_archive import OpenArchive
from service.question import Question, parse_question
from service.recipes import recipe_for
from service.settings import ServiceSettings
from service.verification import Verification, verify_citation

T = TypeVar("T")
#: How files in the folder of an index begin that are of use only while they are made.
SCRATCH = ".scratch-"

# How long a question may go on reading a generation that is to be removed, in seconds.
_PATIENCE_S = 30.0

#: How often a service looks whether another generation is in use, in seconds.
FOLLOWING_S = 2.0


class Engine:
    """One open archive.

    Reading is safe from several threads; writing takes turns. With ``create`` an
    index is made where there is none; ``any_recipe`` opens one that this release or
    these settings would build otherwise, to read its articles. Another archive of the same
    index is opened ``beside`` an open one, whose ownership and models it shares and which
    outlives it. Raises IndexLocked, IndexNotFound, RecipeMismatch or StoreError where it
    can't be opened.
    """

    def __init__(
        self,
        archive: ArchiveSettings,
        service: ServiceSettings | None = None,
        *,
        create: bool = False,
        any_recipe: bool = False,
        patience: float = PATIENCE,
        beside: Engine | None = None,
    ) -> None:
        self.archive = archive
        self.service = service or ServiceSettings()
        self.models: LoadedModels = beside.models if beside else LoadedModels(archive, self.service)
        self._beside = beside
        self._writing = threading.Lock()
        self._switching = threading.Lock()
        self._following = threading.Lock()
        self._renewing = threading.Lock()
        self._stopping = threading.Event()
        # Whether each is closed yet, and not itself: it would keep its model in memory.
        self._former: list[threading.Event] = []
        # What an earlier process wrote and did not live to optimise counts as just written.
        self._unoptimised_since: float | None = time.monotonic()
        self._optimised = time.monotonic()
        self.ready = False
        self.ownership = None
        if not archive.qdrant_url and not beside:
            if not create:
                current_generation(archive.index, archive.archive)  # before a lock makes a folder
            self.ownership = Ownership(archive.index, patience=patience)
            for leftover in archive.index.glob(f"{SCRATCH}*"):
                leftover.unlink()
        try:
            self.generations: Generations = open_generations(archive)
            name = current_or_first(self.generations, self._new_recipe if create else None)
            self._open = self.open_generation(name)
            if not any_recipe:
                self._require_settings()
            self.models.needed_by(self, self._open.store.recipe.model)
        except BaseException:
            if "generations" in self.__dict__:
                with suppress(StoreError):
                    self.generations.close()
            self._release()
            raise

    def close(self) -> None:
        """Let go of the store and the ownership, after the batch that is being written."""
        self.stop_writing()
        try:
            with self._writing:
                self._open.retire()
            self.generations.close()
        finally:
            self._release()

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def index(
        self,
        items: Iterable[Item],
        on_progress: Callable[[Report], None] | None = None,
        prepared: Prepared | None = None,
    ) -> Report:
        """Bring the archive up to date with these articles, some of them ``prepared`` elsewhere.

        Other writers have turns in between. Raises ServiceStopping between two batches where
        the engine is to end.
        """
        report = Report()
        started = time.perf_counter()
        for batch in batches(without_repeats(items)):
            if self._stopping.is_set():
                raise ServiceStopping
            report.merge(self._write(partial(_index, batch, prepared)))
            report.seconds = time.perf_counter() - started
            if on_progress:
                on_progress(report)
        return report

    def remove(self, ids: list[str]) -> dict[str, Any]:
        """Remove articles: ``{"removed", "unknown"}``."""
        removed, unknown = self._write(lambda archive: archive.indexer.remove(ids))
        return {"removed": removed, "unknown": unknown}

    def answer(self, question: Question) -> Answer:
        """The extractive answer to a question, whatever mode it asks for."""
        with self.reading() as archive:
            return archive.answerer.answer(question)

    def search(
        self, question: Question, *, rerank: bool
    ) -> tuple[list[FoundPassage], dict[str, float]]:
        """The passages nearest to a question; without ``rerank`` the reader is not loaded."""
        with self.reading() as archive:
            if rerank:
                return archive.answerer.search(question)
            return search(archive.retriever, question, group=self.service.group)

    def evaluate(
        self, questions: list[Gold], on_progress: Callable[[int], None] | None = None
    ) -> Evaluation:
        """Measure the answers to a question file."""

        def progress(done: int) -> None:
            if self._stopping.is_set():
                raise ServiceStopping
            if on_progress:
                on_progress(done)

        with self.reading() as archive:
            return evaluate(
                questions,
                archive.answerer,
                archive.store,
                threshold=self.service.threshold,
                on_progress=progress,
            )

    def articles(self, ids: Sequence[str], *, text: bool = True) -> dict[str, StoredArticle]:
        """The articles of those ids; unknown ones are left out."""
        with self.reading() as archive:
            return archive.store.articles(ids, text=text)

    def verify(
        self, article_id: str, cited: Span, content_sha256: str, quote: str | None = None
    ) -> Verification:
        """Whether a citation still holds. Raises QuestionError where it is none."""
        with self.reading() as archive:
            return verify_citation(archive.store, article_id, cited, content_sha256, quote)

    def languages(self) -> dict[str, int]:
        """How many passages there are in each language."""
        with self.reading() as archive:
            return archive.store.languages()

    def sources(self, source_root: str) -> Iterator[tuple[str, str]]:
        """The ids and source files of a root's articles."""
        with self.reading() as archive:
            for stored in every_article(archive.store, source_root=source_root):
                yield stored.article.id, stored.article.source

    def versions(self, source_root: str) -> Iterator[tuple[str, str]]:
        """The ids and versions of a root's articles."""
        with self.reading() as archive:
            for stored in every_article(archive.store, source_root=source_root):
                yield stored.article.id, stored.version

    def optimize(self) -> None:
        """Build what makes searching fast; takes its turn with writing."""
        with self._writing, self.reading() as archive:
            self._unoptimised_since = None
            archive.store.optimize()

    def optimize_apart(self, stopping: threading.Event) -> None:
        """The same where it is worth it, while others read and write, until ``stopping`` is set."""
        with self.reading() as archive:
            self._unoptimised_since = None
            archive.store.optimize_apart(stopping)
            self._optimised = time.monotonic()

    def unoptimised(self, *, idle: float, longest: float) -> bool:
        """Whether something was written since it was optimised, and it should be now.

        That is after ``idle`` seconds without writing, and after ``longest`` in any case.
        """
        now, written = time.monotonic(), self._unoptimised_since
        return written is not None and (now - written >= idle or now - self._optimised >= longest)

    def stop_writing(self) -> None:
        """Let what is being indexed or measured end at its next step; for who is about to close."""
        self._stopping.set()

    def adopt_models(self, other: Engine) -> None:
        """Take over what a closed engine with the same settings has loaded."""
        self.models = other.models
        self.models.needed_by(self, self._open.store.recipe.model)
        self._open = self._opened(self._open.generation, self._open.store)

    def warm(self) -> None:
        """Load both models now and run them once, so that the first question is quick."""
        with self.reading() as archive:
            archive.embedder.warm()
        self.models.reader().warm()
        self.answer(parse_question("?"))
        self.ready = True

    def status(self) -> dict[str, Any]:
        """What ``fundstelle status --json`` prints."""
        with self.reading() as archive:
            found, recipe = archive.store.status(), archive.store.recipe
        return {
            "articles": found.articles,
            "passages": found.passages,
            "store": found.store,
            "recipe": recipe.to_json(),
            "bytes": found.bytes,
            "generation": found.generation,
        }

    @contextmanager
    def reading(self) -> Iterator[OpenArchive]:
        """The generation in use, which stays open for as long as it is read here."""
        with self._switching:
            archive = self._open
            archive.hold()
        try:
            yield archive
        finally:
            archive.let_go()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Keeps every other writer of this process waiting."""
        with self._writing:
            yield

    @contextmanager
    def renewing(self) -> Iterator[None]:
        """Making another generation, one at a time. Raises RenewalRunning while one is made."""
        if not self._renewing.acquire(blocking=False):
            raise RenewalRunning
        try:
            yield
        finally:
            self._renewing.release()

    def open_generation(self, name: str) -> OpenArchive:
        """Another generation, beside the one in use."""
        return self._opened(name, self.generations.open(name))

    def prepare(self, archive: OpenArchive) -> None:
        """Load what answers from this generation, before anyone waits for it."""
        if self.ready or (self._beside and self._beside.ready):
            archive.answerer.answer(parse_question("?"))

    def use(self, archive: OpenArchive) -> None:
        """Answer from this generation from now on; the former is closed after its last reader."""
        with self._switching:
            former, self._open = self._open, archive
            self._former.append(former.closed)
        former.retire()
        self.models.needed_by(self, archive.store.recipe.model)
        self.models.drop_unneeded()

    def wait_for_readers(self) -> None:
        """Wait until nobody reads a former generation, but not for ever."""
        while self._former:
            self._former.pop().wait(_PATIENCE_S)

    def follow(self) -> None:
        """Go over to the generation that is current now, where another process made it so."""
        with self._following:
            name = self.generations.current()
            if name != self._open.generation:
                following = self.open_generation(name)
                self.prepare(following)
                self.use(following)

    def _write(self, write: Callable[[OpenArchive], T]) -> T:
        """Write to the current generation, again where another became that meanwhile."""
        while True:
            with self._writing, self.reading() as archive:
                written = write(archive)
                self._unoptimised_since = time.monotonic()
                archive.changed()
                current = self.generations.current()
            if current == archive.generation:
                return written
            self.follow()

    def _opened(self, name: str, store: PassageStore) -> OpenArchive:
        return OpenArchive(name, store, self.models, self.archive, self.service)

    def _require_settings(self) -> None:
        asked, place = self.archive, str(self.archive.qdrant_url or self.archive.index)
        self._open.store.recipe.require_settings(
            asked.model, asked.passage_tokens, asked.passage_overlap, place
        )

    def _new_recipe(self) -> Recipe:
        return recipe_for(self.archive, self.models)

    def _release(self) -> None:
        if self.ownership:
            self.ownership.release()


def _index(batch: list[Item], prepared: Prepared | None, archive: OpenArchive) -> Report:
    return archive.indexer.index(batch, prepared=prepared)
