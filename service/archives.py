"""The archives that one service answers from: its own, and those that its keys name.

Each is an Engine with what belongs to it alone. All but the first are opened when they are
first asked for; the ownership of the index and the models are shared.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from indexer.generations import require_name
from service.asking import Asker
from service.draining import Draining
from service.engine import Engine
from service.feedback_file import FeedbackFile
from service.renewal_job import RenewalJob
from service.workers import Workers


@dataclass(frozen=True)
class ServedArchive:
    """One archive, and what answers, renews and is rated in it."""

    engine: Engine
    asker: Asker
    feedback_file: FeedbackFile
    job: RenewalJob


class Archives:
    """Opens archives beside that of ``engine``. Safe to use from several threads."""

    def __init__(self, engine: Engine, workers: Workers | None = None) -> None:
        self.workers = workers or Workers(engine.service.workers, engine.service.queue)
        self.draining = Draining()
        self.draining.at_the_end(self._stop_writing)
        #: Told of what goes wrong where nobody waits for an answer.
        self.on_failure: Callable[[Exception], None] = lambda _: None
        self._turn = threading.Lock()
        self.own = self._served(engine, engine.service.feedback)
        self._served_by_name = {engine.archive.archive: self.own}

    @property
    def engines(self) -> list[Engine]:
        """Those that are open."""
        return [served.engine for served in list(self._served_by_name.values())]

    def opened(self, name: str) -> ServedArchive | None:
        """The archive, None where it has not been opened yet."""
        return self._served_by_name.get(name)

    def open(self, name: str, *, create: bool) -> ServedArchive:
        """The archive, made with ``create`` where it is not there.

        Raises SettingsError for a name that is none, and what opening an Engine raises.
        """
        require_name(name)
        with self._turn:
            if name not in self._served_by_name:
                first = self.own.engine
                engine = Engine(
                    replace(first.archive, archive=name),
                    first.service,
                    create=create,
                    beside=first,
                )
                self._served_by_name[name] = self._served(engine, self._ratings(name))
            return self._served_by_name[name]

    async def close_askers(self) -> None:
        """Let go of the chat models."""
        for served in self._served_by_name.values():
            await served.asker.close()

    def close(self) -> None:
        """End what runs in the archives, and let go of all but the first, whose owner does."""
        for served in self._served_by_name.values():
            served.job.stop()
        with self._turn:
            for served in self._served_by_name.values():
                if served is not self.own:
                    served.engine.close()

    def _tell_failure(self, error: Exception) -> None:
        self.on_failure(error)

    def _stop_writing(self) -> None:
        for engine in self.engines:
            engine.stop_writing()

    def _served(self, engine: Engine, ratings: Path | None) -> ServedArchive:
        asker = Asker(engine, self.workers, engine.service, self.draining)
        job = RenewalJob(self._tell_failure)
        return ServedArchive(engine, asker, FeedbackFile(ratings), job)

    def _ratings(self, archive: str) -> Path | None:
        """A file of its own, beside the one that is set: ``ratings.NAME.jsonl``."""
        path = self.own.engine.service.feedback
        return path and path.with_name(f"{path.stem}.{archive}{path.suffix}")
