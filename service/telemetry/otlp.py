"""Traces → a collector, over OTLP/HTTP. Needs the extra ``otel``; what spans are is elsewhere.

Beside the address everything is as OpenTelemetry's own variables say (``OTEL_…``: headers,
time-outs, sampling, the name of the service), since collectors are set up by those.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from indexer.errors import SettingsError
from service.telemetry.tracing import Tracing

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider


class Exporting:
    """Spans on their way to a collector, in batches and in a thread of their own.

    Without an address spans go wherever the process's own provider takes them. Raises
    SettingsError where the packages for sending are missing.
    """

    def __init__(self, url: str | None) -> None:
        self._provider = _provider(url) if url else None
        self.tracing = Tracing(self._provider)

    def close(self) -> None:
        """Send what is left."""
        if self._provider is not None:
            self._provider.shutdown()


def _provider(url: str) -> TracerProvider:
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import OTELResourceDetector, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise SettingsError(
            "FUNDSTELLE_OTLP_URL needs packages that are not installed; "
            "install them with: pip install 'fundstelle[otel]'"
        ) from error
    ours = Resource({"service.name": "fundstelle", "service.version": version("fundstelle")})
    named = ours.merge(OTELResourceDetector().detect())
    provider = TracerProvider(resource=Resource.create(named.attributes))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{url}/v1/traces")))
    return provider
