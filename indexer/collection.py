"""How an archive's vectors are kept: compression, graph, shards and replicas.

Frozen values, built once from the environment as part of the archive's settings.
None of them changes what is found but for the last few percent of recall, so none
is part of the recipe. The defaults suit an archive of ten million passages on a
server and a small one in a folder alike; what each costs is in docs/scale.md.
How a store applies them is said in ``stores/``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from indexer.environment import (
    PREFIX,
    FromEnvironment,
    number,
    one_of,
    setting,
    whole_number,
    yes_or_no,
)
from indexer.errors import SettingsError

Quantization = Literal["scalar", "binary", "none"]
ReadConsistency = Literal["auto", "one", "majority", "quorum", "all"]


@dataclass(frozen=True)
class CollectionSettings(FromEnvironment):
    """How vectors are kept and searched.

    ``quantization`` keeps a compressed copy of the vectors for searching;
    ``oversampling`` times as many passages as asked for are found with it and
    scored again by their own vectors. ``graph_links`` and ``graph_build`` are *m* and
    *ef_construct* of HNSW (Malkov and Yashunin 2016), ``graph_search`` its *ef*.

    The rest is for a Qdrant server: how many ``shards`` a collection has and how
    many ``replicas`` of each, on how many of them a write must have arrived
    (``write_consistency``) and how many are asked when reading
    (``read_consistency``), whether the vectors themselves stay on disk, and how
    many times a request is sent again after a failure that passes (``retries``).
    """

    quantization: Quantization = setting("QUANTIZATION", "scalar", one_of(*get_args(Quantization)))
    oversampling: float = setting("OVERSAMPLING", 2.0, number(1, 100))
    graph_links: int = setting("GRAPH_LINKS", 32, whole_number(4))
    graph_build: int = setting("GRAPH_BUILD", 200, whole_number(8))
    graph_search: int = setting("GRAPH_SEARCH", 256, whole_number(8))
    shards: int = setting("SHARDS", 6, whole_number(1))
    replicas: int = setting("REPLICAS", 1, whole_number(1))
    write_consistency: int = setting("WRITE_CONSISTENCY", 1, whole_number(1))
    read_consistency: ReadConsistency = setting(
        "READ_CONSISTENCY", "auto", one_of(*get_args(ReadConsistency))
    )
    vectors_on_disk: bool = setting("VECTORS_ON_DISK", True, yes_or_no)
    retries: int = setting("RETRIES", 4, whole_number(0))

    def __post_init__(self) -> None:
        if self.write_consistency > self.replicas:
            raise SettingsError(
                f"{PREFIX}WRITE_CONSISTENCY is {self.write_consistency}, more than the "
                f"{self.replicas} of {PREFIX}REPLICAS: a write could never succeed; "
                "lower the one or raise the other"
            )
