"""What a Qdrant server is asked: filters as conditions, and how vectors are looked for.

Which questions make up a search is left to ``server.py``.
"""

from __future__ import annotations

from qdrant_client import models

from indexer.collection import CollectionSettings
from indexer.store import ArticleFilter

_SELECTIVE = 0.4  # see edge_shard.py


def dense_search(settings: CollectionSettings) -> models.SearchParams:
    """How the nearest vectors are looked for: by compressed ones first, then by their own."""
    return models.SearchParams(
        hnsw_ef=settings.graph_search,
        quantization=models.QuantizationSearchParams(
            rescore=True, oversampling=settings.oversampling
        ),
        acorn=models.AcornSearchParams(enable=True, max_selectivity=_SELECTIVE),
    )


def exact_search() -> models.SearchParams:
    """Every vector, at full precision."""
    ignored = models.QuantizationSearchParams(ignore=True)
    return models.SearchParams(exact=True, quantization=ignored)


def equals(field: str, value: str) -> models.FieldCondition:
    """Points that have this value."""
    return models.FieldCondition(key=field, match=models.MatchValue(value=value))


def conditions(wanted: ArticleFilter) -> list[models.Condition]:
    """All of which an article's points must meet."""
    found: list[models.Condition] = [
        equals(key, value) for key, value in (wanted.metadata or {}).items()
    ]
    if wanted.languages:
        languages = models.MatchAny(any=list(wanted.languages))
        found.append(models.FieldCondition(key="language", match=languages))
    if (wanted.published_from, wanted.published_until) != (None, None):
        between = models.Range(gte=wanted.published_from, lt=wanted.published_until)
        found.append(models.FieldCondition(key="published", range=between))
    return found
