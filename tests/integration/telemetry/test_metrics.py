"""``/metrics`` of a real service after real traffic."""

from __future__ import annotations

from typing import get_args

import pytest
from prometheus_client.parser import text_string_to_metric_families

from service.telemetry.record import Stage
from tests.integration.telemetry.conftest import Watched

pytestmark = pytest.mark.model


def samples(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def total(text: str, name: str, **labels: str) -> float:
    """The sum over all other labels."""
    found = samples(text)
    return sum(v for (n, have), v in found.items() if n == name and labels.items() <= set(have))


def test_each_stage_was_timed(watched: Watched) -> None:
    for stage in get_args(Stage):
        count = total(watched.metrics, "fundstelle_stage_seconds_count", stage=stage)
        assert count > 0, stage


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("answers_total", {"mode": "generative", "status": "answered"}),
        ("answers_total", {"mode": "extractive", "status": "answered"}),
        ("answers_total", {"mode": "extractive", "status": "unanswerable"}),
        ("abstentions_total", {"reason": "nothing_found"}),
        ("abstentions_total", {"reason": "below_threshold"}),
        ("claims_total", {"verdict": "verified"}),
        ("claims_total", {"verdict": "dropped"}),
        ("fallbacks_total", {"reason": "refused"}),
        ("fallbacks_total", {"reason": "cut_off"}),
        ("streams_stopped_total", {"reason": "cut_off"}),
        ("batch_size_count", {"model": "embedder"}),
        ("batch_size_sum", {"model": "reader"}),
        ("queue_wait_seconds_count", {}),
        ("answer_confidence_count", {}),
        ("http_request_seconds_count", {"route": "/v1/questions", "status": "200"}),
        ("http_request_seconds_count", {"route": "none", "status": "404"}),
        ("index_articles", {"archive": "default"}),
        ("index_passages", {"archive": "default"}),
        ("index_bytes", {"archive": "default"}),
        ("index_info", {"generation": "1", "store": "edge"}),
        ("store_up", {}),
        ("ready", {}),
        ("queue_threads", {}),
        ("build_info", {}),
    ],
)
def test_it_was_counted(name: str, labels: dict[str, str], watched: Watched) -> None:
    assert total(watched.metrics, f"fundstelle_{name}", **labels) > 0


def test_a_question_more_is_one_more(watched: Watched) -> None:
    before = watched.http.get("/metrics").text
    watched.ask("Who is excluded from the talks?", mode="extractive")
    after = watched.http.get("/metrics").text
    for name, labels in (
        ("fundstelle_answers_total", {"status": "answered"}),
        ("fundstelle_stage_seconds_count", {"stage": "read"}),
        ("fundstelle_http_request_seconds_count", {"route": "/v1/questions"}),
    ):
        assert total(after, name, **labels) == total(before, name, **labels) + 1


def test_labels_are_few_whatever_is_asked(watched: Watched) -> None:
    """Paths, methods and ids of all kinds were asked for: none became a label."""
    routes = {
        value
        for (name, labels), _ in samples(watched.metrics).items()
        for key, value in labels
        if key == "route"
    }
    assert len(routes) < 40
    for i in range(50):
        watched.http.get(f"/v1/articles/{i}")
        watched.http.request(f"M{i}", "/v1/search")
    before, after = len(samples(watched.metrics)), len(samples(watched.http.get("/metrics").text))
    assert after - before < 60


def test_nothing_is_in_progress_but_the_scrape_itself(watched: Watched) -> None:
    text = watched.http.get("/metrics").text
    assert total(text, "fundstelle_http_requests_in_progress") == 1
    assert total(text, "fundstelle_queue_running") == total(text, "fundstelle_queue_waiting") == 0


def test_openmetrics_for_who_accepts_it(watched: Watched) -> None:
    wanted = {"accept": "application/openmetrics-text; version=1.0.0"}
    answer = watched.http.get("/metrics", headers=wanted)
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")
    assert watched.http.get("/metrics").headers["content-type"].startswith("text/plain")
