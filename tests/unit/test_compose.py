"""The compose files: parsed and compared with what the program reads. Not run: no Docker here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from indexer.collection import CollectionSettings
from service.settings import refuse_unknown

_REPOSITORY = Path(__file__).parents[2]
_FILES = ("compose.yaml", "compose.cluster.yaml")


def parsed(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((_REPOSITORY / name).read_text("utf-8"))
    return found


@pytest.mark.parametrize("name", _FILES)
def test_a_compose_file_sets_only_variables_that_are_read(name: str) -> None:
    for service in parsed(name)["services"].values():
        refuse_unknown(service.get("environment", {}))


@pytest.mark.parametrize("name", _FILES)
def test_a_service_waits_for_services_and_volumes_that_are_there(name: str) -> None:
    compose = parsed(name)
    for service in compose["services"].values():
        assert set(service.get("depends_on", {})) <= set(compose["services"])
        mounted = {volume.partition(":")[0] for volume in service.get("volumes", [])}
        assert {v for v in mounted if not v.startswith(".")} <= set(compose["volumes"])


@pytest.mark.parametrize("name", _FILES)
def test_ports_are_open_to_this_machine_only(name: str) -> None:
    ports = [p for s in parsed(name)["services"].values() for p in s.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_cluster_has_three_nodes_that_find_each_other() -> None:
    services = parsed("compose.cluster.yaml")["services"]
    nodes = {name: s for name, s in services.items() if s.get("image", "").startswith("qdrant/")}
    assert sorted(nodes) == ["qdrant-1", "qdrant-2", "qdrant-3"]
    for name, node in nodes.items():
        assert node["environment"]["QDRANT__CLUSTER__ENABLED"] == "true"
        assert node["command"][-2:] == ["--uri", f"http://{name}:6335"]
        joins = "--bootstrap" in node["command"]
        assert joins is (name != "qdrant-1")
    assert len({node["volumes"][0] for node in nodes.values()}) == 3


def test_both_compose_files_run_the_same_server() -> None:
    images = {
        service["image"]
        for name in _FILES
        for service in parsed(name)["services"].values()
        if service.get("image", "").startswith("qdrant/")
    }
    assert len(images) == 1


def test_the_settings_of_the_cluster_fit_together() -> None:
    environment = parsed("compose.cluster.yaml")["services"]["fundstelle"]["environment"]
    settings = CollectionSettings.from_environment(environment)
    assert settings.replicas == settings.write_consistency == 2
    assert settings.shards % 3 == 0  # as many on each node
