"""Traces of a real service, as a real collector gets them, and as the chat model is told."""

from __future__ import annotations

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tests.integration.telemetry.conftest import PARENT, TRACE, Watched

pytestmark = pytest.mark.model


def attributes(span: Span) -> dict[str, object]:
    return {a.key: getattr(a.value, a.value.WhichOneof("value") or "") for a in span.attributes}


def of_trace(spans: list[Span], trace: str) -> list[Span]:
    return [span for span in spans if span.trace_id.hex() == trace]


def test_a_question_is_a_trace_through_all_its_stages(watched: Watched) -> None:
    """The threads' spans too: the context follows the work there."""
    spans = of_trace(
        watched.collector.wait_for(lambda found: len(of_trace(found, TRACE)) >= 7), TRACE
    )
    (root,) = [span for span in spans if span.kind == Span.SPAN_KIND_SERVER]
    assert root.name == "POST /v1/questions"
    assert root.parent_span_id.hex() == PARENT
    assert attributes(root) == {
        "http.request.method": "POST",
        "http.route": "/v1/questions",
        "http.response.status_code": 200,
    }
    names = [span.name for span in spans if span is not root]
    assert set(names) == {"embed", "search", "read", "generate", "verify"}
    assert names.count("verify") == 2
    for span in spans:
        assert span.start_time_unix_nano < span.end_time_unix_nano
        if span is not root:
            assert span.parent_span_id == root.span_id, span.name


def test_the_chat_model_is_told_the_trace_and_nothing_else(watched: Watched) -> None:
    spans = watched.collector.wait_for(lambda found: len(of_trace(found, TRACE)) >= 7)
    (generate,) = [s for s in of_trace(spans, TRACE) if s.name == "generate"]
    sent = watched.chat_model.headers[0]
    assert sent["traceparent"] == f"00-{TRACE}-{generate.span_id.hex()}-01"
    assert "baggage" not in sent


def test_a_failure_is_marked_by_its_kind_alone(watched: Watched) -> None:
    spans = watched.collector.wait_for(
        lambda found: any(s.status.code == Status.STATUS_CODE_ERROR for s in found)
    )
    failed = [s for s in spans if s.status.code == Status.STATUS_CODE_ERROR and s.name != "GET"]
    kinds = {attributes(s).get("error.type") for s in failed if s.name == "generate"}
    assert kinds == {"GenerationFailed"}
    assert all(not s.status.message and not s.events for s in spans)


def test_the_collector_is_told_whose_they_are(watched: Watched) -> None:
    watched.collector.wait_for(bool)
    resource = watched.collector.requests[0].resource_spans[0].resource
    named = {a.key: a.value.string_value for a in resource.attributes}
    assert named["service.name"] == "newsroom"
    assert named["service.version"]
