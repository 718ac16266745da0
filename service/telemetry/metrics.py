"""What is counted, for Prometheus: one registry an app, every label of few values.

The instruments and nothing else: who counts is ``record.py``, how large the index is
comes from ``index_size.py``, and the page is ``service/api/metrics.py``. Litestar's own
plug-in is not used: its instruments belong to the process and not to the app, and it does
not see what no route answers.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from importlib.metadata import version
from itertools import product
from typing import TYPE_CHECKING, get_args

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    disable_created_metrics,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.process_collector import ProcessCollector

from service.answer import Mode, Status
from service.errors import FailureReason
from service.telemetry.record import Abstention, Stage, Verdict, kinds

if TYPE_CHECKING:
    from prometheus_client.registry import Collector

    from service.workers import Workers

_STAGE_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_REQUEST_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
_WAIT_S = (0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_BATCH = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
_CONFIDENCE = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1)

disable_created_metrics()  # type: ignore[no-untyped-call]  # a series more for each, which nobody asks for


class Metrics:
    """The instruments of one app. Safe to use from several threads."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = self._histogram(
            "fundstelle_http_request_seconds",
            "Requests by route template, the streamed part included.",
            _REQUEST_S,
            ("method", "route", "status"),
        )
        self._in_progress = Gauge(
            "fundstelle_http_requests_in_progress",
            "Requests that are being answered.",
            registry=self.registry,
        )
        self._stages = self._histogram(
            "fundstelle_stage_seconds", "Steps of answering a question.", _STAGE_S, ("stage",)
        )
        self._waits = self._histogram(
            "fundstelle_queue_wait_seconds", "How long work waited for a thread.", _WAIT_S
        )
        self._batches = self._histogram(
            "fundstelle_batch_size",
            "Texts or windows given to a model at once.",
            _BATCH,
            ("model",),
        )
        self._answers = self._counter(
            "fundstelle_answers",
            "Answers by mode, and whether there was one.",
            mode=get_args(Mode),
            status=get_args(Status),
        )
        self._confidence = self._histogram(
            "fundstelle_answer_confidence",
            "Probability that the archive answers the question.",
            _CONFIDENCE,
        )
        self._abstentions = self._counter(
            "fundstelle_abstentions",
            "Questions without an answer, by reason.",
            reason=get_args(Abstention),
        )
        self._claims = self._counter(
            "fundstelle_claims",
            "Sentences of the chat model, by verdict.",
            verdict=get_args(Verdict),
        )
        self._fallbacks = self._counter(
            "fundstelle_fallbacks",
            "Answers of the chat model that the extractive one stood in for, by reason.",
            reason=get_args(FailureReason),
        )
        self._stopped = self._counter(
            "fundstelle_streams_stopped",
            "Streams whose chat model failed after a sentence had been sent, by reason.",
            reason=get_args(FailureReason),
        )
        self._errors = self._counter(
            "fundstelle_errors", "Errors that are the operator's or ours to mend.", kind=kinds()
        )
        Info("fundstelle_build", "What is running.", registry=self.registry).info(
            {"version": version("fundstelle"), "python": platform.python_version()}
        )
        for stage in get_args(Stage):
            self._stages.labels(stage)
        ProcessCollector(registry=self.registry)

    def add(self, collector: Collector) -> None:
        """Ask this collector, too, at every scrape."""
        self.registry.register(collector)

    def watch(self, workers: Workers, ready: Callable[[], bool]) -> None:
        """Show what is worked on, what waits, and whether the models are loaded."""
        for name, help_text, value in (
            ("fundstelle_queue_running", "Work that has a thread.", lambda: workers.running),
            ("fundstelle_queue_waiting", "Work that waits for one.", lambda: workers.waiting),
            ("fundstelle_ready", "1 once the models are loaded.", ready),
        ):
            Gauge(name, help_text, registry=self.registry).set_function(value)
        Gauge("fundstelle_queue_threads", "Most work at once.", registry=self.registry).set(
            workers.count
        )

    def page(self, accept: str) -> tuple[bytes, str]:
        """All of it, in the format that is asked for, and its media type."""
        encoder, media_type = choose_encoder(accept)
        return encoder(self.registry), media_type

    def began(self) -> None:
        """A request has come."""
        self._in_progress.inc()

    def ended(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request has its answer."""
        self._in_progress.dec()
        self._requests.labels(method, route, str(status)).observe(seconds)

    def spent(self, stage: str, seconds: float) -> None:
        """A step of answering is done."""
        self._stages.labels(stage).observe(seconds)

    def waited(self, seconds: float) -> None:
        """Work got its thread."""
        self._waits.observe(seconds)

    def batch(self, model: str, size: int) -> None:
        """A model goes over so many texts or windows at once."""
        self._batches.labels(model).observe(size)

    def answered(self, mode: str, status: str, confidence: float, abstention: str | None) -> None:
        """A question has its answer, or that there is none."""
        self._answers.labels(mode, status).inc()
        self._confidence.observe(confidence)
        if abstention:
            self._abstentions.labels(abstention).inc()

    def fell_back(self, reason: str, *, stopped: bool) -> None:
        """A chat model's answer was not used."""
        (self._stopped if stopped else self._fallbacks).labels(reason).inc()

    def judged(self, verdict: str) -> None:
        """A sentence of a chat model was held against the passages."""
        self._claims.labels(verdict).inc()

    def failed(self, kind: str) -> None:
        """Something went wrong that is the operator's or ours to mend."""
        self._errors.labels(kind).inc()

    def _counter(self, name: str, help_text: str, **values: tuple[str, ...]) -> Counter:
        """A counter that begins at 0 for all values of its labels: the first event shows."""
        counter = Counter(name, help_text, tuple(values), registry=self.registry)
        for labels in product(*values.values()):
            counter.labels(*labels)
        return counter

    def _histogram(
        self, name: str, help_text: str, buckets: tuple[float, ...], labels: tuple[str, ...] = ()
    ) -> Histogram:
        return Histogram(name, help_text, labels, buckets=buckets, registry=self.registry)
