"""What a real service logs of all its routes and failures: everything but what was said."""

from __future__ import annotations

import pytest

from tests.integration.telemetry.conftest import (
    CLIENT_KEY,
    LLM_KEY,
    QDRANT_KEY,
    TRACE,
    WORDS,
    Watched,
)
from tests.services import defects, log_lines

pytestmark = pytest.mark.model


def test_no_question_article_or_key_is_in_logs_metrics_or_traces(watched: Watched) -> None:
    token = watched.service.owner["token"]
    seen = {
        "log": watched.log,
        "metrics": watched.metrics,
        "spans": "".join(map(str, watched.collector.wait_for(bool))),
    }
    assert len(seen["log"].splitlines()) > 200
    for place, text in seen.items():
        for secret in (WORDS, LLM_KEY, QDRANT_KEY, CLIENT_KEY, token):
            at = text.find(secret)
            assert at < 0, f"{place}: {text[max(0, at - 300) : at + 100]}"


def test_a_question_is_one_line_that_says_how_it_went(watched: Watched) -> None:
    lines = log_lines(watched.log)
    asked = [line for line in lines if line.get("route") == "/v1/questions" and "mode" in line]
    first = asked[0]
    assert (first["event"], first["level"], first["status"]) == ("request", "info", 200)
    assert (first["mode"], first["outcome"], first["trace_id"]) == ("generative", "answered", TRACE)
    stages = ("embed_ms", "search_ms", "read_ms", "generate_ms", "verify_ms")
    assert all(0 < first[stage] <= first["ms"] for stage in stages), first
    assert asked[2]["abstention"] == "below_threshold"
    assert asked[3]["abstention"] == "nothing_found"
    assert {line.get("fallback") for line in asked} >= {"refused", "cut_off", "nonsense"}
    assert any(line.get("stopped") == "cut_off" for line in lines)


def test_what_fails_otherwise_is_a_line_too(watched: Watched) -> None:
    lines = log_lines(watched.log)
    failing = [line for line in lines if line["logger"] == "service.asking"]
    # What a chat model may do is told, what it must not do is warned of.
    assert {line["level"] for line in failing} == {"info", "warning"}
    assert all("request_id" in line for line in failing)
    assert {line["logger"].partition(".")[0] for line in lines} <= {"service", "indexer"}
    assert defects(watched.log) == []


def test_every_line_of_a_request_has_its_id(watched: Watched) -> None:
    answer = watched.http.get("/v1/search", headers={"X-Request-ID": "morning-1"})
    assert answer.headers["x-request-id"] == answer.json()["request_id"] == "morning-1"
