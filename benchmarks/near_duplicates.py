"""How well copies of an article are told from other articles, and what that costs.

    python -m benchmarks.near_duplicates [--data FOLDER] [--without-embeddings]

Copies are made by rule of the German news articles (``benchmarks/copies.py``). The
threshold was chosen on the articles at even places, figures are of those at odd ones:
every copy against its original, and against it every pair of different articles, the same
with a closing paragraph that all of them share, and pairs of series that repeat themselves.
Beside ours stand an exact hash of the words and the cosine of embeddings.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from random import Random

import numpy as np
import numpy.typing as npt

from benchmarks.copies import EDITS, SERIES, with_footer
from benchmarks.data import articles_in, parser, setting
from indexer.article import Article
from indexer.shingles import shingles
from indexer.signature import Signature, read_signature, resembling, sign
from indexer.store import StoredArticle
from service.stories.copies import Likeness, Stories

_SWEEP = (0.55, 0.6, 0.65, 0.7, 0.75, 0.8)
_EMBEDDED, _BETWEEN = 20, 120  # articles that are embedded with their copies, and in pairs
_SERIES = 40

Scores = npt.NDArray[np.float64]


class Half:
    """Articles of one half, their copies by edit, and texts that are no copies of each other."""

    def __init__(self, articles: Sequence[Article]) -> None:
        self.originals = [a.text[a.body_start :] for a in articles]
        self.copies = {
            name: [
                edit(text, Random(a.id))  # noqa: S311
                for a, text in zip(articles, self.originals, strict=True)
            ]
            for name, edit in EDITS.items()
        }
        self.others = {
            "different articles": self.originals,
            "the same with a shared closing paragraph": [with_footer(t) for t in self.originals],
            **{
                f"series: {name}": [make(Random(i)) for i in range(_SERIES)]  # noqa: S311
                for name, make in SERIES.items()
            },
        }


def main() -> None:
    """Print the tables."""
    arguments = parser(__doc__)
    arguments.add_argument("--without-embeddings", action="store_true", help="which are slow")
    given = arguments.parse_args()
    articles = articles_in(given.data / "corpora/wikinews-de")
    chosen, reported = Half(articles[0::2]), Half(articles[1::2])
    print(setting(), end="\n\n")
    _print_sweep(chosen)
    _print_quality(chosen, reported, embeddings=not given.without_embeddings)
    _print_cost(articles)


def _print_sweep(half: Half) -> None:
    least = Likeness()
    print(f"Even places, copies found at a Jaccard index of {least.jaccard} and containment:\n")
    print("| |", " | ".join(map(str, _SWEEP)), "|")
    print("| --- |" + " --- |" * len(_SWEEP))
    groups = [(n, _contained(half.originals, c, least.jaccard)) for n, c in half.copies.items()]
    for name, scores in groups:
        print(f"| {name} |", " | ".join(f"{(scores >= t).mean():.3f}" for t in _SWEEP), "|")
    for name, texts in half.others.items():
        found = [p.contained for p in resembling(_signatures(texts), least.jaccard)]
        counts = [str(sum(c >= t for c in found)) for t in _SWEEP]
        print(f"| {name}: false pairs of {_pairs(texts)} |", " | ".join(counts), "|")


def _print_quality(chosen: Half, reported: Half, *, embeddings: bool) -> None:
    least = Likeness()
    ways = ["ours", "exact hash of the words"]
    print(f"\nOdd places, at {least.contained}: copies found, then pairs that are none.\n")
    cosine = _Cosine(chosen) if embeddings else None
    if cosine:
        ways.append(f"cosine of embeddings ≥ {cosine.threshold:.3f}")
    print("| |", " | ".join(ways), "|")
    print("| --- |" + " --- |" * len(ways))
    for name, copies in reported.copies.items():
        cells = [
            (_contained(reported.originals, copies, least.jaccard) >= least.contained).mean(),
            np.mean([_same_words(a, b) for a, b in zip(reported.originals, copies, strict=True)]),
        ]
        if cosine:
            cells.append(cosine.recall(reported.originals[:_EMBEDDED], copies[:_EMBEDDED]))
        print(f"| {name} |", " | ".join(f"{cell:.3f}" for cell in cells), "|")
    for name, texts in reported.others.items():
        numbers: list[object] = [
            sum(
                p.contained >= least.contained
                for p in resembling(_signatures(texts), least.jaccard)
            ),
            _same_pairs(texts),
        ]
        if cosine:
            numbers.append(f"{cosine.false_pairs(texts)} of {_pairs(texts[:_BETWEEN])}")
        print(f"| {name}: false of {_pairs(texts)} |", " | ".join(map(str, numbers)), "|")


def _print_cost(articles: Sequence[Article]) -> None:
    sign(articles[0])  # imports the library
    started = time.process_time()
    signed = [sign(article) for article in articles]
    each = 1000 * (time.process_time() - started) / len(articles)
    print("\n| what | ms |\n| --- | --- |")
    print(f"| signing an article (mean of {len(articles)}, processor time) | {each:.2f} |")
    for count in (40, 80, 160):
        stored = {
            a.id: StoredArticle(a, "", "", 1, "", s)
            for a, s in zip(articles[:count], signed, strict=False)
        }
        times = []
        for _ in range(50):
            started = time.perf_counter()
            Stories(stored)
            times.append(1000 * (time.perf_counter() - started))
        print(f"| finding the copies among {count} articles (median) | {np.median(times):.2f} |")


class _Cosine:
    """The alternative: texts as near as the threshold that serves the chosen half best."""

    def __init__(self, chosen: Half) -> None:
        from indexer.embedding import Embedder
        from indexer.models import DEFAULT_MODEL
        from indexer.settings import ArchiveSettings

        self._embedder = Embedder(DEFAULT_MODEL, ArchiveSettings().cache)
        right = np.concatenate(
            [
                self._cosines(chosen.originals[:_EMBEDDED], copies[:_EMBEDDED])
                for copies in chosen.copies.values()
            ]
        )
        wrong = self._between(chosen.originals)
        thresholds = np.linspace(0.8, 1, 201)
        # As many copies as possible without a false pair.
        allowed = [t for t in thresholds if not (wrong >= t).any()]
        self.threshold = float(max(allowed, key=lambda t: float((right >= t).mean())))

    def recall(self, originals: Sequence[str], copies: Sequence[str]) -> float:
        return float((self._cosines(originals, copies) >= self.threshold).mean())

    def false_pairs(self, texts: Sequence[str]) -> int:
        return int((self._between(texts) >= self.threshold).sum())

    def _cosines(self, first: Sequence[str], second: Sequence[str]) -> Scores:
        one, other = self._embed(first), self._embed(second)
        return np.asarray((one * other).sum(axis=1), dtype=np.float64)

    def _between(self, texts: Sequence[str]) -> Scores:
        vectors = self._embed(texts[:_BETWEEN])
        between = (vectors @ vectors.T)[np.triu_indices(len(vectors), 1)]
        return np.asarray(between, dtype=np.float64)

    def _embed(self, texts: Sequence[str]) -> Scores:
        # The first passage or so: what is longer, the model does not read.
        return np.asarray(self._embedder.embed_passages([t[:1500] for t in texts]))


def _signatures(texts: Sequence[str]) -> list[Signature]:
    found = (read_signature(sign(Article("x", text))) for text in texts)
    return [signature for signature in found if signature is not None]


def _contained(originals: Sequence[str], copies: Sequence[str], jaccard: float) -> Scores:
    """How much of the shorter stands in the other; 0 below that Jaccard index."""
    scores = []
    for original, copy in zip(originals, copies, strict=True):
        pair = resembling(_signatures([original, copy]), jaccard)
        scores.append(pair[0].contained if pair else 0.0)
    return np.array(scores)


def _same_words(first: str, second: str) -> bool:
    return shingles(first) == shingles(second)


def _same_pairs(texts: Sequence[str]) -> int:
    counts = Counter(frozenset(shingles(text)) for text in texts)
    return sum(n * (n - 1) // 2 for n in counts.values())


def _pairs(texts: Sequence[str]) -> int:
    return len(texts) * (len(texts) - 1) // 2


if __name__ == "__main__":
    main()
