"""Articles → passages with their vectors: cut, embedded and weighed.

The part of indexing that takes the time. It knows no store, so it can run
anywhere: in the process that writes (``indexing.py``) or on the workers of a
cluster (``distributed.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from indexer import lexical
from indexer.article import Article, Passage
from indexer.embedding import Embedder, passage_input
from indexer.passages import PassageSettings, cut
from indexer.store import PassagePoint


class Preparer:
    """Cuts, embeds and weighs. ``embedder`` is called when the first text has to be embedded."""

    def __init__(self, embedder: Callable[[], Embedder], settings: PassageSettings) -> None:
        self._embedder = embedder
        self._settings = settings

    def prepare(self, articles: Sequence[Article]) -> list[list[PassagePoint]]:
        """The passages of each article, in the order given; ids may not stand twice."""
        embedder = self._embedder()
        passages = [self._cut(article, embedder) for article in articles]
        pairs = [(a, passage) for a, own in zip(articles, passages, strict=True) for passage in own]
        texts = [passage_input(article, passage.text) for article, passage in pairs]
        vectors = embedder.embed_passages(texts).tolist()
        points = iter(
            PassagePoint(article, passage, vector, lexical.weigh_passage(text, article.language))
            for (article, passage), text, vector in zip(pairs, texts, vectors, strict=True)
        )
        return [[next(points) for _ in own] for own in passages]

    def _cut(self, article: Article, embedder: Embedder) -> list[Passage]:
        return cut(
            article,
            self._settings,
            fits=lambda text: embedder.fits(passage_input(article, text)),
        )
