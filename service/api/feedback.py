"""``/v1/feedback``: readers' ratings of answers, kept where the operator wants them."""

from __future__ import annotations

import logging

from litestar import get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import JSONBody

from service.answer import BrokenPromise
from service.api.admission import READ
from service.api.problems import AnyRequest, Problem, problem
from service.engine import Engine
from service.errors import FeedbackError
from service.feedback import Feedback, line, verify
from service.feedback_file import FeedbackFile
from service.telemetry.record import failed
from service.workers import Workers

_LOG = logging.getLogger(__name__)
#: An answer with fifty passages has about a hundred thousand.
_MOST_BYTES = 512 * 1024


def _from_impossible_answer(_: AnyRequest, error: BrokenPromise) -> Problem:
    """What was sent as an answer is none that we give."""
    return problem(400, str(error), [{"path": "answer", "message": str(error)}])


def _from_full_disk(_: AnyRequest, error: FeedbackError) -> Problem:
    """The rating is lost unless it is sent again."""
    failed(error)
    _LOG.error("%s", error)
    return problem(503, str(error))


@get("/v1/feedback", opt=READ, summary="Whether ratings of answers are kept")
async def feedback_enabled(feedback_file: NamedDependency[FeedbackFile]) -> dict[str, bool]:
    """``{"enabled": true}`` where FUNDSTELLE_FEEDBACK is set."""
    return {"enabled": feedback_file.enabled}


@post(
    "/v1/feedback",
    opt=READ,
    status_code=204,
    summary="Rate an answer",
    request_max_body_size=_MOST_BYTES,
    exception_handlers={
        BrokenPromise: _from_impossible_answer,
        FeedbackError: _from_full_disk,
    },
)
async def rate(
    data: JSONBody[Feedback],
    engine: NamedDependency[Engine],
    workers: NamedDependency[Workers],
    feedback_file: NamedDependency[FeedbackFile],
) -> None:
    """Keep a thumb up or down on an answer; ``answer`` is the answer as it was given.

    An answer that the archive doesn't give, because a quote doesn't stand where it says,
    is refused. 404 where ratings are not kept.
    """
    if not feedback_file.enabled:
        raise NotFoundException(
            detail="ratings are not kept here; FUNDSTELLE_FEEDBACK=FILE switches that on"
        )

    def work() -> None:
        with engine.reading() as archive:
            verify(data, archive.store)
        feedback_file.add(line(data))

    await workers.run(work)
