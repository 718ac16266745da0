"""Sending a request to a Qdrant server again after a failure that passes by itself.

Every write here has the same outcome however often it arrives, so a request whose
answer was lost may be repeated. What does not pass (a wrong key, a request that
the server refuses) is raised at once.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from qdrant_client.common.client_exceptions import ResourceExhaustedResponse

from indexer.stores.server_failures import passes

_Result = TypeVar("_Result")
_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 10.0


def with_retries(
    request: Callable[[], _Result],
    retries: int,
    *,
    pause: Callable[[float], None] = time.sleep,
) -> _Result:
    """The request's result, tried up to ``retries`` more times.

    Waits twice as long each time, by a random part less, so that many writers
    don't return at once; as long as the server says where it says so.
    """
    for attempt in range(retries):
        try:
            return request()
        except Exception as error:
            if not passes(error):
                raise
            longest = min(_FIRST_PAUSE_S * 2**attempt, _LONGEST_PAUSE_S)
            asked = error.retry_after_s if isinstance(error, ResourceExhaustedResponse) else 0
            pause(max(asked, longest * random.uniform(0.5, 1)))  # noqa: S311
    return request()
