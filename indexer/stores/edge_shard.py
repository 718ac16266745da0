"""What a shard of Qdrant Edge is made with: vectors, graph, compression, payload indexes.

All of it can change when a shard is opened, and takes effect with its next
``optimize``. A segment below the indexing threshold (about 7,000 passages of 384
numbers) has neither graph nor compressed vectors: it is searched exactly.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import qdrant_edge as edge

from indexer.collection import CollectionSettings
from indexer.points import DENSE, INDEXED
from indexer.recipe import Recipe

# Full segments are left alone and small ones merged, so that a day's articles don't cause the
# graph of a million to be built again. More segments also mean more to search.
_SEGMENTS = 6
_LARGEST_SEGMENT_KB = 1_000_000
_FULL_SCAN_KB = 10_000
_QUANTILE = 0.99
# Where a filter leaves less than this share of a segment, neighbours of neighbours are looked at
# (ACORN-1, Patel et al. 2024). The engine's other way, links for each value of each indexed field
# (``payload_m``), is off; whether it would be worth its memory has not been measured.
_SELECTIVE = 0.4

# Of terms, and of payload fields with many values, the file is what is searched: about as quick
# as a copy on the heap while it is in the page cache, and nothing to load when a shard is opened.
_MAPPED = edge.Memory.Cached
# What most filters ask for, and has few or short values, stays on the heap.
_ON_HEAP = {
    "kind": edge.PayloadSchemaType.Keyword,
    "language": edge.PayloadSchemaType.Keyword,
    "published": edge.PayloadSchemaType.Integer,
}


def shard_config(
    recipe: Recipe, settings: CollectionSettings, sparse: Iterable[str] = ()
) -> edge.EdgeConfig:
    """The configuration of a shard, new or opened again with the ``sparse`` vectors it has."""
    return edge.EdgeConfig(
        vectors={DENSE: edge.EdgeVectorParams(recipe.dimension, edge.Distance.Cosine)},
        sparse_vectors={
            name: edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf, memory=_MAPPED)
            for name in sparse
        },
        quantization_config=_quantization(settings),
        hnsw_config=edge.HnswIndexConfig(
            settings.graph_links, settings.graph_build, _FULL_SCAN_KB, payload_m=0
        ),
        optimizers=edge.EdgeOptimizersConfig(
            default_segment_number=_SEGMENTS, max_segment_size=_LARGEST_SEGMENT_KB
        ),
    )


def sparse_names(shard: Path) -> set[str]:
    """The sparse vectors that a shard has; Edge keeps them in a file but has no call for them."""
    config = json.loads((shard / "edge_config.json").read_text("utf-8"))
    return set(config.get("sparse_vectors", {}))


def payload_indexes() -> list[edge.UpdateOperation]:
    """The operations that create the payload indexes."""
    return [
        edge.UpdateOperation.create_field_index(
            field, _ON_HEAP.get(field) or edge.KeywordIndexParams(memory=_MAPPED)
        )
        for field in INDEXED
    ]


def dense_search(settings: CollectionSettings) -> edge.SearchParams:
    """How the nearest vectors are looked for: by compressed ones first, then by their own."""
    return edge.SearchParams(
        hnsw_ef=settings.graph_search,
        quantization=edge.QuantizationSearchParams(
            rescore=True, oversampling=settings.oversampling
        ),
        acorn=edge.AcornSearchParams(enable=True, max_selectivity=_SELECTIVE),
    )


def exact_search() -> edge.SearchParams:
    """Every vector, at full precision."""
    return edge.SearchParams(exact=True, quantization=edge.QuantizationSearchParams(ignore=True))


def _quantization(
    settings: CollectionSettings,
) -> edge.ScalarQuantizationConfig | edge.BinaryQuantizationConfig | None:
    if settings.quantization == "scalar":
        return edge.ScalarQuantizationConfig(
            edge.ScalarType.Int8, quantile=_QUANTILE, memory=edge.Memory.Pinned
        )
    if settings.quantization == "binary":
        return edge.BinaryQuantizationConfig(memory=edge.Memory.Pinned)
    return None
