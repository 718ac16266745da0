"""The exit statuses that scripts may rely on."""

from __future__ import annotations

from enum import IntEnum


class ExitStatus(IntEnum):
    """An unanswerable question is DONE; SKIPPED is done too, but for some input."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    UNAVAILABLE = 3
    SKIPPED = 4
    INTERRUPTED = 130
