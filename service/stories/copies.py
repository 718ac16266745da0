"""Which of the articles found are copies of one another: one story, printed several times.

Two articles are where most of the shorter one stands in the other, word for word, by their
signatures (``indexer/signature.py``). That is asked of each pair: a running story whose
every report takes over a part of the last is not one story for that. Which passages of
copies say the same is left to ``folding.py``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from indexer.signature import read_signature, resembling
from indexer.store import StoredArticle


@dataclass(frozen=True)
class Likeness:
    """How much two articles share to be copies, in shares of their shingles.

    ``contained`` is asked of the shorter one; ``jaccard`` keeps a short report apart from a
    digest that has it among much else. Chosen on ``benchmarks/near_duplicates.py``.
    """

    contained: float = 0.65
    jaccard: float = 0.2


class Stories:
    """The copies among some articles, by id."""

    def __init__(
        self, articles: Mapping[str, StoredArticle], likeness: Likeness | None = None
    ) -> None:
        least = likeness or Likeness()
        signed = [
            (article_id, signature)
            for article_id, stored in articles.items()
            if (signature := read_signature(stored.signature)) is not None
        ]
        self._copies: dict[str, set[str]] = defaultdict(set)
        for pair in resembling([signature for _, signature in signed], least.jaccard):
            if pair.contained >= least.contained:
                first, second = signed[pair.first][0], signed[pair.second][0]
                self._copies[first].add(second)
                self._copies[second].add(first)

    def copies(self, article_id: str) -> frozenset[str]:
        """The other articles that are copies of this one."""
        return frozenset(self._copies.get(article_id, ()))
