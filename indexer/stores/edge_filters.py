"""Which points of Qdrant Edge count: an archive's filters as the engine's conditions."""

from __future__ import annotations

import qdrant_edge as edge

from indexer.store import ArticleFilter


def equals(field: str, value: str) -> edge.FieldCondition:
    """Points that have this value."""
    return edge.FieldCondition(field, match=edge.MatchValue(value))


def conditions(wanted: ArticleFilter) -> list[edge.FieldCondition]:
    """All of which an article's points must meet."""
    found = [equals(key, value) for key, value in (wanted.metadata or {}).items()]
    if wanted.languages:
        found.append(edge.FieldCondition("language", match=edge.MatchAny(list(wanted.languages))))
    if (wanted.published_from, wanted.published_until) != (None, None):
        between = edge.RangeFloat(gte=wanted.published_from, lt=wanted.published_until)
        found.append(edge.FieldCondition("published", range=between))
    return found
