"""``GET /v1/languages``: which languages the archive's articles are in."""

from __future__ import annotations

import msgspec
from litestar import get
from litestar.di import NamedDependency

from service.api.admission import READ
from service.engine import Engine
from service.workers import Workers


class Languages(msgspec.Struct, frozen=True):
    """How many passages there are in each language (ISO 639-1), most first."""

    languages: dict[str, int]


@get("/v1/languages", opt=READ, summary="The languages of the articles")
async def languages(
    engine: NamedDependency[Engine], workers: NamedDependency[Workers]
) -> Languages:
    """What ``language`` of a question can be chosen from. Articles without one don't count."""
    found = await workers.run(engine.languages)
    return Languages(dict(sorted(found.items(), key=lambda item: (-item[1], item[0]))))
