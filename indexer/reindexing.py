"""The next generation of an archive, filled from the one in use while that is still written.

Goes over both again and again until they hold the same: each pass writes what is new
or changed and removes what is gone, so a pass that was cut off is simply followed by
another. Which generation is in use, and when to switch, is for ``service/renewal.py``.
"""

from __future__ import annotations

from collections.abc import Callable

from indexer.article import Article
from indexer.indexing import Indexer, batches
from indexer.report import Report
from indexer.store import PassageStore, StoredArticle, article_pages

_PAGE = 64


class Reindexing:
    """Brings ``new``, which ``indexer`` writes to, up to date with ``old``."""

    def __init__(self, old: PassageStore, new: PassageStore, indexer: Indexer) -> None:
        self._old = old
        self._new = new
        self._indexer = indexer

    def catch_up(
        self, on_progress: Callable[[int], None] | None = None, *, since: str | None = None
    ) -> int:
        """One pass: how many articles were written or removed.

        ``on_progress`` is told how many articles of the old generation have been looked at.
        ``since`` is when the new generation became the current one (ISO 8601, UTC), for a
        pass after that: what was written to it meanwhile is newer, and stays.
        """
        changed = looked_at = 0
        self._indexer.recover()
        for page in article_pages(self._old, size=_PAGE):
            changed += self._write(page, newer_only=since is not None)
            looked_at += len(page)
            if on_progress:
                on_progress(looked_at)
        for page in article_pages(self._new, size=_PAGE):
            changed += self._remove([s for s in page if since is None or s.indexed_at < since])
        return changed

    def _write(self, page: list[StoredArticle], *, newer_only: bool) -> int:
        there = self._new.articles([s.article.id for s in page], text=False)
        wanted = [s.article.id for s in page if _differs(s, there.get(s.article.id), newer_only)]
        if not wanted:
            return 0
        articles = [s.article for s in self._old.articles(wanted).values()]
        self._new.keep_superseded(self._old.superseded(wanted))
        for batch in batches(articles):
            self._indexer.write([a for a in batch if isinstance(a, Article)], there, Report())
        return len(articles)

    def _remove(self, page: list[StoredArticle]) -> int:
        ids = [s.article.id for s in page]
        still = self._old.articles(ids, text=False)
        gone = [article_id for article_id in ids if article_id not in still]
        if gone:
            self._indexer.remove(gone)
        return len(gone)


def _differs(stored: StoredArticle, there: StoredArticle | None, newer_only: bool) -> bool:
    if there is None:
        return True
    if newer_only and stored.indexed_at < there.indexed_at:
        return False
    one, other = stored.article, there.article
    same_place = (one.source_root, one.source) == (other.source_root, other.source)
    return stored.version != there.version or not same_place
