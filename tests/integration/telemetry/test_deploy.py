"""``deploy/``: every query of the dashboard and the alerts, held against the real metrics.

Parsed, so that each metric and label has to be there; and, where Prometheus is installed,
scraped and evaluated by the real server.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import promql_parser as promql
import pytest
import yaml

from tests.chat_servers import free_port
from tests.integration.telemetry.conftest import Watched
from tests.integration.telemetry.test_metrics import samples

_DEPLOY = Path(__file__).parents[3] / "deploy"
_RULES = _DEPLOY / "prometheus/alerts.yaml"
#: Prometheus adds these to everything it scrapes.
_TARGET = {"instance", "job"}
#: What Prometheus says of a target by itself.
_OWN = {"up"}


def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((_DEPLOY / "grafana/fundstelle.json").read_text("utf-8"))
    return found


def queries() -> list[tuple[str, str]]:
    """Each with its name, and with Grafana's variables filled in as Grafana does."""
    found = [
        (f"panel {panel['title']}", target["expr"])
        for panel in dashboard()["panels"]
        for target in panel.get("targets", [])
    ]
    filled = [
        (name, query.replace("$__rate_interval", "1m").replace("$instance", ".*"))
        for name, query in found
    ]
    (group,) = yaml.safe_load(_RULES.read_text("utf-8"))["groups"]
    return filled + [(f"alert {rule['alert']}", rule["expr"]) for rule in group["rules"]]


QUERIES = queries()


def used(query: str) -> Iterator[tuple[str, set[str]]]:
    """The metrics of a query, each with the labels that are asked of it."""
    selectors: list[Any] = []
    grouped: set[str] = set()

    def visit(node: Any) -> None:
        if isinstance(node, promql.VectorSelector):
            selectors.append(node)
        elif isinstance(node, promql.AggregateExpr) and node.modifier:
            grouped.update(node.modifier.labels)

    promql.walk(promql.parse(query), visit)
    assert selectors, query
    for selector in selectors:
        yield selector.name, {m.name for m in selector.matchers.matchers} | grouped


@pytest.mark.model
@pytest.mark.parametrize(("name", "query"), QUERIES, ids=[name for name, _ in QUERIES])
def test_every_metric_and_label_is_there(name: str, query: str, watched: Watched) -> None:
    there: dict[str, set[str]] = {}
    for metric, labels in samples(watched.metrics):
        there.setdefault(metric, set()).update(label for label, _ in labels)
    for metric, labels in used(query):
        if metric not in _OWN:
            assert metric in there, name
            assert labels <= there[metric] | _TARGET, name


@pytest.mark.parametrize(
    "query", ["fundstelle_nothing", 'fundstelle_ready{colour="x"}', "sum by (colour) (up)"]
)
def test_a_metric_or_label_that_is_not_there_is_seen(query: str) -> None:
    there = {"fundstelle_ready": {"archive"}, "up": set[str]()}
    assert not all(
        metric in there and labels <= there[metric] | _TARGET for metric, labels in used(query)
    )


def test_a_dashboard_that_grafana_can_lay_out() -> None:
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not cells & taken, panel["title"]
        taken |= cells
        assert panel["type"] == "row" or panel["datasource"]["uid"] == "${datasource}"


def test_every_alert_is_explained() -> None:
    page = (_DEPLOY.parent / "docs/operations.md").read_text("utf-8")
    for name, _ in QUERIES:
        kind, _, title = name.partition(" ")
        assert kind != "alert" or f"`{title}`" in page, title


@pytest.fixture(scope="session")
def promtool() -> str:
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("promtool is not installed (Debian: apt-get install prometheus)")
    return found


def test_rules_fire_when_they_should(promtool: str) -> None:
    """The cases are in ``alerts.test.yaml``: each alert fires in one and not in another."""
    folder = _DEPLOY / "prometheus"
    for arguments in (
        ["check", "rules", folder / "alerts.yaml"],
        ["check", "config", folder / "prometheus.yml"],
        ["test", "rules", folder / "alerts.test.yaml"],
    ):
        done = subprocess.run(
            [promtool, *map(str, arguments)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    tried = re.findall(
        r"name: (\w+) (fires|stays quiet)", (folder / "alerts.test.yaml").read_text()
    )
    alerts = [name.removeprefix("alert ") for name, _ in QUERIES if name.startswith("alert ")]
    assert sorted(tried) == sorted(
        (name, how) for name in alerts for how in ("fires", "stays quiet")
    )


@pytest.mark.model
def test_metrics_are_as_promtool_wants_them(promtool: str, watched: Watched) -> None:
    done = subprocess.run(
        [promtool, "check", "metrics"],
        input=watched.metrics,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.fixture(scope="session")
def prometheus(watched: Watched, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Prometheus that reads the service each second, with the rules of ``deploy/``."""
    binary = shutil.which("prometheus")
    if binary is None:
        pytest.skip("prometheus is not installed (Debian: apt-get install prometheus)")
    folder = tmp_path_factory.mktemp("prometheus")
    shutil.copy(_RULES, folder)
    config = yaml.safe_load((_DEPLOY / "prometheus/prometheus.yml").read_text("utf-8"))
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    target = watched.service.address.removeprefix("http://")
    config["scrape_configs"][0]["static_configs"][0]["targets"] = [target]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config), "utf-8")
    address = f"127.0.0.1:{free_port()}"
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                binary,
                f"--config.file={folder}/prometheus.yml",
                f"--storage.tsdb.path={folder}/data",
                f"--web.listen-address={address}",
            ],
            stderr=log,
        )
    try:
        url = f"http://{address}/api/v1"

        def scraped_thrice() -> bool:
            answer = httpx.get(f"{url}/query", params={"query": "count_over_time(up[1m])"})
            found = answer.json()["data"]["result"]
            return bool(found) and float(found[0]["value"][1]) >= 3

        _wait(scraped_thrice, folder / "log")
        yield url
    finally:
        process.terminate()
        process.wait(30)


def _wait(until: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            if until():
                return
        except httpx.TransportError:
            pass
        assert time.monotonic() < deadline, log.read_text("utf-8")
        time.sleep(0.2)


@pytest.mark.model
def test_prometheus_evaluates_every_query_of_the_dashboard(prometheus: str) -> None:
    """All give a result but those about a day ago or about nothing that went wrong."""
    empty = []
    for name, query in QUERIES:
        answer = httpx.get(f"{prometheus}/query", params={"query": query}).json()
        assert answer["status"] == "success", (name, answer)
        if name.startswith("panel ") and not answer["data"]["result"]:
            empty.append(name)
    assert empty in ([], ["panel Errors by kind"])


@pytest.mark.model
def test_prometheus_loads_every_alert_and_none_fires_of_a_healthy_service(prometheus: str) -> None:
    groups = httpx.get(f"{prometheus}/rules").json()["data"]["groups"]
    rules = {rule["name"]: rule for group in groups for rule in group["rules"]}
    assert {f"alert {name}" for name in rules} == {n for n, _ in QUERIES if n.startswith("alert ")}
    assert {rule["health"] for rule in rules.values()} <= {"ok", "unknown"}
    assert {name for name, rule in rules.items() if rule["state"] == "firing"} == set()
