"""Articles without their text, remembered: every search looks at those of all it has found.

For a store that only this process writes to. What is about to change is forgotten before,
and nothing is remembered that was looked up while something changed, so that no reader is
shown an article in an older version than another was before.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from indexer.store import StoredArticle

_SIZE = 4_096  # some 2 KB each


class ArticleCache:
    """The articles asked for last, ``size`` of them at the most. Safe to use from several threads.

    An article that is not there is not remembered.
    """

    def __init__(self, size: int = _SIZE) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._known: dict[str, StoredArticle] = {}  # the one asked for longest ago comes first
        self._moment = 0
        self._changing = 0

    def known(self, ids: Sequence[str]) -> tuple[dict[str, StoredArticle], int]:
        """Those that are remembered, and the moment, for ``remember``."""
        with self._lock:
            found = {i: self._known.pop(i) for i in dict.fromkeys(ids) if i in self._known}
            self._known.update(found)
            return found, self._moment

    def remember(self, articles: Mapping[str, StoredArticle], moment: int) -> None:
        """Keep what was looked up since then, unless anything changed meanwhile."""
        with self._lock:
            if moment == self._moment and not self._changing:
                self._known.update(articles)
                for article_id in list(self._known)[: max(0, len(self._known) - self._size)]:
                    del self._known[article_id]

    @contextmanager
    def changing(self, ids: Iterable[str]) -> Iterator[None]:
        """These are written or deleted within the block."""
        with self._lock:
            self._moment += 1
            self._changing += 1
            for article_id in ids:
                self._known.pop(article_id, None)
        try:
            yield
        finally:
            with self._lock:
                self._moment += 1
                self._changing -= 1
