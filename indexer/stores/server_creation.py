"""What a collection on a Qdrant server is made with: vectors, shards, payload indexes.

Settled when a collection is made; a server changes some of it later
(``docs/scale.md``). Talking to the server about points is left to ``server.py``.
"""

from __future__ import annotations

from qdrant_client import QdrantClient, models

from indexer.collection import CollectionSettings
from indexer.points import DENSE, INDEXED
from indexer.recipe import Recipe

_QUANTILE = 0.99

# As many values as there are articles, and asked for only while writing: not worth memory.
_ON_DISK = ("article_id", "version", "source_root")


def create_collection(
    client: QdrantClient, name: str, recipe: Recipe, settings: CollectionSettings
) -> None:
    """Make a collection, empty but for its payload indexes; what is there already is kept."""
    if not client.collection_exists(name):
        client.create_collection(
            name,
            vectors_config={
                DENSE: models.VectorParams(
                    size=recipe.dimension,
                    distance=models.Distance.COSINE,
                    on_disk=settings.vectors_on_disk,
                )
            },
            sparse_vectors_config={},  # one a language, as they come
            shard_number=settings.shards,
            replication_factor=settings.replicas,
            write_consistency_factor=settings.write_consistency,
            on_disk_payload=True,
            hnsw_config=models.HnswConfigDiff(
                m=settings.graph_links, ef_construct=settings.graph_build, payload_m=0
            ),
            quantization_config=_quantization(settings),
        )
    for field, schema in payload_indexes().items():
        client.create_payload_index(name, field, schema, wait=True)


def payload_indexes() -> dict[str, models.PayloadSchemaType | models.KeywordIndexParams]:
    """The fields that are filtered on. ``version`` and ``at`` are asked for while writing."""
    kinds = {
        "keyword": models.PayloadSchemaType.KEYWORD,
        "integer": models.PayloadSchemaType.INTEGER,
        "datetime": models.PayloadSchemaType.DATETIME,
    }
    fields = {**INDEXED, "version": "keyword", "at": "datetime"}
    on_disk = models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, on_disk=True)
    return {field: on_disk if field in _ON_DISK else kinds[kind] for field, kind in fields.items()}


def add_language(client: QdrantClient, collection: str, name: str) -> None:
    """Add the sparse vector of a language; nothing happens where it is there already."""
    terms = models.SparseVectorConfig(modifier=models.Modifier.IDF)
    client.create_vector_name(collection, name, models.SparseVectorNameConfig(sparse=terms))


def _quantization(
    settings: CollectionSettings,
) -> models.ScalarQuantization | models.BinaryQuantization | None:
    if settings.quantization == "scalar":
        return models.ScalarQuantization(
            scalar=models.ScalarQuantizationConfig(
                type=models.ScalarType.INT8, quantile=_QUANTILE, always_ram=True
            )
        )
    if settings.quantization == "binary":
        return models.BinaryQuantization(binary=models.BinaryQuantizationConfig(always_ram=True))
    return None
