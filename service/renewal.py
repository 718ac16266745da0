"""The next generation of an archive: made beside the one in use, then switched to.

By indexing all articles anew with another recipe, or from a backup. Questions are
answered from the former generation until the switch, and articles written meanwhile
are in the new one too. The former stays until it is dropped.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from indexer.errors import RecipeMismatch, StoreError
from indexer.reindexing import Reindexing
from indexer.restoring import Backup
from indexer.settings import ArchiveSettings
from indexer.store import PassageStore
from service.engine import FOLLOWING_S, Engine
from service.open_archive import OpenArchive
from service.recipes import recipe_for

# So few that writers can be kept waiting for them.
_FEW = 64
_MOST_PASSES = 20
# After so many articles what is written is optimised in between: until then it is on the heap.
_ARTICLES_BETWEEN = 20_000

_LOG = logging.getLogger(__name__)

Progress = Callable[[int, int], None]


class Renewed(msgspec.Struct, frozen=True):
    """The generation in use now, what it holds, and which former ones are kept and were dropped."""

    generation: str
    articles: int
    passages: int
    seconds: float
    former: list[str]
    dropped: list[str]


def reindex(
    engine: Engine,
    asked: ArchiveSettings,
    on_progress: Progress,
    *,
    drop_old: bool = False,
    stopping: threading.Event | None = None,
) -> Renewed:
    """Index all articles anew: with the model and passages asked for, else those in use.

    One that was cut off is gone on with. ``on_progress`` is told how many articles of how
    many are done. A service gives ``stopping``, which it sets when it ends: its questions go
    on while the new generation is optimised. Raises ModelError where the model can't be loaded.
    """
    started = time.perf_counter()
    with engine.renewing(), engine.reading() as former:
        recipe = recipe_for(asked, engine.models, former.store.recipe)
        name = engine.generations.make(recipe, resume=True)
        following = engine.open_generation(name)
        try:
            copy = Reindexing(former.store, following.store, following.indexer)
            total = former.store.status().articles
            filling = _Filling(following.store, stopping, on_progress, total)
            # Pass by pass less is left to do, as writers go on meanwhile.
            for _ in range(_MOST_PASSES):
                if copy.catch_up(filling.told) <= _FEW:
                    break
            filling.finish()
            engine.prepare(following)
            with engine.writing():
                copy.catch_up()
                switched = _switch(engine, following)
        except BaseException:
            following.retire()
            raise
        if engine.archive.qdrant_url:
            # Other processes may have written to the former one until they saw the switch.
            copy.catch_up(since=switched)
    return _renewed(engine, started, drop_old=drop_old)


def restore(
    engine: Engine,
    backup: Backup,
    on_progress: Progress,
    *,
    drop_old: bool = False,
    stopping: threading.Event | None = None,
) -> Renewed:
    """Put the archive back as a backup has it; what is in it now stays behind as the former.

    ``on_progress`` and ``stopping`` are those of ``reindex``. Raises BackupError where the
    backup is damaged, RecipeMismatch where this release can't go on with its recipe; nothing
    is changed then.
    """
    started = time.perf_counter()
    total = backup.check()
    expected = recipe_for(ArchiveSettings(), engine.models, backup.recipe)
    if (expected.tokenizer, expected.lexical) != (backup.recipe.tokenizer, backup.recipe.lexical):
        raise RecipeMismatch(
            f"{backup.path} was written by another release of Fundstelle, which weighs words "
            "otherwise; restore it with that release, then upgrade and run 'fundstelle reindex'"
        )
    with engine.renewing():
        name = engine.generations.make(backup.recipe)
        following = engine.open_generation(name)
        try:
            filling = _Filling(following.store, stopping, on_progress, total)
            backup.restore(following.store, filling.told)
            filling.finish()
            engine.prepare(following)
            with engine.writing():
                _switch(engine, following)
        except BaseException:
            following.retire()
            raise
    return _renewed(engine, started, drop_old=drop_old)


def drop_former(engine: Engine) -> list[str]:
    """Remove every generation before the one in use; their names."""
    with engine.renewing():
        names = engine.generations.old()
        if names:
            engine.wait_for_readers()
            for name in names:
                engine.generations.drop(name)
        return names


class _Filling:
    """Tells how far a new generation is, and has it optimised in between and at the end.

    With ``stopping``, in a service, that happens in another process, as Edge would keep
    every question waiting.
    """

    def __init__(
        self,
        store: PassageStore,
        stopping: threading.Event | None,
        on_progress: Progress,
        total: int,
    ) -> None:
        self._store = store
        self._stopping = stopping
        self._on_progress = on_progress
        self._total = total
        self._next = _ARTICLES_BETWEEN
        if stopping is not None:
            store.optimize_apart(stopping)  # it leaves optimising to us from now on

    def told(self, done: int) -> None:
        self._on_progress(min(done, self._total), self._total)
        if self._stopping is not None and done >= self._next:
            self._next = done + _ARTICLES_BETWEEN
            self._optimize_apart(self._stopping)

    def finish(self) -> None:
        if self._stopping is None:
            self._store.optimize()
            return
        if not self._optimize_apart(self._stopping):
            _LOG.warning("it is optimised in this process, which answers nothing meanwhile")
            self._store.optimize()
        self._on_progress(self._total, self._total)  # ends it where the service does

    def _optimize_apart(self, stopping: threading.Event) -> bool:
        try:
            self._store.optimize_apart(stopping)
        except StoreError as error:
            _LOG.warning("a copy of the new generation could not be optimised: %s", error)
            return False
        return True


def _switch(engine: Engine, following: OpenArchive) -> str:
    """Make it the one in use; when that was."""
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    engine.generations.switch(following.generation)
    engine.use(following)
    return moment


def _renewed(engine: Engine, started: float, *, drop_old: bool) -> Renewed:
    dropped = []
    if drop_old:
        if engine.archive.qdrant_url:
            time.sleep(2 * FOLLOWING_S)  # until other services have seen the switch
        dropped = drop_former(engine)
    found = engine.status()
    return Renewed(
        generation=found["generation"],
        articles=found["articles"],
        passages=found["passages"],
        seconds=round(time.perf_counter() - started, 3),
        former=engine.generations.old(),
        dropped=dropped,
    )
