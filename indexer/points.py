"""How articles and passages are written as points: ids and payloads.

Both stores hold the very same points, so that what one wrote another can take
over. Nothing here talks to a store.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from indexer.article import Article, Passage, Span
from indexer.errors import StoreError
from indexer.lexical import SparseVector
from indexer.signature import sign
from indexer.store import Candidate, PassagePoint, Payload, StoredArticle, Superseded

DENSE, SPARSE = "dense", "bm25"
METADATA = ("outlet", "author", "section", "tags")

#: Payload fields that are filtered on, with the type of their index.
INDEXED = {
    "kind": "keyword",
    "article_id": "keyword",
    "language": "keyword",
    "source_root": "keyword",
    "published": "integer",
    **dict.fromkeys(METADATA, "keyword"),
}


def sparse_name(language: str | None) -> str:
    """The vector that holds a passage's terms: one a language, so that each counts its own.

    A store works the inverse document frequency out over a whole vector name at
    no cost, but over a filter only by walking all that match it.
    """
    return SPARSE if language is None else f"{SPARSE}-{language}"


_NAMESPACE = uuid.UUID("7f3c5f0e-52f3-5d0c-9d8e-3b7c1f0a2d64")
_ARTICLE, _PASSAGE, _SUPERSEDED, _JOURNAL = "article", "passage", "superseded", "journal"


def article_point_id(article_id: str) -> str:
    """The id of an article's own point."""
    return str(uuid.uuid5(_NAMESPACE, f"{_ARTICLE}\0{article_id}"))


def passage_point_id(article_id: str, version: str, ordinal: int) -> str:
    """The id of a passage: another version of an article never overwrites it."""
    return str(uuid.uuid5(_NAMESPACE, f"{_PASSAGE}\0{version}\0{ordinal}\0{article_id}"))


def passage_point_ids(stored: StoredArticle) -> list[str]:
    """The ids of all passages of a committed version, in their order."""
    ordinals = range(stored.passages)
    return [passage_point_id(stored.article.id, stored.version, ordinal) for ordinal in ordinals]


def superseded_point_id(version: Superseded) -> str:
    """The id of a text that was replaced."""
    name = f"{_SUPERSEDED}\0{version.content_sha256}\0{version.article_id}"
    return str(uuid.uuid5(_NAMESPACE, name))


def journal_point_id(writer: str) -> str:
    """The id of a writer's journal."""
    return str(uuid.uuid5(_NAMESPACE, f"{_JOURNAL}\0{writer}"))


def published_seconds(published_at: str | None) -> int | None:
    """Seconds since 1970 UTC of an ISO 8601 date (its first second) or date-time."""
    if published_at is None:
        return None
    if len(published_at) == 10:
        moment = datetime.combine(date.fromisoformat(published_at), time(), UTC)
    else:
        moment = datetime.fromisoformat(published_at)
    return int(moment.timestamp())


def article_payload(article: Article, passages: int) -> Payload:
    """The payload of an article's own point."""
    signature = sign(article)
    return {
        "kind": _ARTICLE,
        "article_id": article.id,
        "version": article.version,
        "content_sha256": article.content_sha256,
        "passages": passages,
        "indexed_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "text": article.text,
        "title": article.title,
        "published_at": article.published_at,
        "url": article.url,
        "body_start": article.body_start,
        "title_span": article.title_span,
        "source_root": article.source_root,
        "source": article.source,
        **({"signature": signature} if signature else {}),
        **_filterable(article),
    }


def stored_article(payload: Mapping[str, Any]) -> StoredArticle:
    """The article that a payload of ``article_payload`` describes; its text may be left out.

    Raises StoreError where the text is not the one that was stored: offsets into it mean nothing.
    """
    span = payload.get("title_span")
    article = Article(
        id=payload["article_id"],
        text=payload.get("text", ""),
        title=payload.get("title"),
        published_at=payload.get("published_at"),
        url=payload.get("url"),
        language=payload.get("language"),
        metadata={key: payload[key] for key in METADATA if key in payload},
        body_start=payload["body_start"],
        title_span=Span(*span) if span else None,
        source_root=payload["source_root"],
        source=payload["source"],
    )
    if "text" in payload and article.content_sha256 != payload["content_sha256"]:
        raise StoreError(
            f"the text of the article {article.id!r} is damaged in the index; restore a backup "
            "(fundstelle restore FILE), or remove the article and index it again"
        )
    return StoredArticle(
        article=article,
        version=payload["version"],
        content_sha256=payload["content_sha256"],
        passages=payload["passages"],
        indexed_at=payload["indexed_at"],
        signature=payload.get("signature"),
    )


def passage_payload(point: PassagePoint) -> Payload:
    """The payload of a passage."""
    return {
        "kind": _PASSAGE,
        "article_id": point.article.id,
        "version": point.article.version,
        "ordinal": point.passage.ordinal,
        "start": point.passage.start,
        "end": point.passage.end,
        "text": point.passage.text,
        **_filterable(point.article),
    }


def stored_passage(
    article: Article, payload: Mapping[str, Any], dense: Sequence[float], sparse: SparseVector
) -> PassagePoint:
    """The passage that a payload of ``passage_payload`` and its vectors describe."""
    passage = Passage(
        article_id=payload["article_id"],
        ordinal=payload["ordinal"],
        start=payload["start"],
        end=payload["end"],
        text=payload["text"],
    )
    return PassagePoint(article, passage, dense, sparse)


def superseded_payload(version: Superseded) -> Payload:
    """The payload of a text that was replaced."""
    return {
        "kind": _SUPERSEDED,
        "article_id": version.article_id,
        "content_sha256": version.content_sha256,
        "text": version.text,
        "superseded_at": version.at,
    }


def superseded_versions(payloads: Iterable[Mapping[str, Any]]) -> list[Superseded]:
    """What payloads of ``superseded_payload`` describe, the newest first."""
    versions = [
        Superseded(p["article_id"], p["content_sha256"], p["text"], p["superseded_at"])
        for p in payloads
    ]
    return sorted(versions, key=lambda version: version.at, reverse=True)


def candidate(payload: Mapping[str, Any], dense: float, lexical: float | None) -> Candidate:
    """A found passage, from its payload and its scores."""
    return Candidate(
        article_id=payload["article_id"],
        version=payload["version"],
        ordinal=payload["ordinal"],
        start=payload["start"],
        end=payload["end"],
        text=payload["text"],
        language=payload.get("language"),
        dense=dense,
        lexical=lexical,
    )


def journal_payload(article_ids: Sequence[str], writer: str) -> Payload:
    """The payload of a writer's journal."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return {"kind": _JOURNAL, "articles": list(article_ids), "writer": writer, "at": now}


def _filterable(article: Article) -> Payload:
    """What filters ask for, alike on an article and its passages; absent keys match no filter."""
    fields = {
        "language": article.language,
        "published": published_seconds(article.published_at),
        **{key: article.metadata.get(key) for key in METADATA},
    }
    return {key: value for key, value in fields.items() if value is not None}
