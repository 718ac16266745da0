"""``GET /v1/search``: the passages nearest to a question, a headline or a statement."""

from __future__ import annotations

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from service.answer import FoundPassage
from service.api.admission import READ
from service.engine import Engine
from service.question import DEFAULT_PASSAGES, parse_question
from service.telemetry.record import asked, note
from service.workers import Workers


class SearchResults(msgspec.Struct, frozen=True):
    """Passages, best first, and where the time went."""

    results: list[FoundPassage]
    timings_ms: dict[str, float]


@get("/v1/search", opt=READ, summary="Find the passages nearest to a text")
async def search(
    q: FromQuery[str],
    engine: NamedDependency[Engine],
    workers: NamedDependency[Workers],
    top_k: FromQuery[int] = DEFAULT_PASSAGES,
    rerank: FromQuery[bool] = False,
    published_after: FromQuery[str | None] = None,
    published_before: FromQuery[str | None] = None,
    language: FromQuery[str | None] = None,
    outlet: FromQuery[str | None] = None,
    author: FromQuery[str | None] = None,
    section: FromQuery[str | None] = None,
    tags: FromQuery[str | None] = None,
    group: FromQuery[bool | None] = None,
    dates: FromQuery[bool] = True,
) -> SearchResults:
    """Dates are inclusive; ``language`` is one code or several with commas;
    ``outlet``, ``author``, ``section`` and ``tags`` ask for articles with this value.

    With ``rerank`` the reader orders what was found, which is better and slower. ``group``
    says whether copies of a story count as one; left out, that is as the service is set.
    ``dates`` says whether articles of the time that the text names are preferred.
    """
    question = parse_question(
        q,
        top_k=top_k,
        published_after=published_after,
        published_before=published_before,
        language=language,
        metadata={"outlet": outlet, "author": author, "section": section, "tags": tags},
        group=group,
        dates=dates,
        searching=True,
        text_field="q",
    )
    asked(question.text)
    found, timings = await workers.run(lambda: engine.search(question, rerank=rerank))
    note(passages=len(found))
    return SearchResults(found, timings)
