"""``/read/{article_id}``: an article as a page, with the place that a link points at marked.

Rendered here and free of scripts that it needs: the text is shown as text, and all of
it, so that the page's characters are the article's.
"""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urlsplit

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Template

from indexer.article import Span
from indexer.store import StoredArticle
from service.api.admission import READ
from service.api.article_path import article_id_in
from service.engine import Engine
from service.errors import QuestionError
from service.web.highlight import Highlight, highlight
from service.web.rendering import AnyRequest, problem_page, rendered, words_for
from service.web.wording import Wording
from service.workers import Workers

_ROUTE = b"/read/"


@get("/read/{article_id:path}", opt=READ)
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
    words = words_for(request)
    if article_id not in found:
        detail = words.say("missing_detail", article_id)
        return problem_page(request, 404, words.say("missing"), detail)
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
    return rendered(
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
