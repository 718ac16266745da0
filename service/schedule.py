"""When a watched source is to be read again.

Pure arithmetic on the monotonic clock, in seconds: its interval, what a feed asks for,
and longer pauses for a source that fails. Reading is left to ``watching``.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

from indexer.sources import Source
from indexer.sources.web.source import WebSource

#: Seconds between two readings of a source.
INTERVAL: Final = 15 * 60.0
# A feed may ask for a pause up to this long, and failures come to no more than that.
LONGEST_ASKED: Final = 3600.0
LONGEST_PAUSE: Final = 6 * 3600.0
# Not all at the same second, nor at that of everyone else.
JITTER: Final = 0.1


@dataclass
class Task:
    """A source and when it is due; at first at once."""

    source: Source | WebSource
    interval: float = INTERVAL
    due: float = 0.0
    failures: int = 0

    def succeeded(self, now: float, *, asked: float = 0.0) -> None:
        """It was read; ``asked`` is the pause that it would like."""
        self.failures = 0
        self._rest(now, max(self.interval, min(asked, LONGEST_ASKED)))

    def failed(self, now: float, *, asked: float = 0.0) -> None:
        """It could not be read; ``asked`` is the pause that its server wants (Retry-After)."""
        self.failures += 1
        doubled = self.interval * 2.0 ** min(self.failures, 16)
        self._rest(now, max(self.interval, min(max(asked, doubled), LONGEST_PAUSE)))

    def _rest(self, now: float, seconds: float) -> None:
        self.due = now + seconds * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311
