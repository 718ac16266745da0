"""``GET /v1/access``: whose key this is, and what it opens."""

from __future__ import annotations

import msgspec
from litestar import get

from service.access.caller import Caller
from service.access.scope import Scope
from service.api.admission import READ, AnyRequest


class Access(msgspec.Struct, frozen=True):
    """``key`` is the name of the key, null where none was asked for; ``rate`` is in requests a
    minute, null for any number.
    """

    archive: str
    scope: Scope
    key: str | None
    rate: int | None


@get("/v1/access", opt=READ, summary="What the key of this request opens")
async def access(request: AnyRequest) -> Access:
    """The archive, and what may be done there."""
    caller: Caller = request.user
    return Access(caller.archive, caller.scope, caller.key, caller.rate or None)
