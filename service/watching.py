"""Sources kept up to date: each is read again after its interval, whatever fails.

Feeds may ask for a longer pause than ours, within bounds; a source that fails is
left alone for longer each time. Between two readings nothing is held: neither the
index nor a connection. What one reading does is left to ``updating``.
"""

from __future__ import annotations

import random
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from types import FrameType
from typing import Any, Final

from indexer.errors import IndexLocked, SourceError, StoreError
from indexer.indexing import Report
from indexer.settings import ArchiveSettings
from indexer.sources import Source
from indexer.sources.web.settings import WebSettings
from indexer.sources.web.source import WebSource
from service.brief_door import BriefDoor
from service.errors import OwnerError
from service.updating import Updating

#: Seconds between two readings of a source.
INTERVAL: Final = 15 * 60.0
# A feed may ask for a pause up to this long, and failures come to no more than that.
_LONGEST_ASKED_S: Final = 3600.0
_LONGEST_PAUSE_S: Final = 6 * 3600.0
_JITTER: Final = 0.1

Tell = Callable[[dict[str, Any]], None]


@dataclass
class _Task:
    """A source, and when it is due (on the monotonic clock, in seconds)."""

    source: Source | WebSource
    due: float = 0.0
    failures: int = 0


class Watching:
    """Reads sources again and again, and tells of every change.

    ``tell`` is given a change at a time: ``{"at", "event", …}``, where the event is
    ``added``, ``updated`` or ``removed`` with ``article_id``, ``skipped`` with ``source``,
    ``line`` and ``reason``, or ``failed`` with a ``reason``.
    """

    def __init__(
        self,
        door: BriefDoor,
        archive: ArchiveSettings,
        web: WebSettings,
        *,
        tell: Tell,
        stopping: threading.Event,
        interval: float | None = None,
        prune: bool = False,
    ) -> None:
        self._door = door
        self._tell = tell
        self._stopping = stopping
        self._interval = interval or INTERVAL
        self._updating = Updating(door, archive, web, prune=prune, stopping=stopping)
        self._told: dict[str, set[tuple[int | None, str]]] = {}
        self._finished = False
        self.has_skipped = False

    def run(self, named: Sequence[Source | WebSource], *, once: bool = False) -> None:
        """Read all sources, and unless ``once`` each again when it is due, until stopped.

        Raises what opening the archive raises at first; later that is told, and tried again.
        """
        if once:
            with self._door.visit():
                pass
        else:
            self._door.warm()
        tasks = [_Task(source) for source in named]
        while not self._stopping.is_set():
            now = time.monotonic()
            self._round([task for task in tasks if task.due <= now], once=once)
            if once:
                return
            next_due = min((task.due for task in tasks), default=now + self._interval)
            self._stopping.wait(max(0.0, next_due - time.monotonic()))

    def skipped(self, error: SourceError) -> None:
        """Tell of an input that could not be used, once as long as nothing changes about it."""
        self.has_skipped = True
        seen = self._told.setdefault(error.source, set())
        if (error.line, error.reason) not in seen:
            seen.add((error.line, error.reason))
            self._event("skipped", source=error.source, line=error.line, reason=error.reason)

    def _round(self, due: list[_Task], *, once: bool) -> None:
        changed = Report()
        web = [task for task in due if isinstance(task.source, WebSource)]
        for task in due:
            if isinstance(task.source, Source) and not self._stopping.is_set():
                source = task.source
                self._attempt([task], lambda: self._files(source, changed), once=once)  # noqa: B023
        if web and not self._stopping.is_set():
            self._attempt(web, lambda: self._pages(web, changed), once=once)
        if changed.changes or not self._finished:
            self._attempt([], self._finish, once=once)

    def _attempt(self, tasks: list[_Task], work: Callable[[], None], *, once: bool) -> None:
        """Do the work of these tasks; where the archive fails they come back later."""
        for task in tasks:
            self._postpone(task, self._interval)
        try:
            work()
        except (IndexLocked, StoreError, OwnerError, OSError) as error:
            if once:
                raise
            self._event("failed", reason=str(error))
            for task in tasks:
                self._failed(task)

    def _finish(self) -> None:
        self._updating.finish()
        self._finished = True

    def _files(self, source: Source, changed: Report) -> None:
        self._tell_of(self._updating.files([source]), [source.file or source.root], changed)

    def _pages(self, tasks: list[_Task], changed: Report) -> None:
        sources = [task.source for task in tasks if isinstance(task.source, WebSource)]
        report, reading = self._updating.web(sources)
        self._tell_of(report, [source.name for source in sources], changed)
        for task, source in zip(tasks, sources, strict=True):
            failure = reading.failures.get(source.name) if reading else None
            if failure is not None:
                self._failed(task, failure.retry_after or 0.0)
                continue
            task.failures = 0
            asked = reading.refresh.get(source.name, 0.0) if reading else 0.0
            self._postpone(task, max(self._interval, min(asked, _LONGEST_ASKED_S)))

    def _failed(self, task: _Task, asked: float = 0.0) -> None:
        task.failures += 1
        pause = self._interval * 2.0 ** min(task.failures, 16)
        self._postpone(task, max(self._interval, asked, min(pause, _LONGEST_PAUSE_S)))

    def _postpone(self, task: _Task, seconds: float) -> None:
        # Not all at the same second, nor at that of everyone else.
        pause = seconds * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311
        task.due = time.monotonic() + pause

    def _tell_of(self, report: Report, names: list[str], changed: Report) -> None:
        for event, article_id in report.changes:
            self._event(event, article_id=article_id)
        failing = {error.source for error in report.skipped}
        for name in set(self._told) - failing:
            if name in names:
                del self._told[name]  # it works again: the next failure is news
        for error in report.skipped:
            self.skipped(error)
        changed.merge(report)

    def _event(self, event: str, **what: Any) -> None:
        self._tell({"at": datetime.now(UTC).isoformat(timespec="seconds"), "event": event} | what)


@contextmanager
def until_signalled() -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set while the block runs."""
    stopping = threading.Event()

    def stop(_: int, __: FrameType | None) -> None:
        # Not from here: a signal may come while this very thread holds the event's lock.
        threading.Thread(target=stopping.set).start()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
