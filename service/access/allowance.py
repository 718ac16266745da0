"""How many requests each key may still make: a bucket of a minute's worth, filled steadily.

The generic cell rate algorithm (ITU-T I.371), which keeps one number a key and knows to the
millisecond when the next request is welcome. Each process counts for itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable

_MINUTE_S = 60.0
_NOTHING_S = 1e-6


class Allowances:
    """What is left of each key's minute. For use on one event loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # When each bucket will be full again, on that clock.
        self._full_at: dict[str, float] = {}

    def wait(self, name: str, per_minute: int) -> float:
        """Take one request; 0, or the seconds after which it may be tried again.

        A request that has to wait takes nothing.
        """
        if per_minute == 0:
            return 0.0
        now, step = self._clock(), _MINUTE_S / per_minute
        full_at = max(now, self._full_at.get(name, 0.0)) + step
        excess = full_at - now - _MINUTE_S
        # Sums of many steps are off by a little in the last digits.
        if excess > _NOTHING_S:
            return excess
        self._full_at[name] = full_at
        return 0.0
