"""``GET /v1/citations/verify``: does a citation made earlier still hold?"""

from __future__ import annotations

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from indexer.article import Span
from service.api.admission import READ
from service.engine import Engine
from service.verification import Verification
from service.workers import Workers


@get("/v1/citations/verify", opt=READ, summary="Whether a citation still holds")
async def verify(
    article_id: FromQuery[str],
    start: FromQuery[int],
    end: FromQuery[int],
    content_sha256: FromQuery[str],
    engine: NamedDependency[Engine],
    workers: NamedDependency[Workers],
    quote: FromQuery[str | None] = None,
) -> Verification:
    """``valid``, ``moved`` (with its new place) or ``gone``, all of them with status 200.

    ``article_id``, ``start``, ``end`` and ``content_sha256`` are those of a citation's
    ``source``; of the hash, the first eight digits are enough. ``quote`` helps where the
    archive no longer has the version cited.
    """
    return await workers.run(engine.verify, article_id, Span(start, end), content_sha256, quote)
