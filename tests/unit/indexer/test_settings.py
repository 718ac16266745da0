"""Settings: from an environment mapping, and errors that name the variable."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from pathlib import Path
from typing import Any

import pytest

from indexer.errors import SettingsError
from indexer.settings import PREFIX, ArchiveSettings


def read(**environment: str) -> ArchiveSettings:
    return ArchiveSettings.from_environment(
        {f"{PREFIX}{name}": value for name, value in environment.items()}
    )


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = ArchiveSettings.from_environment({})
    assert settings == ArchiveSettings()
    assert settings.index == Path(".fundstelle")
    assert settings.archive == "default"
    assert settings.cache.name == "fundstelle"
    assert (settings.model, settings.passage_tokens, settings.passage_overlap) == (None,) * 3
    assert (settings.qdrant_url, settings.qdrant_api_key) == (None, None)


@pytest.mark.parametrize(
    ("variable", "text", "name", "value"),
    [
        ("INDEX", "/data/ä b", "index", Path("/data/ä b")),
        ("ARCHIVE", "bote", "archive", "bote"),
        ("CACHE", "/cache", "cache", Path("/cache")),
        ("MODEL", "intfloat/multilingual-e5-base", "model", "intfloat/multilingual-e5-base"),
        ("PASSAGE_TOKENS", "16", "passage_tokens", 16),
        ("PASSAGE_OVERLAP", "0", "passage_overlap", 0),
        ("VERSIONS_KEPT", "0", "versions_kept", 0),
        ("DTYPE", "bfloat16", "data_type", "bfloat16"),
        ("DEVICE", "cuda:1", "device", "cuda:1"),
        ("THREADS", "4", "threads", 4),
        ("QDRANT_URL", "http://127.0.0.1:6333", "qdrant_url", "http://127.0.0.1:6333"),
        ("QDRANT_API_KEY", "k", "qdrant_api_key", "k"),
        ("QDRANT_GRPC", "yes", "qdrant_grpc", True),
        ("QDRANT_GRPC", "False", "qdrant_grpc", False),
        ("QDRANT_TIMEOUT", "5", "qdrant_timeout", 5),
    ],
)
def test_each_variable_sets_its_field(variable: str, text: str, name: str, value: Any) -> None:
    settings = read(**{variable: text})
    assert getattr(settings, name) == value
    others = [f.name for f in fields(settings) if f.name != name]
    defaults = ArchiveSettings()
    assert all(getattr(settings, other) == getattr(defaults, other) for other in others)


def test_every_variable_is_listed() -> None:
    assert ArchiveSettings.variables() == {
        f"{PREFIX}{name}"
        for name in (
            *("INDEX", "ARCHIVE", "CACHE", "MODEL", "PASSAGE_TOKENS", "PASSAGE_OVERLAP", "DTYPE"),
            *("BACKEND", "DEVICE", "THREADS", "QDRANT_URL", "QDRANT_API_KEY", "QDRANT_GRPC"),
            *("QDRANT_TIMEOUT", "QUANTIZATION", "OVERSAMPLING", "GRAPH_LINKS", "GRAPH_BUILD"),
            *("GRAPH_SEARCH", "SHARDS", "REPLICAS", "WRITE_CONSISTENCY", "READ_CONSISTENCY"),
            *("VECTORS_ON_DISK", "RETRIES", "VERSIONS_KEPT", "RAY", "RAY_EMBEDDERS"),
        )
    }


@pytest.mark.parametrize(
    ("variable", "text", "reason"),
    [
        ("PASSAGE_TOKENS", "15", "at least 16"),
        ("PASSAGE_TOKENS", "many", "invalid literal"),
        ("PASSAGE_TOKENS", "32.5", "invalid literal"),
        ("PASSAGE_OVERLAP", "-1", "at least 0"),
        ("DTYPE", "int4", "one of auto, float32, bfloat16, float16, int8"),
        ("BACKEND", "jax", "one of auto, onnx, torch"),
        ("THREADS", "-2", "at least 0"),
        ("QDRANT_GRPC", "maybe", "yes or no"),
        ("QDRANT_TIMEOUT", "0", "at least 1"),
    ],
)
def test_a_value_that_can_not_be_is_named_with_its_variable(
    variable: str, text: str, reason: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        read(**{variable: text})
    assert f"{PREFIX}{variable}={text!r}" in str(caught.value)
    assert reason in str(caught.value)


def test_an_empty_variable_is_not_set() -> None:
    assert read(PASSAGE_TOKENS="", QDRANT_URL="", DTYPE="") == ArchiveSettings()


def test_what_is_given_goes_before_the_environment() -> None:
    environment = {f"{PREFIX}ARCHIVE": "from-environment", f"{PREFIX}THREADS": "nonsense"}
    settings = ArchiveSettings.from_environment(
        environment, archive="given", threads=0, qdrant_url=None
    )
    assert (settings.archive, settings.threads, settings.qdrant_url) == ("given", 0, None)


def test_none_given_leaves_the_environment() -> None:
    settings = ArchiveSettings.from_environment({f"{PREFIX}MODEL": "m"}, model=None)
    assert settings.model == "m"


def test_variables_of_others_are_not_read() -> None:
    assert ArchiveSettings.from_environment({"INDEX": "/x", "fundstelle_index": "/x"}) == (
        ArchiveSettings()
    )


def test_a_secret_is_never_printed() -> None:
    settings = read(QDRANT_API_KEY="hunter2-secret", QDRANT_URL="http://q")
    assert settings.qdrant_api_key == "hunter2-secret"
    assert "hunter2" not in repr(settings)
    assert "hunter2" not in f"{settings}"
    assert "http://q" in repr(settings)


def test_settings_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        ArchiveSettings().archive = "x"  # type: ignore[misc]
