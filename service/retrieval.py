"""A question → the passages that may answer it, best first.

Embeds the question, asks the store once for both legs, fuses, keeps only passages of
the version that their article has committed, and folds copies of a story into one.
Reading them is left to ``reader.py``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from indexer import lexical
from indexer.embedding import Embedder
from indexer.language import detect
from indexer.points import published_seconds
from indexer.store import ArticleFilter, Candidate, PassageStore, SearchRequest, StoredArticle
from service.dates import Mention
from service.fusion import FusionWeights, fuse, levelled
from service.stories.copies import Stories
from service.stories.folding import fold
from service.telemetry.record import stage
from service.timeliness import Timeliness, around, bonus

_LEG = 40
# Copies of one story may fill a leg: it is made longer then.
_WIDER, _LONGEST_LEG = 4, 640
# The best of what is found, but never fewer than a leg gives: only their articles are fetched.
_BEST = 60
_TRIES = 4
_MOST_ROOM = 8
_LANGUAGES_FOR_S = 30.0
_MOST_LEGS = 8


@dataclass(frozen=True)
class Retrieved:
    """Candidates with their fused scores, best first, and their articles without text.

    ``copies`` has for each candidate the passages that it stands for; ``stories`` tells
    which of the articles are copies of each other.
    """

    language: str | None
    candidates: list[Candidate]
    scores: list[float]
    copies: list[list[Candidate]]
    articles: Mapping[str, StoredArticle]
    stories: Stories
    timings_ms: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class _Times:
    """The time that a question names, if it does not bound the search, and that it is asked at."""

    within: ArticleFilter | None
    now: float | None

    def narrow(self, wanted: ArticleFilter) -> list[ArticleFilter]:
        """What of the time that is named is to be looked for besides, if one is."""
        if self.within is None:
            return []
        return [
            replace(
                wanted,
                published_from=self.within.published_from,
                published_until=self.within.published_until,
            )
        ]


def _by_language(wanted: ArticleFilter, codes: Sequence[str]) -> list[ArticleFilter]:
    """The languages of an archive that has several, each to be looked for by itself.

    Those in the question's language are nearer to it, so many that no other might be found.
    """
    return [replace(wanted, languages=(code,)) for code in codes] if len(codes) > 1 else []


class Retriever:
    """Finds passages in a store. Safe to use from several threads."""

    def __init__(
        self,
        store: PassageStore,
        embedder: Embedder,
        weights: FusionWeights | None = None,
        timeliness: Timeliness | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._embedder = embedder
        self._weights = weights or FusionWeights()
        self._timeliness = timeliness or Timeliness()
        self._clock = clock
        self._languages: tuple[float, list[str]] | None = None

    def retrieve(
        self,
        question: str,
        wanted: ArticleFilter,
        *,
        least: int = 0,
        group: bool = True,
        mention: Mention | None = None,
        now: float | None = None,
    ) -> Retrieved:
        """Candidates for a question; ``mention`` is the time that it names.

        With ``group``, copies of a story stand as one; where they crowd out others, more
        is searched for until there are ``least`` or nothing more is found. Recency counts
        from ``now``, seconds since 1970 UTC.
        """
        started = time.perf_counter()
        language = detect(question)
        codes = self._codes(wanted)
        with stage("embed"):
            dense = self._embedder.embed_questions([question])[0].tolist()
        embedded = time.perf_counter()
        times = _Times(around(mention) if mention and not mention.bounds else None, now)
        request = SearchRequest(
            dense=dense,
            lexical={code: lexical.weigh_question(question, code) for code in codes},
            limit=_LEG,
            filter=wanted,
            besides=[*times.narrow(wanted), *_by_language(wanted, codes)],
        )
        with stage("search"):
            found = self._enough(request, language, times, least, group=group)
        searched = time.perf_counter()
        spent = {"embed": 1000 * (embedded - started), "search": 1000 * (searched - embedded)}
        return replace(found, timings_ms=spent)

    def forget_languages(self) -> None:
        """Look at the archive's languages anew; for after the archive changed."""
        self._languages = None

    def _enough(
        self,
        request: SearchRequest,
        language: str | None,
        times: _Times,
        least: int,
        *,
        group: bool,
    ) -> Retrieved:
        """Candidates, in ever longer legs until there are ``least``."""
        while True:
            found = self._ranked(request, language, times, group=group)
            copies = sum(map(len, found.copies))
            exhausted = len(found.candidates) + copies < request.limit
            if not copies or len(found.candidates) >= least or exhausted:
                return found
            if request.limit >= _LONGEST_LEG:
                return found
            request = replace(request, limit=request.limit * _WIDER)

    def _ranked(
        self, request: SearchRequest, language: str | None, times: _Times, *, group: bool
    ) -> Retrieved:
        best, articles = self._best(request, language, times)
        stories = Stories(articles if group else {})
        folds = fold([candidate for candidate, _ in best], articles, stories)
        return Retrieved(
            language=language,
            candidates=[each.candidate for each in folds],
            scores=[best[each.place][1] for each in folds],
            copies=[each.copies for each in folds],
            articles=articles,
            stories=stories,
        )

    def _best(
        self, request: SearchRequest, language: str | None, times: _Times
    ) -> tuple[list[tuple[Candidate, float]], dict[str, StoredArticle]]:
        """The best candidates by fused score, and their articles.

        Searches until none of them belongs to a version that is being replaced.
        """
        longest = _MOST_ROOM * request.limit
        for attempt in range(_TRIES):
            most = max(_BEST, request.limit)
            found = levelled(self._store.search(request), language, self._weights)
            scores = fuse(found, language, self._weights)
            scored = sorted(zip(found, scores, strict=True), key=lambda pair: -pair[1])[:most]
            ids = list({candidate.article_id for candidate, _ in scored})
            articles = self._store.articles(ids, text=False)
            valid = [
                (candidate, score + self._bonus(articles[candidate.article_id], times))
                for candidate, score in scored
                if candidate.article_id in articles
                and articles[candidate.article_id].version == candidate.version
            ]
            dropped = len(scored) - len(valid)
            if not dropped:
                break
            # They may stay until the next writer clears up, and take the places of others.
            request = replace(request, limit=min(request.limit + dropped, longest))
            time.sleep(0.005 * attempt)
        return sorted(valid, key=lambda pair: -pair[1]), articles

    def _bonus(self, stored: StoredArticle, times: _Times) -> float:
        published = published_seconds(stored.article.published_at)
        return bonus(self._timeliness, times.within, published, times.now)

    def _codes(self, wanted: ArticleFilter) -> list[str]:
        """The languages to search by words: those of the archive, the commonest first."""
        now = self._clock()
        if self._languages is None or now - self._languages[0] > _LANGUAGES_FOR_S:
            counts = self._store.languages()
            self._languages = (now, sorted(counts, key=lambda code: -counts[code]))
        known = self._languages[1]
        return [c for c in known if not wanted.languages or c in wanted.languages][:_MOST_LEGS]
