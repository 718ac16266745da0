"""Calls from several threads that share one run of a model: dynamic batching.

Whoever comes while the model runs waits for that run alone, and then goes on with all who
wait: nobody waits for company, so a single question is as quick as without. What a run
costs, and how its texts are cut and padded, is the model's.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class SharedRuns(Generic[Item, Result]):
    """``run``, called with the items of several threads at once; it is never called twice at once.

    A run takes calls in their order as long as they have at most ``most`` items together,
    so that a call waits for the run under way and those of the calls before it. Where a
    run of several calls fails, each has a run of its own, and only its own error.
    """

    def __init__(self, run: Callable[[list[Item]], Sequence[Result]], *, most: int) -> None:
        self._run = run
        self._most = most
        self._changed = threading.Condition()
        self._waiting: deque[_Call[Item, Result]] = deque()
        self._running = False

    def __call__(self, items: Sequence[Item]) -> list[Result]:
        """One result an item, in the order given. Raises what ``run`` raises."""
        call: _Call[Item, Result] = _Call(list(items))
        with self._changed:
            self._waiting.append(call)
        while shared := self._next(call):
            try:
                self._share(shared)
            finally:
                with self._changed:
                    self._running = False
                    self._changed.notify_all()
        if call.error is not None:
            raise call.error
        return call.results

    def _next(self, call: _Call[Item, Result]) -> list[_Call[Item, Result]]:
        """The calls of the next run, which is this thread's to do; none once ``call`` is done."""
        with self._changed:
            while self._running and not call.done:
                self._changed.wait()
            if call.done:
                return []
            self._running = True
            shared = [self._waiting.popleft()]
            size = len(shared[0].items)
            while self._waiting and size + len(self._waiting[0].items) <= self._most:
                shared.append(self._waiting.popleft())
                size += len(shared[-1].items)
            return shared

    def _share(self, calls: list[_Call[Item, Result]]) -> None:
        try:
            results = list(self._run([item for call in calls for item in call.items]))
        except BaseException as error:
            if len(calls) > 1 and isinstance(error, Exception):
                for call in calls:
                    self._share([call])
                return
            for call in calls:
                call.end(error=error)
            if not isinstance(error, Exception):
                raise  # an interrupt is this thread's own, too
            return
        at = 0
        for call in calls:
            call.end(results[at : at + len(call.items)])
            at += len(call.items)


class _Call(Generic[Item, Result]):
    """The items of one thread, and once it is ``done`` what came of them."""

    def __init__(self, items: list[Item]) -> None:
        self.items = items
        self.results: list[Result] = []
        self.error: BaseException | None = None
        self.done = False

    def end(self, results: Sequence[Result] = (), error: BaseException | None = None) -> None:
        self.results = list(results)
        self.error = error
        self.done = True
