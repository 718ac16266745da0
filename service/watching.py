"""Sources kept up to date: each is read again after its interval, whatever fails.

Feeds may ask for a longer pause than ours, within bounds; a source that fails is
left alone for longer each time. Between two readings nothing is held: neither the
index nor a connection. What one reading does is left to ``updating``.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from types import FrameType
from typing import Any

from indexer.errors import IndexLocked, SourceError, StoreError
from indexer.report import Report
from indexer.settings import ArchiveSettings
from indexer.sources import Source
from indexer.sources.web.settings import WebSettings
from indexer.sources.web.source import WebSource
from service.brief_door import BriefDoor
from service.errors import OwnerError
from service.schedule import INTERVAL, LONGEST_PAUSE, Task
from service.updating import Updating

# A failure not seen for so long is over, in seconds: longer than any pause between two.
_FORGOTTEN_S = 2 * LONGEST_PAUSE

Tell = Callable[[dict[str, Any]], None]


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
        self._told: dict[tuple[str, str, int | None, str], float] = {}
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
        tasks = [Task(source, self._interval) for source in named]
        while not self._stopping.is_set():
            now = time.monotonic()
            self._round([task for task in tasks if task.due <= now], once=once)
            if once:
                return
            next_due = min((task.due for task in tasks), default=now + self._interval)
            self._stopping.wait(max(0.0, next_due - time.monotonic()))

    def skipped(
        self,
        errors: Sequence[SourceError],
        *,
        of: str = "",
        over: Callable[[str], bool] | None = None,
    ) -> None:
        """Tell of inputs that could not be used, each once until it is over.

        ``of`` names what was read, and ``over`` says of an input of it that is not among
        the errors whether it was read, so that its next failure is news; if None, all was.
        """
        now = time.monotonic()
        failing = {(of, e.source, e.line, e.reason): e for e in errors}
        for key, at in list(self._told.items()):
            quiet = key[0] == of and key not in failing
            if quiet and (over is None or over(key[1]) or now - at > _FORGOTTEN_S):
                del self._told[key]
        for key, error in failing.items():
            if key not in self._told:
                self._event("skipped", source=error.source, line=error.line, reason=error.reason)
            self._told[key] = now
        self.has_skipped = self.has_skipped or bool(errors)

    def _round(self, due: list[Task], *, once: bool) -> None:
        changed = Report()
        web = [task for task in due if isinstance(task.source, WebSource)]
        for task in due:
            if isinstance(task.source, Source) and not self._stopping.is_set():
                source = task.source
                self._attempt([task], lambda: self._files(task, source, changed), once=once)  # noqa: B023
        if web and not self._stopping.is_set():
            self._attempt(web, lambda: self._pages(web, changed), once=once)
        if changed.changes or not self._finished:
            self._attempt([], self._finish, once=once)

    def _attempt(self, tasks: list[Task], work: Callable[[], None], *, once: bool) -> None:
        """Do the work of these tasks; where the archive fails they come back later."""
        try:
            work()
        except (IndexLocked, StoreError, OwnerError, OSError) as error:
            if once:
                raise
            self._event("failed", reason=str(error))
            for task in tasks:
                task.failed(time.monotonic())

    def _finish(self) -> None:
        self._updating.finish()
        self._finished = True

    def _files(self, task: Task, source: Source, changed: Report) -> None:
        report = Report()
        try:
            self._updating.files([source], report)
        finally:
            self._tell_changes(report, changed)
        self.skipped(report.skipped, of=f"{source.root}/{source.file or ''}")
        task.succeeded(time.monotonic())

    def _pages(self, tasks: list[Task], changed: Report) -> None:
        sources = [task.source for task in tasks if isinstance(task.source, WebSource)]
        report = Report()
        try:
            reading = self._updating.web(sources, report)
        finally:  # what was written before a failure is written
            self._tell_changes(report, changed)
        names = {source.name for source in sources}
        # Of a page that is not among the errors nobody knows whether its feed was due.
        self.skipped(report.skipped, of="web", over=names.__contains__)
        for task, source in zip(tasks, sources, strict=True):
            failure = reading.failures.get(source.name) if reading else None
            if failure is not None:
                task.failed(time.monotonic(), asked=failure.retry_after or 0.0)
            elif reading:
                task.succeeded(time.monotonic(), asked=reading.refresh.get(source.name, 0.0))

    def _tell_changes(self, report: Report, changed: Report) -> None:
        for event, article_id in report.changes:
            self._event(event, article_id=article_id)
        changed.changes.extend(report.changes)

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
