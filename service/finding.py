"""What was found for a question, in its final order, before it is decided whether to answer.

Values, and how they are shown as passages. Finding and reading are left to
``answering.py``, and which articles are copies of each other to ``service/stories``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from indexer.article import Span
from indexer.store import Candidate, StoredArticle
from service.answer import FoundPassage
from service.reader import Reading
from service.retrieval import Retrieved
from service.stories.copies import Stories
from service.stories.reprints import printed_in


@dataclass(frozen=True)
class Ranked:
    """A candidate in its final place; ``reading`` is None where it was not read.

    ``copies`` are the passages that it stands for.
    """

    candidate: Candidate
    score: float
    reading: Reading | None
    copies: Sequence[Candidate] = ()

    @property
    def span(self) -> Span | None:
        """The answer's span in code points of the article, None where there is none."""
        if self.reading is None or self.reading.span.start >= self.reading.span.end:
            return None
        offset = self.candidate.start
        return Span(self.reading.span.start + offset, self.reading.span.end + offset)


@dataclass(frozen=True)
class Finding:
    """Everything found for a question, best first, before it is decided whether to answer."""

    ranked: list[Ranked]
    articles: Mapping[str, StoredArticle]
    stories: Stories
    confidence: float
    timings_ms: dict[str, float]

    @property
    def best(self) -> Ranked | None:
        """The passage to answer from, None where nothing was found."""
        return next((r for r in self.ranked if r.span is not None), None)

    def shown(self, count: int, answered_from: Ranked | None = None) -> list[Ranked]:
        """The first passages, and in any case the one to answer from."""
        first, best = self.ranked[:count], answered_from or self.best
        return first if best is None or best in first else [*first[:-1], best]

    def copies(self, ranked: Ranked) -> frozenset[str]:
        """The ids of the other articles found that printed the story of a passage."""
        own = ranked.candidate.article_id
        folded = {copy.article_id for copy in ranked.copies}
        return (self.stories.copies(own) | folded) - {own}

    def current(
        self, ids: Iterable[str], stored: Mapping[str, StoredArticle]
    ) -> list[StoredArticle]:
        """Those of the articles that are still what they were when they were found."""
        return [
            stored[i] for i in ids if i in stored and stored[i].version == self.articles[i].version
        ]


def unread(retrieved: Retrieved) -> list[Ranked]:
    """Candidates as retrieval ranks them."""
    return [
        Ranked(candidate, score, None, copies)
        for candidate, score, copies in zip(
            retrieved.candidates, retrieved.scores, retrieved.copies, strict=True
        )
    ]


def found_passages(
    ranked: Sequence[Ranked], articles: Mapping[str, StoredArticle]
) -> list[FoundPassage]:
    """Ranked passages as an answer shows them."""
    found = []
    for r in ranked:
        article = articles[r.candidate.article_id].article
        found.append(
            FoundPassage(
                article_id=article.id,
                title=article.title,
                url=article.url,
                published_at=article.published_at,
                language=article.language,
                start=r.candidate.start,
                end=r.candidate.end,
                text=r.candidate.text,
                score=round(r.score, 4),
                also_in=printed_in(r.candidate, r.copies, articles),
            )
        )
    return found
