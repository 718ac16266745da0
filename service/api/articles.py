"""``/v1/articles``: what is in the archive, read, written and removed.

Ids may hold any character, percent-encoded in the path, and are taken from the
undecoded path: ``a/b`` and ``a%2Fb`` are the same article, ``a%252Fb`` another.
"""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, delete, get, post
from litestar.di import NamedDependency
from litestar.exceptions import ClientException, NotFoundException
from litestar.params import FromQuery

from indexer.article import Article
from indexer.errors import SourceError
from indexer.sources import Item, read_jsonl
from indexer.store import StoredArticle
from service.api.admission import READ, WRITE
from service.api.article_path import article_id_in
from service.api.sizes import at_once
from service.article_shapes import ArticleHead, FullArticle, article_head, full_article
from service.engine import Engine
from service.media import INTERNAL
from service.workers import Workers

_ROUTE = b"/v1/articles/"
_MOST = 1000


class ArticlePage(msgspec.Struct, frozen=True):
    """Some articles, and the cursor that gives the next ones."""

    articles: list[ArticleHead]
    next_cursor: str | None


@get("/v1/articles", opt=READ, summary="List the articles")
async def articles(
    request: Request[Any, Any, Any],
    engine: NamedDependency[Engine],
    workers: NamedDependency[Workers],
    cursor: FromQuery[str | None] = None,
    limit: FromQuery[int] = 100,
    source_root: FromQuery[str | None] = None,
) -> ArticlePage:
    """A page of articles in no particular but stable order."""
    if not 1 <= limit <= _MOST:
        raise _wrong("limit", f"{limit} is not between 1 and {_MOST}")
    if cursor is not None and not _is_uuid(cursor):
        raise _wrong("cursor", "it is not one that a next_cursor gave")

    def look() -> tuple[list[StoredArticle], str | None]:
        with engine.reading() as archive:
            return archive.store.list_articles(cursor=cursor, limit=limit, source_root=source_root)

    page, following = await workers.run(look)
    paths = request.user.sees_paths
    return ArticlePage([article_head(stored, paths=paths) for stored in page], following)


@get("/v1/articles/{article_id:path}", opt=READ, summary="Read one article")
async def article(
    request: Request[Any, Any, Any],
    engine: NamedDependency[Engine],
    workers: NamedDependency[Workers],
) -> FullArticle:
    """The article with its full text."""
    article_id = article_id_in(request, _ROUTE)
    found = await workers.run(engine.articles, [article_id])
    if article_id not in found:
        raise NotFoundException(detail=f"the archive has no article {article_id!r}")
    return full_article(found[article_id], paths=request.user.sees_paths)


@delete("/v1/articles/{article_id:path}", opt=WRITE, status_code=200, summary="Remove one article")
async def remove_article(
    request: Request[Any, Any, Any],
    engine: NamedDependency[Engine],
    workers: NamedDependency[Workers],
) -> dict[str, Any]:
    """Removes the article with all its passages."""
    article_id = article_id_in(request, _ROUTE)
    outcome = await workers.run(engine.remove, [article_id])
    if not outcome["removed"]:
        raise NotFoundException(detail=f"the archive has no article {article_id!r}")
    return outcome


@post("/v1/articles", opt=WRITE, status_code=200, summary="Add or replace articles")
async def write_articles(
    request: Request[Any, Any, Any],
    engine: NamedDependency[Engine],
    workers: NamedDependency[Workers],
) -> dict[str, Any]:
    """JSON Lines or a JSON array of ``id, text`` and optionally ``title, published_at, url,
    language, outlet, author, section, tags``. What can't be used is reported in ``skipped``.
    """
    body = await request.body()
    if not body.strip():
        raise ClientException(detail="the body is empty; send articles as JSON Lines or an array")
    internal = request.headers.get("content-type", "").partition(";")[0].strip() == INTERNAL
    if internal and not request.user.owner:
        raise ClientException(detail=f"{INTERNAL} is for the command line of the same index")

    def work() -> dict[str, Any]:
        items = _own_articles(body) if internal else read_jsonl(io.BytesIO(body))
        return engine.index(at_once(items, "articles")).to_json(changes=internal)

    return await workers.run(work)


def _own_articles(body: bytes) -> list[Item]:
    items: list[Item] = []
    for number, line in enumerate(body.splitlines(), start=1):
        try:
            items.append(msgspec.json.decode(line, type=Article))
        except (msgspec.MsgspecError, UnicodeDecodeError, SourceError) as error:
            items.append(SourceError("-", str(error), line=number))
    return items


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _wrong(field: str, reason: str) -> ClientException:
    return ClientException(detail=f"{field}: {reason}", extra=[{"key": field, "message": reason}])
