"""How an article is shown: what HTTP serves and the command line reads of it."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

import msgspec

from indexer.store import StoredArticle


class ArticleHead(msgspec.Struct, frozen=True, kw_only=True):
    """An article without its text."""

    article_id: str
    title: str | None
    url: str | None
    published_at: str | None
    language: str | None
    content_sha256: str
    passages: int
    indexed_at: str
    source_root: str
    source: str
    metadata: dict[str, Any]


class FullArticle(ArticleHead, frozen=True, kw_only=True):
    """An article with its text, to which all offsets refer.

    ``body_start`` is where its prose begins, behind the header line of a file.
    """

    text: str
    body_start: int
    offset_unit: str = "codepoint"


def article_head(stored: StoredArticle, *, paths: bool = True) -> ArticleHead:
    """An article without its text; without ``paths``, of the folder it is from only the name."""
    return ArticleHead(**_keys(stored, paths=paths))


def full_article(stored: StoredArticle, *, paths: bool = True) -> FullArticle:
    """An article as it is served."""
    own = stored.article
    return FullArticle(**_keys(stored, paths=paths), text=own.text, body_start=own.body_start)


def _keys(stored: StoredArticle, *, paths: bool) -> dict[str, Any]:
    own = stored.article
    return {
        "article_id": own.id,
        "title": own.title,
        "url": own.url,
        "published_at": own.published_at,
        "language": own.language,
        "content_sha256": stored.content_sha256,
        "passages": stored.passages,
        "indexed_at": stored.indexed_at,
        "source_root": own.source_root if paths else _name_of(own.source_root),
        "source": own.source,
        "metadata": dict(own.metadata),
    }


def _name_of(source_root: str) -> str:
    """The folder's own name; an address, and what stands for no folder, as it is."""
    path = PurePath(source_root)
    return path.name if path.is_absolute() else source_root
