"""``/read/{article_id}``: an article as a page, with the place that a link points at marked.

Rendered here and free of scripts that it needs: the text is shown as text, and all of
it, so that the page's characters are the article's.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from litestar.params import FromQuery
from litestar.response import Template

from indexer.article import Span
from indexer.errors import FundstelleError
from indexer.store import StoredArticle
from service.api.article_path import article_id_in
from service.engine import Engine
from service.errors import QuestionError
from service.web.headers import HEADERS
from service.web.highlight import Highlight, highlight
from service.web.wording import Wording, wording
from service.workers import Workers

_LOG = logging.getLogger(__name__)
_ROUTE = b"/read/"
_CACHING = {"Cache-Control": "no-cache", "Vary": "Accept-Language"}

AnyRequest = Request[Any, Any, Any]


@get("/read/{article_id:path}")
async def read(
    request: AnyRequest,
    engine: NamedDependency[Engine],
    workers: NamedDependency[Workers],
    start: FromQuery[str | None] = None,
    end: FromQuery[str | None] = None,
    content_sha256: FromQuery[str | None] = None,
) -> Template:
    """The article. A place that it does not have is said to be missing, and no error."""
    article_id = article_id_in(request, _ROUTE)
    found = await workers.run(engine.articles, [article_id])
    words = _wording(request)
    if article_id not in found:
        detail = words.say("missing_detail", article_id)
        return _problem(request, 404, words.say("missing"), detail)
    stored = found[article_id]
    article, marked = stored.article, highlight(stored, start, end, content_sha256)
    notice = None
    if marked.cited is not None and content_sha256 is not None:
        cited, version = marked.cited, content_sha256
        with suppress(QuestionError):  # a link to a place that the version cited does not have
            held = await workers.run(engine.verify, article_id, cited, version)
            if held.start is not None and held.end is not None:
                marked = Highlight(Span(held.start, held.end), problem="moved")
    if marked.problem is not None:
        notice = words.say(marked.problem, start or "?", end or "?", len(article.text))
    first, last = marked.span or (len(article.text), len(article.text))
    # What stands before the prose is the file's header line, which the page shows as a headline.
    head = min(article.body_start, first)
    return _template(
        request,
        "reader.html",
        article=article,
        facts=_facts(stored, words),
        url=_web_address(article.url),
        notice=notice,
        head=article.text[:head],
        before=article.text[head:first],
        marked=article.text[first:last],
        after=article.text[last:],
    )


def failed(request: AnyRequest, error: Exception) -> Template:
    """The page of an error; what went wrong inside is logged, not shown."""
    words = _wording(request)
    if isinstance(error, HTTPException):
        return _problem(request, error.status_code, words.say("failed"), error.detail)
    _LOG.error("a page failed", exc_info=error)
    detail = str(error) if isinstance(error, FundstelleError) else ""
    return _problem(request, 500, words.say("failed"), detail)


def _problem(request: AnyRequest, status: int, title: str, detail: str) -> Template:
    return _template(request, "problem.html", status, title=title, detail=detail)


def _template(request: AnyRequest, name: str, status: int = 200, **context: Any) -> Template:
    depth = request.scope["raw_path"].partition(_ROUTE)[2].count(b"/") + 1
    return Template(
        name,
        # Relative, so that the page also works where a proxy puts a path before ours.
        context={"words": _wording(request), "root": "../" * depth, **context},
        status_code=status,
        headers=HEADERS | _CACHING,
    )


def _wording(request: AnyRequest) -> Wording:
    asked = request.query_params.get("ui")
    return wording(asked, request.headers.get("accept-language", ""))


def _facts(stored: StoredArticle, words: Wording) -> list[str]:
    """The line over the headline: who published it, in which part of the paper, in what tongue."""
    article, metadata = stored.article, stored.article.metadata
    named = [metadata.get(key) for key in ("outlet", "section")]
    language = words.language_name(article.language) if article.language else None
    return [str(fact) for fact in (*named, language) if fact]


def _web_address(url: str | None) -> str | None:
    """The address where it is one that can be followed safely."""
    try:
        return url if url and urlsplit(url).scheme in ("http", "https") else None
    except ValueError:
        return None
