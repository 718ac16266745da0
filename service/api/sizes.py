"""How much one request may carry. What a question may say is in ``service/question.py``.

``FUNDSTELLE_MAX_BODY_BYTES`` bounds what brings articles or question files; headers, the address
among them, have 64 KiB (``service/serve.py``).
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import TypeVar

from litestar.exceptions import HTTPException

#: Bytes of a question with its history.
QUESTION_BYTES = 1024 * 1024
#: Bytes of a conversation as chat clients send it, with all that is ignored here.
CHAT_BYTES = 8 * 1024 * 1024
#: Bytes of what asks for a reindex.
OPTIONS_BYTES = 64 * 1024
#: Articles, or questions of a question file, in one request.
MOST_AT_ONCE = 10_000
#: Messages of a conversation.
MOST_MESSAGES = 1_000

T = TypeVar("T")


def at_once(items: Iterable[T], what: str) -> list[T]:
    """All of them, before anything is done with the first. Raises HTTPException for too many."""
    found = list(islice(items, MOST_AT_ONCE + 1))
    if len(found) > MOST_AT_ONCE:
        raise HTTPException(
            status_code=413,
            detail=f"there are more than {MOST_AT_ONCE} {what}; send them in several requests",
        )
    return found
