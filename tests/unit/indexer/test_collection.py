"""How vectors are kept: read from the environment, and refused where it can't work."""

from __future__ import annotations

from typing import Any

import pytest

from indexer.collection import CollectionSettings
from indexer.environment import PREFIX
from indexer.errors import SettingsError
from indexer.settings import ArchiveSettings


def read(**environment: str) -> CollectionSettings:
    named = {f"{PREFIX}{name}": value for name, value in environment.items()}
    return ArchiveSettings.from_environment(named).collection


def test_an_empty_environment_gives_the_defaults() -> None:
    assert read() == CollectionSettings()


@pytest.mark.parametrize(
    ("variable", "text", "name", "value"),
    [
        ("QUANTIZATION", "binary", "quantization", "binary"),
        ("OVERSAMPLING", "3.5", "oversampling", 3.5),
        ("GRAPH_LINKS", "32", "graph_links", 32),
        ("GRAPH_BUILD", "200", "graph_build", 200),
        ("GRAPH_SEARCH", "64", "graph_search", 64),
        ("SHARDS", "12", "shards", 12),
        ("REPLICAS", "3", "replicas", 3),
        ("READ_CONSISTENCY", "all", "read_consistency", "all"),
        ("VECTORS_ON_DISK", "no", "vectors_on_disk", False),
        ("RETRIES", "0", "retries", 0),
    ],
)
def test_each_variable_sets_its_field(variable: str, text: str, name: str, value: Any) -> None:
    assert getattr(read(**{variable: text}), name) == value


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("QUANTIZATION", "int8"),
        ("OVERSAMPLING", "0.5"),
        ("OVERSAMPLING", "nan"),
        ("GRAPH_LINKS", "3"),
        ("SHARDS", "0"),
        ("REPLICAS", "0"),
        ("READ_CONSISTENCY", "two"),
        ("RETRIES", "-1"),
    ],
)
def test_a_value_that_can_not_be_used_names_its_variable(variable: str, text: str) -> None:
    with pytest.raises(SettingsError, match=f"{PREFIX}{variable}='{text}' can't be used"):
        read(**{variable: text})


def test_a_write_can_not_wait_for_more_replicas_than_there_are() -> None:
    with pytest.raises(SettingsError, match=r"WRITE_CONSISTENCY is 3, more than the 2 of .*REPLIC"):
        read(REPLICAS="2", WRITE_CONSISTENCY="3")
    assert read(REPLICAS="3", WRITE_CONSISTENCY="2").write_consistency == 2
