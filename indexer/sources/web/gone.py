"""Articles whose page is no more: 404, 410, or moved for good to another article.

Only asked for with ``--prune``. A page that fails in any other way is still there,
and so is one that a feed merely no longer lists.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

import httpx

from indexer.errors import FetchError, SourceError
from indexer.sources.web import urls
from indexer.sources.web.fetcher import Fetcher
from indexer.sources.web.parallel import in_order
from indexer.sources.web.reading import WebReading


def gone_articles(known: Iterable[str], reading: WebReading, fetcher: Fetcher) -> Iterator[str]:
    """Ids of articles, among those ``known`` of the sites read, whose page is no more.

    Those that ``reading`` found missing come without asking. Of the others that it did
    not reach, those are looked for that were last looked for longest ago; none on a site
    one of whose sources failed, since such a site may well call everything missing.
    """
    ids = set(known)
    yield from sorted(ids & reading.gone)
    failing = {urls.origin(httpx.URL(name)) for name in reading.failures}
    left = sorted(
        (
            article_id
            for article_id in ids - reading.gone - reading.reached
            if urls.is_page(article_id) and urls.origin(httpx.URL(article_id)) not in failing
        ),
        key=lambda i: (fetcher.cache.checked_at(i), i),
    )
    asked = left[: fetcher.settings.prune_checks]
    answers = in_order(
        asked,
        lambda i: urls.origin(httpx.URL(i)),
        lambda i: _is_gone(i, ids, fetcher),
        threads=fetcher.settings.hosts,
        stopping=fetcher.stopping,
    )
    for article_id, gone in zip(asked, answers, strict=False):  # it may be stopped
        if gone:
            yield article_id


def _is_gone(article_id: str, ids: set[str], fetcher: Fetcher) -> bool:
    fetcher.cache.note_check(article_id, time.time())
    try:
        now_at = urls.canonical(fetcher.locate(urls.parse(article_id)))
    except FetchError as error:
        return error.gone
    except SourceError:
        return False
    return now_at != article_id and now_at in ids
