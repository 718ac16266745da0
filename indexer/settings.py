"""Settings of the archive: frozen values, built once from an environment mapping.

Nothing below the command line and the ASGI entry reads the environment. The
service adds its own settings (``service/settings.py``) and is the one to refuse
unknown names under our prefix, since only it knows them all.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from platformdirs import user_cache_path

from indexer.collection import CollectionSettings
from indexer.environment import (
    PREFIX,
    FromEnvironment,
    number,
    one_of,
    setting,
    settings_of,
    whole_number,
    yes_or_no,
)

__all__ = [
    "PREFIX",
    "VERSIONS_KEPT",
    "ArchiveSettings",
    "Backend",
    "DataType",
    "FromEnvironment",
    "number",
    "one_of",
    "setting",
    "settings_of",
    "whole_number",
    "yes_or_no",
]

DataType = Literal["auto", "float32", "bfloat16", "float16", "int8"]
Backend = Literal["auto", "onnx", "torch"]

#: How many replaced texts of an article are kept.
VERSIONS_KEPT = 20


@dataclass(frozen=True)
class ArchiveSettings(FromEnvironment):
    """Where the archive is and how it is built.

    ``model``, ``passage_tokens`` and ``passage_overlap`` are None unless asked for:
    an index that exists decides them by its recipe. ``versions_kept`` is how many
    replaced texts of an article stay, for citations of them. ``ray`` is the address of
    a Ray cluster to prepare articles on, ``local`` for one on this machine, with
    ``ray_embedders`` copies of the model, 0 for as many as fit.
    """

    index: Path = setting("INDEX", Path(".fundstelle"), Path)
    archive: str = setting("ARCHIVE", "default")
    cache: Path = setting("CACHE", lambda: user_cache_path("fundstelle"), Path)
    model: str | None = setting("MODEL", None)
    passage_tokens: int | None = setting("PASSAGE_TOKENS", None, whole_number(16))
    passage_overlap: int | None = setting("PASSAGE_OVERLAP", None, whole_number(0))
    versions_kept: int = setting("VERSIONS_KEPT", VERSIONS_KEPT, whole_number(0))
    data_type: DataType = setting("DTYPE", "auto", one_of(*get_args(DataType)))
    backend: Backend = setting("BACKEND", "auto", one_of(*get_args(Backend)))
    device: str | None = setting("DEVICE", None)
    threads: int = setting("THREADS", 0, whole_number(0))
    qdrant_url: str | None = setting("QDRANT_URL", None)
    qdrant_api_key: str | None = setting("QDRANT_API_KEY", None, secret=True)
    qdrant_grpc: bool = setting("QDRANT_GRPC", False, yes_or_no)
    qdrant_timeout: int = setting("QDRANT_TIMEOUT", 30, whole_number(1))
    ray: str | None = setting("RAY", None)
    ray_embedders: int = setting("RAY_EMBEDDERS", 0, whole_number(0))
    collection: CollectionSettings = settings_of(CollectionSettings)
