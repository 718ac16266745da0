"""Server-Sent Events in the exact form that chat clients read, with an honest end.

What fails before the first piece is an error response like any other; what fails
later can only be told in the stream.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

import msgspec
from litestar.response import Stream

_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


def sse(data: Any, event: str | None = None) -> bytes:
    """One event; ``data`` is sent as JSON."""
    name = f"event: {event}\n".encode() if event else b""
    return name + b"data: " + msgspec.json.encode(data) + b"\n\n"


async def event_stream(
    pieces: AsyncGenerator[bytes, None], on_failure: Callable[[Exception], bytes]
) -> Stream:
    """The response. Raises what goes wrong before the first piece.

    ``on_failure`` logs an error and gives the last piece that is sent because of it.
    """
    first = await anext(pieces)

    async def sent() -> AsyncGenerator[bytes, None]:
        async with aclosing(pieces):
            try:
                yield first
                async for piece in pieces:
                    yield piece
            except Exception as error:
                yield on_failure(error)

    return Stream(sent(), media_type="text/event-stream", headers=_HEADERS)
