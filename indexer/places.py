"""Where articles were read: which place an id belongs to, and what a place has lost.

Two places never share an id; that is reported and nothing is replaced.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from indexer.article import Article
from indexer.errors import SourceError
from indexer.report import Report
from indexer.sources import Item, Source
from indexer.sources.web.urls import is_address
from indexer.store import StoredArticle


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


def belongs_elsewhere(article: Article, stored: StoredArticle | None, report: Report) -> bool:
    """Whether another source has this id already; that is reported, and nothing replaced."""
    if stored is None or place_of(stored.article) == place_of(article):
        return False
    root, source = place_of(stored.article)
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
            seen[item.id] = place_of(item)
        yield item


def place_of(article: Article) -> tuple[str, str]:
    """The root and the source in it that an article was read from."""
    return article.source_root, article.source
