"""Writing: articles in, passages and points out. The whole flow on one screen.

Works through its input in batches, each of which is complete in the store before
the next begins: passages first, then the articles' own points, which commit
them, then what they replace is dropped. Killed anywhere, the next run clears up
by the journal and goes on. Reading inputs is left to ``sources``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from indexer.article import Article
from indexer.embedding import Embedder
from indexer.errors import SourceError
from indexer.passages import PassageSettings
from indexer.preparing import Preparer
from indexer.settings import VERSIONS_KEPT
from indexer.sources import Item, Source
from indexer.sources.web.urls import is_address
from indexer.store import PassagePoint, PassageStore, StoredArticle
from indexer.superseded import keep_replaced

# Enough passages for batches sorted by length, few enough to lose little when killed.
_BATCH_ARTICLES = 64
_BATCH_CHARACTERS = 400_000
_WRITE_POINTS = 256

Change = Literal["added", "updated", "removed"]

#: The passages of an article, where they were made elsewhere (``distributed.py``).
Prepared = Callable[[Article], list[PassagePoint] | None]


@dataclass
class Report:
    """What a run did. ``seconds`` is wall-clock time; ``passages`` counts those written.

    ``changes`` names the articles that were added, updated and removed.
    """

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    passages: int = 0
    seconds: float = 0.0
    skipped: list[SourceError] = field(default_factory=list)
    changes: list[tuple[Change, str]] = field(default_factory=list)

    def merge(self, other: Report) -> None:
        """Add what another part of the same run did."""
        for name in ("added", "updated", "unchanged", "removed", "passages", "seconds"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.skipped.extend(other.skipped)
        self.changes.extend(other.changes)

    def to_json(self, *, changes: bool = False) -> dict[str, Any]:
        """As ``fundstelle index --json`` prints it; with ``changes`` for our own client."""
        return ({"changes": self.changes} if changes else {}) | {
            "articles": {
                "added": self.added,
                "updated": self.updated,
                "unchanged": self.unchanged,
                "removed": self.removed,
                "skipped": len(self.skipped),
            },
            "passages": self.passages,
            "seconds": round(self.seconds, 3),
            "skipped": [
                {"source": e.source, "line": e.line, "reason": e.reason} for e in self.skipped
            ],
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Report:
        """What ``to_json`` made."""
        counts = {k: v for k, v in value["articles"].items() if k != "skipped"}
        skipped = [SourceError(s["source"], s["reason"], line=s["line"]) for s in value["skipped"]]
        changes = [(kind, article_id) for kind, article_id in value.get("changes", [])]
        return cls(
            **counts,
            passages=value["passages"],
            seconds=value["seconds"],
            skipped=skipped,
            changes=changes,
        )


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
        articles = [a for a in articles if not _belongs_elsewhere(a, stored.get(a.id), report)]
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
            if s.version == a.version and _place(s.article) != _place(a)
        ]
        if moved:
            self._store.commit(moved)


def vanished(
    stored: Iterable[tuple[str, str]], source: Source, seen: set[str], failed: Sequence[str]
) -> list[str]:
    """Ids of a source's articles that it no longer has.

    ``stored`` are ids and source files of the articles under the source's root.
    ``failed`` names inputs that could not be read this time: what came from them
    is kept, since nothing says that it is gone.
    """
    if source.root in failed:
        return []
    return [
        article_id
        for article_id, file in stored
        if (source.file is None or file == source.file)
        and article_id not in seen
        and not any(file == f or file.startswith(f"{f}/") for f in failed)
    ]


def _belongs_elsewhere(article: Article, stored: StoredArticle | None, report: Report) -> bool:
    """Whether another source has this id already; that is reported, and nothing replaced."""
    if stored is None or _place(stored.article) == _place(article):
        return False
    root, source = _place(stored.article)
    on_web = is_address(root)  # the same address is the same place, and this is another
    if "-" not in (root, article.source_root) and not on_web and not (Path(root) / source).exists():
        return False  # it moved here
    there = "the HTTP API or standard input" if root == "-" else str(Path(root) / source)
    there = source if on_web else there
    reason = f"the id {article.id!r} is already taken by {there}; remove that one first"
    report.skipped.append(SourceError(article.source, reason))
    return True


def without_repeats(items: Iterable[Item]) -> Iterator[Item]:
    """The same items, with an error in place of each article whose id came before."""
    seen: dict[str, tuple[str, str]] = {}
    for item in items:
        if isinstance(item, Article):
            if item.id in seen:
                root, source = seen[item.id]
                reason = f"the id {item.id!r} stands twice: {source} in {root} has it too"
                yield SourceError(item.source, reason)
                continue
            seen[item.id] = _place(item)
        yield item


def _place(article: Article) -> tuple[str, str]:
    return article.source_root, article.source


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
