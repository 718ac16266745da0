"""What becomes known of one request while it is worked on: its line in the log, and more.

The flows say what they do with ``stage``, ``note``, ``failed`` and the like; outside a
request, as on the command line, all of them do nothing. The record follows the request
into worker threads, whose context is a copy of the caller's. Who opens and closes it, and
writes it down, is ``requests.py``.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from indexer.errors import FundstelleError

if TYPE_CHECKING:
    from service.answer import Answer
    from service.telemetry.metrics import Metrics
    from service.telemetry.tracing import Span, Tracing

Stage = Literal["embed", "search", "read", "rewrite", "generate", "verify"]
Verdict = Literal["verified", "flagged", "dropped"]
Abstention = Literal["nothing_found", "below_threshold", "replaced"]

#: Not the class of an error but what it is: no code was written for it.
DEFECT = "defect"


@dataclass
class RequestRecord:
    """One request. ``facts`` are for its line in the log; ``stages`` are in seconds."""

    id: str
    metrics: Metrics
    tracing: Tracing
    questions: bool
    facts: dict[str, Any] = field(default_factory=dict)
    stages: dict[str, float] = field(default_factory=dict)


RECORD: ContextVar[RequestRecord | None] = ContextVar("fundstelle_record", default=None)


def request_id() -> str | None:
    """The id of the request that is worked on here, None outside of one."""
    record = RECORD.get()
    return record.id if record else None


def note(**facts: str | float | bool | None) -> None:
    """Say more in the request's line of the log. Never a question, a key or a text."""
    record = RECORD.get()
    if record:
        record.facts |= facts


def asked(question: str) -> None:
    """Put a question into the log, where the operator wants that."""
    record = RECORD.get()
    if record and record.questions:
        record.facts["question"] = question


def kind_of(error: BaseException) -> str:
    """What an error counts as: its class where it is ours, else a defect."""
    return type(error).__name__ if isinstance(error, FundstelleError) else DEFECT


def kinds() -> tuple[str, ...]:
    """All that ``kind_of`` can say."""
    found, classes = [DEFECT], [FundstelleError]
    while classes:
        found.append(classes[-1].__name__)
        classes += classes.pop().__subclasses__()
    return tuple(sorted(found))


def failed(error: BaseException) -> None:
    """Count an error that is ours to mend."""
    record = RECORD.get()
    if record:
        record.facts["error"] = kind_of(error)
        record.metrics.failed(kind_of(error))


def waited(seconds: float) -> None:
    """Count how long work stood in the queue before a thread was free."""
    record = RECORD.get()
    if record:
        record.metrics.waited(seconds)


@contextmanager
def stage(name: Stage) -> Iterator[None]:
    """One step of the reading flow: timed, and a span of the trace."""
    record = RECORD.get()
    if record is None:
        yield
        return
    started = time.perf_counter()
    try:
        with record.tracing.span(name):
            yield
    finally:
        _spent(record, name, started)


@contextmanager
def held_stage(name: Stage) -> Iterator[dict[str, str]]:
    """The same for a step that is held over a ``yield``; gives the headers that pass it on.

    Its span is not the current one: an asynchronous generator may be resumed in another
    context than the one that it would have to be taken out of.
    """
    record = RECORD.get()
    if record is None:
        yield {}
        return
    started = time.perf_counter()
    span: Span = record.tracing.start(name)
    try:
        yield record.tracing.headers(span)
    except BaseException as error:
        record.tracing.mark(span, error)
        raise
    finally:
        span.end()
        _spent(record, name, started)


def answered(answer: Answer, threshold: float) -> None:
    """Count an answer, and why there is none where there is none."""
    record = RECORD.get()
    if record is None:
        return
    reason = abstention(answer, threshold)
    record.metrics.answered(answer.mode, answer.status, answer.confidence, reason)
    record.facts |= {
        "mode": answer.mode,
        "outcome": answer.status,
        "confidence": answer.confidence,
        "passages": len(answer.passages),
        "citations": len(answer.citations),
    }
    if reason:
        record.facts["abstention"] = reason


def abstention(answer: Answer, threshold: float) -> Abstention | None:
    """Why there is no answer, None where there is one."""
    if answer.answer is not None:
        return None
    if not answer.passages:
        return "nothing_found"
    return "below_threshold" if answer.confidence < threshold else "replaced"


def fell_back(reason: str, *, stopped: bool) -> None:
    """Count an answer of the chat model that was not used, or ``stopped`` half-way."""
    record = RECORD.get()
    if record:
        record.facts["stopped" if stopped else "fallback"] = reason
        record.metrics.fell_back(reason, stopped=stopped)


def judged(verdict: Verdict) -> None:
    """Count a sentence of the chat model."""
    record = RECORD.get()
    if record:
        record.metrics.judged(verdict)


def _spent(record: RequestRecord, name: Stage, started: float) -> None:
    seconds = time.perf_counter() - started
    record.stages[name] = record.stages.get(name, 0.0) + seconds
    record.metrics.spent(name, seconds)
