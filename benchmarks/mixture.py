"""Passages beyond the real corpus: mixtures of real neighbours, never pure noise.

A grown article is a convex combination of a real passage and two of its near
neighbours in the same language, moved by a fraction of the difference of two more
real passages; its passages are moved from there once more, each by a length of its
own (log-normal). So vectors keep the shape of the real distribution, and an archive
that grows gets more articles, not more and more passages at one distance of each
other. Terms are drawn from the same parents; rare terms get variants, since a corpus
that grows has new names in it (Heaps' law). What is done with the passages is left
to ``growth.py``.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.data import articles_in, question_sets
from indexer import lexical
from indexer.article import Article
from indexer.embedding import Embedder, passage_input
from indexer.lexical import SparseVector
from indexer.passages import PassageSettings, cut

Vectors = npt.NDArray[np.float32]

#: How much of the grown archive is in which language.
SHARES = {"de": 0.6, "en": 0.2, "fr": 0.1, "no": 0.05, "pt": 0.05}
_TRAINING = {
    "general-en": {"squad_m": ("en", 600)},
    "general-other": {"fr": ("fr", 400), "no": ("no", 150), "pt": ("pt", 200)},
}
# Chosen so that `likeness` agrees: lengths are parts of the difference of two passages.
_NEIGHBOURS = 16
_PASSAGES = 2.0  # an article has on average, as the real ones have
_ARTICLE_MOVE = 0.25
_PASSAGE_MOVE, _SPREAD = 0.36, 0.4
_FROM_PARENT = (0.7, 0.17, 0.14)  # chance of each parent's term, the heaviest parent first
_HEAPS = 0.6
_RARE = 2
_BLOCK = 1000


@dataclass(frozen=True)
class RealPassages:
    """Passages that were read, cut, embedded and weighed as ``fundstelle index`` does it."""

    dense: Vectors
    terms: list[SparseVector]
    texts: list[str]
    languages: list[str]

    def of(self, language: str) -> npt.NDArray[np.int64]:
        """Which of them are in a language."""
        return np.flatnonzero(np.array(self.languages) == language)


@dataclass(frozen=True)
class Grown:
    """A grown passage and the real one it is nearest to."""

    dense: Vectors
    terms: SparseVector
    text: str
    language: str


def real_passages(data: Path, embedder: Embedder | None, kept: Path) -> RealPassages:
    """German news and passages of four more languages under ``data``; ``kept`` is a cache."""
    if embedder is not None and not kept.exists():
        pairs = [(a, p) for a in _articles(data) for p in cut(a, PassageSettings())]
        dense = embedder.embed_passages([passage_input(a, p.text) for a, p in pairs])
        texts = [[a.heading or "", p.text, str(a.language)] for a, p in pairs]
        np.savez(kept, dense=dense, texts=np.frombuffer(json.dumps(texts).encode(), np.uint8))
    with np.load(kept) as stored:
        dense, texts = stored["dense"], json.loads(stored["texts"].tobytes())
    return RealPassages(
        dense=dense,
        terms=[lexical.weigh_passage(f"{head}\n{text}", code) for head, text, code in texts],
        texts=[text for _, text, _ in texts],
        languages=[code for _, _, code in texts],
    )


def _articles(data: Path) -> Iterator[Article]:
    yield from articles_in(question_sets(data)["news"].articles)
    for name, wanted in _TRAINING.items():
        with gzip.open(data / f"reader/train/{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            rows: list[dict[str, Any]] = [json.loads(line) for line in lines]
        for source_name, (language, count) in wanted.items():
            own = [row["context"] for row in rows if row["source"] == source_name]
            for i, text in enumerate(own[:: max(1, len(own) // count)]):
                yield Article(f"{source_name}/{i}", text, language=language)


class Mixture:
    """Grown articles, the same for the same ``seed``; ``count`` sets how rare terms become."""

    def __init__(self, real: RealPassages, count: int, seed: int = 0) -> None:
        self._real = real
        self._seed = seed
        frequencies = Counter(term for terms in real.terms for term in terms.indices)
        self._rare = {term for term, n in frequencies.items() if n <= _RARE}
        self._variants = max(1, round((count / len(real.texts)) ** _HEAPS))
        self._members = {code: real.of(code) for code in SHARES}
        self._near = {code: self._neighbours(own) for code, own in self._members.items()}

    def articles(self, count: int) -> Iterator[list[Grown]]:
        """Articles of ``count`` passages in all, each as its passages."""
        for article in self._endless():
            if count <= 0:
                return
            yield article[:count]
            count -= len(article)

    def passages(self, count: int) -> Iterator[Grown]:
        """The passages of ``articles``, one after the other."""
        return chain.from_iterable(self.articles(count))

    def _endless(self) -> Iterator[list[Grown]]:
        chance = np.random.default_rng(self._seed)
        codes, shares = list(SHARES), list(SHARES.values())
        while True:
            block = [codes[i] for i in chance.choice(len(codes), _BLOCK, p=shares)]
            centres, parents = self._mix(block, chance)
            sizes = chance.geometric(1 / _PASSAGES, _BLOCK)
            of = np.repeat(np.arange(_BLOCK), sizes)
            lengths = _PASSAGE_MOVE * np.exp(_SPREAD * chance.standard_normal(len(of)))
            steps = self._differences([block[i] for i in of], chance)
            vectors = _unit(centres[of] + lengths[:, None] * steps)
            for code, own, part in zip(
                block, parents, np.split(vectors, np.cumsum(sizes)[:-1]), strict=True
            ):
                text = self._real.texts[own[0]]
                yield [Grown(v, self._terms(own, chance), text, code) for v in part]

    def _mix(
        self, block: list[str], chance: np.random.Generator
    ) -> tuple[Vectors, list[list[int]]]:
        parents = []
        for code in block:
            own, near = self._members[code], self._near[code]
            at = int(chance.integers(len(own)))
            others = chance.choice(near[at], 2, replace=False)
            parents.append([int(own[at]), *(int(o) for o in others)])
        weights = np.sort(chance.dirichlet((1.0, 1.0, 1.0), len(block)))[:, ::-1]
        mixed = np.einsum("nk,nkd->nd", weights, self._real.dense[np.array(parents)])
        return _unit(mixed + _ARTICLE_MOVE * self._differences(block, chance)), parents

    def _differences(self, block: list[str], chance: np.random.Generator) -> Vectors:
        """For each language of a block, one real passage less another."""
        own = [self._members[code] for code in block]
        one, other = np.array([m[chance.integers(len(m), size=2)] for m in own]).T
        found: Vectors = self._real.dense[one] - self._real.dense[other]
        return found

    def _terms(self, parents: list[int], chance: np.random.Generator) -> SparseVector:
        found: dict[int, float] = {}
        for parent, share in zip(parents, _FROM_PARENT, strict=True):
            indices, values = self._real.terms[parent]
            for at in np.flatnonzero(chance.random(len(indices)) < share).tolist():
                term = indices[at]
                if term in self._rare and self._variants > 1:
                    # Some names come again and again, most hardly ever: squared, as a rough Zipf.
                    variant = int(self._variants * float(chance.random()) ** 2)
                    term = (term + variant * 2_654_435_761) % 2**32
                found[term] = values[at]
        return SparseVector(list(found), list(found.values()))

    def _neighbours(self, own: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        dense = self._real.dense[own]
        order = np.argsort(-(dense @ dense.T), axis=1)[:, 1 : _NEIGHBOURS + 1]
        return own[order]


def _unit(vectors: npt.NDArray[Any]) -> Vectors:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def likeness(real: RealPassages, seed: int = 1) -> dict[str, dict[str, float]]:
    """How alike real and grown passages are, counted over equally many German ones of each.

    ``nearest`` is the mean cosine to the nearest other passage, ``tenth`` to the
    tenth, ``any`` to a random one; ``dimension`` the intrinsic dimension by the
    two nearest neighbours (Facco et al. 2017); ``terms`` distinct terms a passage.
    """
    own = real.of("de")
    grown = list(Mixture(real, len(real.texts), seed).passages(4 * len(own)))
    german = [g for g in grown if g.language == "de"][: len(own)]
    return {
        "real": _shape(real.dense[own], [real.terms[i] for i in own]),
        "grown": _shape(np.array([g.dense for g in german]), [g.terms for g in german]),
    }


def _shape(dense: Vectors, terms: list[SparseVector]) -> dict[str, float]:
    cosines = np.sort(dense @ dense.T, axis=1)[:, ::-1]
    distances = np.sqrt(np.maximum(2 - 2 * cosines[:, 1:3], 1e-9))
    ratios = distances[:, 1] / distances[:, 0]
    return {
        "nearest": float(cosines[:, 1].mean()),
        "tenth": float(cosines[:, 10].mean()),
        "any": float(cosines[:, len(dense) // 2].mean()),
        "dimension": float(len(ratios) / np.log(np.maximum(ratios, 1 + 1e-9)).sum()),
        "terms": float(np.mean([len(t.indices) for t in terms])),
    }
