"""How much one request may carry. What a question may say is in ``service/question.py``.

``FUNDSTELLE_MAX_BODY_BYTES`` bounds what brings articles or question files, and the others
where it is less than theirs.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import TypeVar

from litestar.exceptions import HTTPException
from litestar.types import HTTPScope

#: Bytes of all headers, and of the address.
HEADER_BYTES = 64 * 1024
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


def require_headers_that_fit(scope: HTTPScope) -> None:
    """Raise HTTPException where the headers and the address are too long together.

    h11 has this bound as well, but only where they come in pieces.
    """
    named = sum(len(name) + len(value) for name, value in scope["headers"])
    if named + len(scope["raw_path"]) + len(scope["query_string"]) > HEADER_BYTES:
        raise HTTPException(
            status_code=431,
            detail=f"the headers and the address have more than {HEADER_BYTES} bytes",
        )


def at_once(items: Iterable[T], what: str) -> list[T]:
    """All of them, before anything is done with the first. Raises HTTPException for too many."""
    found = list(islice(items, MOST_AT_ONCE + 1))
    if len(found) > MOST_AT_ONCE:
        raise HTTPException(
            status_code=413,
            detail=f"there are more than {MOST_AT_ONCE} {what}; send them in several requests",
        )
    return found
