"""Spans after OpenTelemetry, without what a question or an article says.

Only the API: without an SDK (``otlp.py``, or one that the process was started with) a span
costs nothing and is kept nowhere, but a trace that a request brings is passed on all the
same. Contexts travel as W3C Trace Context; baggage is neither taken nor passed on, as the
chat model may be somebody else's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from service.telemetry.record import kind_of

__all__ = ["Span", "Tracing", "describe"]

_NAME = "fundstelle"
_CONTEXTS = TraceContextTextMapPropagator()


class Tracing:
    """Opens spans. ``provider`` is what keeps them; None takes the process's own."""

    def __init__(self, provider: TracerProvider | None = None) -> None:
        self._tracer: Tracer = trace.get_tracer(_NAME, version("fundstelle"), provider)

    @contextmanager
    def request(self, method: str, headers: Mapping[str, str]) -> Iterator[Span]:
        """The span of a whole request, within the trace that it brings."""
        with self._opened(method, SpanKind.SERVER, _CONTEXTS.extract(headers)) as span:
            yield span

    @contextmanager
    def span(self, name: str) -> Iterator[None]:
        """A step within the current span."""
        with self._opened(name, SpanKind.INTERNAL):
            yield

    def start(self, name: str) -> Span:
        """A span that is current nowhere, for whoever ends it."""
        return self._tracer.start_span(name, kind=SpanKind.CLIENT)

    @staticmethod
    def headers(span: Span) -> dict[str, str]:
        """What a request to another service has to bring, so that it goes on within this span."""
        carrier: dict[str, str] = {}
        _CONTEXTS.inject(carrier, trace.set_span_in_context(span))
        return carrier

    @staticmethod
    def mark(span: Span, error: BaseException) -> None:
        """Say that it failed, and by what kind of error: a message may quote the question."""
        if isinstance(error, Exception):
            span.set_status(Status(StatusCode.ERROR))
            span.set_attribute("error.type", kind_of(error))

    @contextmanager
    def _opened(self, name: str, kind: SpanKind, context: Context | None = None) -> Iterator[Span]:
        with self._tracer.start_as_current_span(
            name, context, kind, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield span
            except BaseException as error:
                self.mark(span, error)
                raise


def describe(span: Span, method: str, route: str, status: int) -> None:
    """Say what was asked and what came of it, in OpenTelemetry's names for HTTP."""
    span.update_name(f"{method} {route}")
    span.set_attribute("http.request.method", method)
    span.set_attribute("http.route", route)
    span.set_attribute("http.response.status_code", status)
    if status >= 500:
        span.set_status(Status(StatusCode.ERROR))
