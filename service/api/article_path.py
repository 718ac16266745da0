"""The id of an article as it stands in a path. What is done with it is left to the routes.

It is taken from the path as it was sent and decoded once, since ids may hold any
character, ``%`` and ``/`` too: what routing decoded no longer tells them apart.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_to_bytes

from litestar import Request
from litestar.exceptions import ClientException


def article_id_in(request: Request[Any, Any, Any], route: bytes) -> str:
    """What follows ``route``, decoded once. Raises ClientException where it is not UTF-8."""
    raw: bytes = request.scope["raw_path"].partition(b"?")[0]
    try:
        return unquote_to_bytes(raw[raw.index(route) + len(route) :]).decode()
    except ValueError as error:
        reason = "it is not UTF-8, percent-encoded"
        raise ClientException(
            detail=f"article_id: {reason}", extra=[{"key": "article_id", "message": reason}]
        ) from error
