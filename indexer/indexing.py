"""Writing: articles in, passages and points out. The whole flow on one screen.

Works through its input in batches, each of which is complete in the store before
the next begins: passages first, then the articles' own points, which commit
them, then what they replace is dropped. Killed anywhere, the next run clears up
by the journal and goes on. Reading inputs is left to ``sources``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from indexer.article import Article
from indexer.embedding import Embedder
from indexer.errors import SourceError
from indexer.passages import PassageSettings
from indexer.places import belongs_elsewhere, place_of, without_repeats
from indexer.preparing import Preparer
from indexer.report import Report
from indexer.settings import VERSIONS_KEPT
from indexer.sources import Item
from indexer.store import PassagePoint, PassageStore, StoredArticle
from indexer.superseded import keep_replaced

# Enough passages for batches sorted by length, few enough to lose little when killed.
_BATCH_ARTICLES = 64
_BATCH_CHARACTERS = 400_000
_WRITE_POINTS = 256

#: The passages of an article, where they were made elsewhere (``distributed.py``).
Prepared = Callable[[Article], list[PassagePoint] | None]


class Indexer:
    """Writes articles to a store. One at a time may write to a store of this process.

    ``embedder`` is called when the first text has to be embedded, so that a run
    that changes nothing loads no model. Of each article, the texts of the last
    ``versions_kept`` replaced versions stay, so that old citations can be followed.
    """

    def __init__(
        self,
        store: PassageStore,
        embedder: Callable[[], Embedder],
        settings: PassageSettings,
        *,
        versions_kept: int = VERSIONS_KEPT,
    ) -> None:
        self._store = store
        self._preparer = Preparer(embedder, settings)
        self._versions_kept = versions_kept

    def index(
        self,
        items: Iterable[Item],
        on_progress: Callable[[Report], None] | None = None,
        prepared: Prepared | None = None,
    ) -> Report:
        """Bring the store up to date with these articles; errors among them are reported.

        What ``prepared`` has for an article is written, in place of being worked out here.
        """
        report = Report()
        started = time.perf_counter()
        self.recover()
        for batch in batches(without_repeats(items)):
            report.skipped.extend(item for item in batch if isinstance(item, SourceError))
            articles = [item for item in batch if isinstance(item, Article)]
            self._index_batch(articles, report, prepared)
            report.seconds = time.perf_counter() - started
            if on_progress:
                on_progress(report)
        return report

    def remove(self, ids: Sequence[str]) -> tuple[int, list[str]]:
        """Remove articles: how many there were, and the ids that were unknown."""
        self.recover()
        known = self._store.articles(ids, text=False)
        if known:
            self._store.begin(list(known))
            self._store.forget(list(known))
            for article_id in known:
                self._store.drop_passages(article_id, keep=None)
            self._store.drop_superseded(self._store.superseded(list(known)))
            self._store.end()
        return len(known), [i for i in dict.fromkeys(ids) if i not in known]

    def recover(self) -> None:
        """Clear up after a writer that was killed: drop passages that nothing committed."""
        left = self._store.journal()
        if left:
            committed = self._store.articles(left, text=False)
            for article_id in left:
                stored = committed.get(article_id)
                self._store.drop_passages(article_id, keep=stored.version if stored else None)
            removed = [article_id for article_id in left if article_id not in committed]
            self._store.drop_superseded(self._store.superseded(removed))
            self._store.end()

    def _index_batch(
        self, articles: list[Article], report: Report, prepared: Prepared | None
    ) -> None:
        stored = self._store.articles([a.id for a in articles], text=False)
        articles = [a for a in articles if not belongs_elsewhere(a, stored.get(a.id), report)]
        changed = [a for a in articles if a.id not in stored or stored[a.id].version != a.version]
        self._follow_moves(articles, stored)
        report.unchanged += len(articles) - len(changed)
        if changed:
            self.write(changed, stored, report, prepared)

    def write(
        self,
        changed: list[Article],
        stored: Mapping[str, StoredArticle],
        report: Report,
        prepared: Prepared | None = None,
    ) -> None:
        """Write one batch of articles, each of which is new or replaces what is ``stored``."""
        points, passages = self._points(changed, prepared)
        self._store.begin([a.id for a in changed])
        for part in _parts(points, _WRITE_POINTS):
            self._store.write_passages(part)
        keep_replaced(self._store, changed, stored, limit=self._versions_kept)
        self._store.commit((a, passages[a.id]) for a in changed)
        replaced = [article.id for article in changed if article.id in stored]
        # Looked up again: another writer to the same server may have committed since.
        for article_id, now in self._store.articles(replaced, text=False).items():
            self._store.drop_passages(article_id, keep=now.version)
        self._store.end()
        report.passages += len(points)
        for article in changed:
            known = article.id in stored
            report.updated += known
            report.added += not known
            report.changes.append(("updated" if known else "added", article.id))

    def _points(
        self, articles: list[Article], prepared: Prepared | None
    ) -> tuple[list[PassagePoint], dict[str, int]]:
        ready = {a.id: own for a in articles if prepared and (own := prepared(a)) is not None}
        left = [article for article in articles if article.id not in ready]
        if left:
            made = self._preparer.prepare(left)
            ready |= {article.id: own for article, own in zip(left, made, strict=True)}
        points = [point for article in articles for point in ready[article.id]]
        return points, {article_id: len(own) for article_id, own in ready.items()}

    def _follow_moves(self, articles: list[Article], stored: dict[str, StoredArticle]) -> None:
        """Record the new place of articles that moved but did not change."""
        known = [(a, stored[a.id]) for a in articles if a.id in stored]
        moved = [
            (a, s.passages)
            for a, s in known
            if s.version == a.version and place_of(s.article) != place_of(a)
        ]
        if moved:
            self._store.commit(moved)


def batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    """As many at a time as are embedded together and complete before the next."""
    batch: list[Item] = []
    characters = 0
    for item in items:
        batch.append(item)
        characters += len(item.text) if isinstance(item, Article) else 0
        if len(batch) >= _BATCH_ARTICLES or characters >= _BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def _parts(points: list[PassagePoint], size: int) -> Iterator[list[PassagePoint]]:
    remaining = iter(points)
    while part := list(islice(remaining, size)):
        yield part
