"""One renewal at a time, in a thread of its own, that can be asked how far it is."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Literal

import msgspec

from indexer.errors import FundstelleError
from service.errors import RenewalRunning
from service.renewal import Progress, Renewed

_LOG = logging.getLogger(__name__)


class RenewalStatus(msgspec.Struct, frozen=True):
    """How far it is, in articles; ``result`` is set once it is done, ``error`` if it failed."""

    state: Literal["none", "running", "done", "failed"] = "none"
    done: int = 0
    total: int = 0
    result: Renewed | None = None
    error: str | None = None


class _Stopped(Exception):
    """The process ends, and with it the renewal."""


class RenewalJob:
    """Runs renewals of one engine. ``on_failure`` is told of what one fails with."""

    def __init__(self, on_failure: Callable[[Exception], None] | None = None) -> None:
        self._on_failure = on_failure
        self._turn = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.status = RenewalStatus()

    def start(self, work: Callable[[Progress, threading.Event], Renewed]) -> None:
        """Begin; ``work`` is given whom to tell how far it is, and what is set when to end.

        Raises RenewalRunning where one is at work already.
        """
        with self._turn:
            if self.status.state == "running":
                raise RenewalRunning
            self.status = RenewalStatus("running")
            self._thread = threading.Thread(target=self._run, args=(work,), daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End at the next batch, and wait for that; the next reindex goes on from there."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self, work: Callable[[Progress, threading.Event], Renewed]) -> None:
        try:
            result = work(self._told, self._stopping)
            self.status = RenewalStatus("done", result.articles, result.articles, result)
        except _Stopped:
            self.status = RenewalStatus("failed", error="the service was stopped")
        except FundstelleError as error:
            self._tell(error)
            _LOG.error("a reindex or restore failed: %s", error)
            self.status = RenewalStatus("failed", error=str(error))
        except Exception as error:
            self._tell(error)
            _LOG.exception("a renewal failed")
            self.status = RenewalStatus("failed", error="it failed; the service's log says why")

    def _tell(self, error: Exception) -> None:
        if self._on_failure is not None:
            self._on_failure(error)

    def _told(self, done: int, total: int) -> None:
        if self._stopping.is_set():
            raise _Stopped
        self.status = RenewalStatus("running", done, total)
