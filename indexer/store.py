"""The contract of a store: the little that indexing and retrieval ask of one.

A store keeps four kinds of points. Passages carry a dense and a sparse vector.
An article's own point carries no vector but its text, and commits one version
of it: passages of any other version do not exist for a reader. The texts of
versions that were replaced are kept for a while. One journal point names the
articles in flight, so that the next writer can clear up after one that was
killed. How a value becomes a point is said in ``points.py``; the stores
themselves are in ``stores/``.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from indexer.article import Article, Passage
from indexer.lexical import SparseVector
from indexer.recipe import Recipe

_PAGE = 1000


@dataclass(frozen=True)
class StoredArticle:
    """An article as the store keeps it; ``article.text`` is empty where it was not asked for.

    ``signature`` is what ``indexer.signature`` reads, None for an article without one.
    """

    article: Article
    version: str
    content_sha256: str
    passages: int
    indexed_at: str
    signature: str | None = None


@dataclass(frozen=True)
class Superseded:
    """The text of a version that was replaced, kept so that old citations can be followed.

    ``at`` is when it was replaced, ISO 8601, UTC.
    """

    article_id: str
    content_sha256: str
    text: str
    at: str


class PassagePoint(NamedTuple):
    """A passage of one version of its article, ready to be written."""

    article: Article
    passage: Passage
    dense: Sequence[float]
    sparse: SparseVector


@dataclass(frozen=True)
class ArticleFilter:
    """Which articles count. Times are seconds since 1970 UTC, ``until`` exclusive.

    ``metadata`` asks for equality, of one of a list's values where it is a list.
    """

    published_from: int | None = None
    published_until: int | None = None
    languages: tuple[str, ...] = ()
    metadata: Mapping[str, str] | None = None

    def __bool__(self) -> bool:
        return self != ArticleFilter()


@dataclass(frozen=True)
class SearchRequest:
    """One question to the store.

    ``dense`` has the length of the index's vectors; ``lexical`` holds the
    question's terms for each language of passages to search by words; ``limit``
    counts passages a leg. ``besides`` asks for more dense legs, ``shorter`` ones, each
    under a filter of its own.
    """

    dense: Sequence[float]
    lexical: Mapping[str, SparseVector]
    limit: int
    filter: ArticleFilter = ArticleFilter()
    besides: Sequence[ArticleFilter] = ()

    @property
    def shorter(self) -> int:
        """Passages of each leg under ``besides``."""
        return -(-self.limit // 4)


@dataclass(frozen=True)
class Candidate:
    """A passage found. ``lexical`` is None where its leg did not return it."""

    article_id: str
    version: str
    ordinal: int
    start: int
    end: int
    text: str
    language: str | None
    dense: float
    lexical: float | None


@dataclass(frozen=True)
class StoreStatus:
    """What ``fundstelle status`` tells of a store; ``bytes`` None where it can't be known."""

    articles: int
    passages: int
    store: str
    bytes: int | None
    generation: str


class PassageStore(Protocol):
    """Raises StoreError from every method where the store fails underneath."""

    @property
    def recipe(self) -> Recipe:
        """What the index was built with."""

    def journal(self) -> list[str]:
        """Articles that an earlier writer left in flight."""

    def begin(self, article_ids: Sequence[str]) -> None:
        """Note down the articles about to change, before anything of them does."""

    def end(self) -> None:
        """Clear the journal."""

    def write_passages(self, points: Sequence[PassagePoint]) -> None:
        """Write passages; readers don't see them before their article is committed."""

    def commit(self, articles: Iterable[tuple[Article, int]]) -> None:
        """Write the articles' own points, each with its number of passages."""

    def forget(self, article_ids: Sequence[str]) -> None:
        """Delete the articles' own points; their passages stop existing for readers."""

    def drop_passages(self, article_id: str, *, keep: str | None) -> None:
        """Delete an article's passages but for those of the version ``keep``."""

    def passages(self, articles: Iterable[StoredArticle]) -> list[PassagePoint]:
        """The passages of these versions with their vectors, as a store of any kind takes them.

        Those that are gone meanwhile are left out. The passages of an article come
        together, in their order.
        """

    def keep_superseded(self, versions: Iterable[Superseded]) -> None:
        """Keep texts that are about to be replaced; one that is kept already gets its new time."""

    def superseded(self, article_ids: Sequence[str]) -> list[Superseded]:
        """The replaced texts that are kept of these articles, the newest of each first."""

    def drop_superseded(self, versions: Iterable[Superseded]) -> None:
        """Keep these no longer."""

    def articles(self, ids: Sequence[str], *, text: bool = True) -> dict[str, StoredArticle]:
        """The committed articles of those ids; unknown ones are left out."""

    def list_articles(
        self, *, cursor: str | None = None, limit: int = 100, source_root: str | None = None
    ) -> tuple[list[StoredArticle], str | None]:
        """A page of articles without their text, and the cursor of the next one."""

    def languages(self) -> dict[str, int]:
        """How many passages there are in each language."""

    def search(self, request: SearchRequest) -> list[Candidate]:
        """Passages of the dense legs and of each lexical leg together, best dense score first.

        Every candidate has its dense score, whichever leg found it. The inverse
        document frequency of a lexical leg is that of its language's passages.
        """

    def status(self) -> StoreStatus:
        """Counts and sizes."""

    def optimize(self) -> None:
        """Build what makes searching fast, after a large load; nobody else uses it meanwhile."""

    def optimize_apart(self, stopping: threading.Event) -> None:
        """The same where it is worth it, while others read and write, until ``stopping`` is set.

        A store that was asked for this once leaves optimising to whoever asked.
        """

    def close(self) -> None:
        """Release everything; the store can't be used after."""


def article_pages(
    store: PassageStore, *, size: int = _PAGE, source_root: str | None = None
) -> Iterator[list[StoredArticle]]:
    """All articles without their text, some at a time while the store goes on being written."""
    cursor: str | None = None
    while True:
        page, cursor = store.list_articles(cursor=cursor, limit=size, source_root=source_root)
        if page:
            yield page
        if cursor is None:
            return


def every_article(
    store: PassageStore, *, source_root: str | None = None
) -> Iterator[StoredArticle]:
    """The same one by one."""
    for page in article_pages(store, source_root=source_root):
        yield from page


Payload = dict[str, Any]
