"""Which replaced texts of an article are kept, so that citations of them can be followed.

Called before a new version is committed. Following a citation is left to
``service/verification.py``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from indexer.article import Article
from indexer.store import PassageStore, StoredArticle, Superseded


def keep_replaced(
    store: PassageStore,
    articles: Iterable[Article],
    stored: Mapping[str, StoredArticle],
    *,
    limit: int,
) -> None:
    """Keep the texts that these articles replace, and no more than ``limit`` of each article.

    ``stored`` are the committed versions by id. Where only the date or the like changed,
    there is nothing to keep.
    """
    rewritten = [
        article.id
        for article in articles
        if article.id in stored and stored[article.id].content_sha256 != article.content_sha256
    ]
    if not rewritten:
        return
    if limit:
        newest: dict[str, str] = {}
        for version in store.superseded(rewritten):
            newest.setdefault(version.article_id, version.at)
        store.keep_superseded(
            Superseded(
                s.article.id, s.content_sha256, s.article.text, _after(newest.get(s.article.id))
            )
            for s in store.articles(rewritten).values()
        )
    kept: Counter[str] = Counter()
    surplus = []
    for version in store.superseded(rewritten):  # the newest of each first
        kept[version.article_id] += 1
        if kept[version.article_id] > limit:
            surplus.append(version)
    store.drop_superseded(surplus)


def _after(newest: str | None) -> str:
    """Now, or just after the newest of before where the clock was set back since.

    The order decides which texts are dropped.
    """
    now = datetime.now(UTC)
    if newest is not None:
        now = max(now, datetime.fromisoformat(newest) + timedelta(microseconds=1))
    return now.isoformat()
