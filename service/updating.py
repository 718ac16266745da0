"""One run over sources: what changed is written, and with ``prune`` what is gone removed.

Files are read while the archive is open; pages are fetched first and written a few at
a time, so that a slow site never keeps others from the index. The ``index`` command
runs this once, ``watch`` again and again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from typing import TYPE_CHECKING, TypeVar

from indexer import sources
from indexer.article import Article
from indexer.errors import SettingsError
from indexer.ownership import PATIENCE
from indexer.places import vanished
from indexer.report import Report
from indexer.settings import ArchiveSettings
from indexer.sources import Item, Source
from indexer.sources.web.cache import PageCache
from indexer.sources.web.fetcher import Fetcher
from indexer.sources.web.gone import gone_articles
from indexer.sources.web.reading import WebReading
from indexer.sources.web.settings import WebSettings
from indexer.sources.web.source import WebSource
from indexer.sources.web.urls import origin
from service.brief_door import BriefDoor
from service.client import OwnerClient
from service.engine import Engine

if TYPE_CHECKING:
    from indexer.distributed import Cluster

_PAGES_AT_ONCE = 64
_LONGEST_WAIT_S = 30.0

Progress = Callable[[Report, Report], None]
_T = TypeVar("_T")


class Updating:
    """Brings an archive up to date with sources.

    ``on_progress`` is called with what earlier parts of a run came to and this one so
    far. ``patience`` is how long what was fetched waits for an index that another program
    holds, in seconds. Setting ``stopping`` ends a run after the article in hand; what was
    written stays.
    """

    def __init__(
        self,
        door: BriefDoor,
        archive: ArchiveSettings,
        web: WebSettings,
        *,
        prune: bool = False,
        patience: float = PATIENCE,
        stopping: threading.Event | None = None,
        on_progress: Progress | None = None,
    ) -> None:
        self._door = door
        self._archive = archive
        self._web = web
        self._prune = prune
        self._patience = patience
        self._stopping = stopping or threading.Event()
        self._on_progress = on_progress

    def files(self, named: Sequence[Source], report: Report) -> None:
        """Read files, folders and standard input; what was done is added to the report."""
        if not named:
            return
        # Nothing has been fetched that would be lost.
        with self._door.visit() as door, self._cluster() as cluster:
            for source in named:
                seen: set[str] = set()
                part = self._read(door, cluster, source, seen, report)
                if self._prune and not self._stopping.is_set():
                    failed = [error.source for error in part.skipped]
                    _remove(door, vanished(door.sources(source.root), source, seen, failed), part)
                report.merge(part)

    def web(self, named: Sequence[WebSource], report: Report) -> WebReading | None:
        """Read feeds, sitemaps and pages; what was done is added to the report.

        The reading, None without sources, says which failed and when to come back.
        """
        if not named:
            return None
        with self._door.visit():
            pass  # what is wrong with the index is told before hours of fetching
        before, started = report.seconds, time.perf_counter()
        cache = PageCache(self._web.cache or self._archive.cache / "web.sqlite3")
        with closing(Fetcher(self._web, cache, self._stopping)) as fetcher:
            reading = WebReading(named, fetcher, trust_dates=not self._prune)
            for part in _parts(self._until_stopped(reading.items())):
                with self._door.visit(patience=self._patience) as door:
                    report.merge(door.index(part, self._told(report)))
            if self._prune and not self._stopping.is_set():
                self._remove_gone(named, reading, fetcher, report)
        report.seconds = before + time.perf_counter() - started
        return reading

    def finish(self) -> None:
        """Build what makes searching fast; also what a run that was killed left undone."""
        with self._door.visit(patience=self._patience) as door:
            door.optimize()

    def _read(
        self,
        door: Engine | OwnerClient,
        cluster: Cluster | None,
        source: Source,
        seen: set[str],
        before: Report,
    ) -> Report:
        told = self._told(before)
        if cluster is None or source.path is None:
            return door.index(self._until_stopped(_noted(sources.read(source), seen)), told)
        if isinstance(door, OwnerClient):
            raise SettingsError(
                "a service has this index open and would embed by itself: stop it to index on "
                "a cluster, or leave --ray out"
            )
        with door.reading() as archive:
            recipe = archive.store.recipe
        found = cluster.prepare(source, recipe, door.versions(source.root))
        items = self._until_stopped(_noted(found, seen))
        return door.index(items, told, found.passages)

    def _cluster(self) -> AbstractContextManager[Cluster | None]:
        if self._archive.ray is None:
            return nullcontext()
        from indexer.distributed import Cluster

        return Cluster(self._archive)

    def _remove_gone(
        self, named: Sequence[WebSource], reading: WebReading, fetcher: Fetcher, report: Report
    ) -> None:
        sites = {origin(source.url) for source in named}
        sites |= {origin(WebSource.of(i).url) for i in reading.reached | reading.gone}
        with self._door.visit(patience=self._patience) as door:
            known = [i for site in sorted(sites) for i, _ in door.sources(site)]
        gone = list(self._until_stopped(gone_articles(known, reading, fetcher)))
        with self._door.visit(patience=self._patience) as door:
            _remove(door, gone, report)

    def _until_stopped(self, items: Iterable[_T]) -> Iterator[_T]:
        for item in items:
            if self._stopping.is_set():
                return
            yield item

    def _told(self, before: Report) -> Callable[[Report], None] | None:
        told = self._on_progress
        return (lambda so_far: told(before, so_far)) if told else None


def _remove(door: Engine | OwnerClient, gone: list[str], report: Report) -> None:
    if gone:
        report.removed += door.remove(gone)["removed"]
        report.changes.extend(("removed", article_id) for article_id in gone)


def _noted(items: Iterable[Item], seen: set[str]) -> Iterator[Item]:
    """The same items, their ids noted as they pass."""
    for item in items:
        if isinstance(item, Article):
            seen.add(item.id)
        yield item


def _parts(items: Iterable[Item]) -> Iterator[list[Item]]:
    """A few at a time; on a slow site fewer, so that nothing fetched waits for long."""
    part: list[Item] = []
    since = 0.0
    for item in items:
        if not part:
            since = time.monotonic()
        part.append(item)
        if len(part) >= _PAGES_AT_ONCE or time.monotonic() - since > _LONGEST_WAIT_S:
            yield part
            part = []
    if part:
        yield part
