"""Does a passage say what a claim says? Offline and across languages, sentence by sentence.

Sentence vectors find where a passage speaks of the same, the reader tells how well that
place answers to the claim, and ``agreement.py`` counts what differs. A logistic regression
over these gives the probability (``docs/support.md``). It checks that sources speak for a
claim, not that the claim is true; what is done with one unsupported is left to others.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

import numpy as np
import numpy.typing as npt

from indexer.article import Span
from indexer.embedding import Embedder, Vectors
from indexer.sentences import sentences
from service.reader import Readable, Reader
from service.support.agreement import compare

#: The most claims of the development set are judged rightly with this (``docs/support.md``).
DEFAULT_SUPPORT_THRESHOLD = 0.5
"""As accurate on the development claims as 0.4, the best, and passes fewer false ones."""

_NEAR = 3  # sentences that are read; the right one is among them for 98 claims of 100
_REMEMBERED = 2_000
_LEAST_RELEVANCE, _MOST_RELEVANCE = -15.0, 10.0
# A second sentence belongs to the span where both together are this much more like the claim.
_WORTH_TWO = 0.01


@dataclass(frozen=True)
class Evidence:
    """A passage that may support a claim.

    ``language`` is ISO 639-1; ``head`` its article's heading, ``TITLE (DATE)``.
    """

    text: str
    language: str | None
    head: str = ""


@dataclass(frozen=True)
class Support:
    """How probable it is that the evidence supports the claim, and where it does.

    ``span`` is one sentence or two in a row, in code points of the evidence; it is
    empty only where that is blank.
    """

    probability: float
    span: Span


@dataclass(frozen=True)
class Features:
    """What the regression sees of a claim and a passage.

    ``similarity`` is the cosine of claim and nearest sentence, ``contrast`` that less the
    mean of the passage's other sentences, ``relevance`` the reader's of the nearest
    sentences, with the claim for a question; the others are those of ``Agreement``.
    """

    similarity: float
    contrast: float
    relevance: float
    stated: int
    unstated: int
    unnamed: int
    denies: int
    drops_denial: int
    exceeds: int


@dataclass(frozen=True)
class SupportCalibration:
    """A weight for each of the features: ``benchmarks/support.py --fit`` on its development set."""

    bias: float = -10.3
    similarity: float = 12.0
    contrast: float = 5.16
    relevance: float = 0.106
    stated: float = 1.03
    unstated: float = -3.9
    unnamed: float = -1.44
    denies: float = -1.14
    drops_denial: float = -1.74
    exceeds: float = -1.34

    def probability(self, features: Features) -> float:
        """The probability that a passage with these features supports the claim."""
        total = self.bias + sum(
            getattr(self, field.name) * getattr(features, field.name) for field in fields(features)
        )
        return 1 / (1 + math.exp(-max(-50.0, min(50.0, total))))


@dataclass(frozen=True)
class _Place:
    """A passage's sentences, and how like the claim each is."""

    spans: list[Span]
    cosines: npt.NDArray[np.float32]
    pairs: npt.NDArray[np.float32]  # the cosine of each sentence with the next one

    @property
    def nearest(self) -> int:
        return int(self.cosines.argmax())

    @property
    def near(self) -> list[Span]:
        """The sentences most like the claim, in the order of the text."""
        return [self.spans[i] for i in sorted(np.argsort(-self.cosines, kind="stable")[:_NEAR])]

    @property
    def contrast(self) -> float:
        others = np.delete(self.cosines, self.nearest)
        return float(self.cosines.max() - others.mean()) if len(others) else 0.0

    @property
    def span(self) -> Span:
        best = self.nearest
        if len(self.pairs) and self.pairs.max() > self.cosines[best] + _WORTH_TWO:
            first = int(self.pairs.argmax())
            return Span(self.spans[first].start, self.spans[first + 1].end)
        return self.spans[best]


class SupportJudge:
    """Judges claims by passages. Safe to use from several threads."""

    def __init__(
        self, embedder: Embedder, reader: Reader, calibration: SupportCalibration | None = None
    ) -> None:
        self._embedder = embedder
        self._reader = reader
        self._calibration = calibration or SupportCalibration()
        # The claims of an answer are judged by the same few passages, one after the other.
        self._known: OrderedDict[str, npt.NDArray[np.float32]] = OrderedDict()
        self._turn = threading.Lock()

    def prepare(self, evidence: Sequence[Evidence]) -> None:
        """Embed the sentences now, so that the first claim costs no more than those after it.

        There is time for it while the chat model writes.
        """
        self._vectors([text for e in evidence for text in _sentences(e)])

    def judge(
        self, claim: str, language: str | None, evidence: Sequence[Evidence]
    ) -> list[Support]:
        """One support a piece of evidence, in the order given."""
        return [
            Support(self._calibration.probability(found[0]), found[1])
            if found
            else Support(0.0, Span(0, 0))
            for found in self.features(claim, language, evidence)
        ]

    def features(
        self, claim: str, language: str | None, evidence: Sequence[Evidence]
    ) -> list[tuple[Features, Span] | None]:
        """What is weighed, and the supporting span; None for blank evidence."""
        places = self._places(claim, evidence)
        near = [
            " ".join(e.text[s.start : s.end] for s in place.near) if place.spans else ""
            for e, place in zip(evidence, places, strict=True)
        ]
        readings = self._reader.read(
            claim, [Readable(text, e.head) for text, e in zip(near, evidence, strict=True)]
        )
        found: list[tuple[Features, Span] | None] = []
        for e, place, text, reading in zip(evidence, places, near, readings, strict=True):
            if not place.spans:
                found.append(None)
                continue
            nearest = place.spans[place.nearest]
            agreement = compare(
                claim, language, e.text, e.language, e.head,
                e.text[nearest.start : nearest.end], text,
            )  # fmt: skip
            features = Features(
                similarity=float(place.cosines.max()),
                contrast=place.contrast,
                relevance=min(max(reading.relevance, _LEAST_RELEVANCE), _MOST_RELEVANCE),
                **asdict(agreement),
            )
            found.append((features, place.span))
        return found

    def _places(self, claim: str, evidence: Sequence[Evidence]) -> list[_Place]:
        split = [sentences(e.text, e.language) for e in evidence]
        texts = [text for e in evidence for text in _sentences(e)]
        vectors = self._vectors([claim, *texts])
        places, at = [], 1
        for found in split:
            mine = vectors[at : at + len(found)]
            at += len(found)
            # The mean of two unit vectors stands for the pair: nothing more to embed.
            pairs = mine[:-1] + mine[1:]
            pairs /= np.maximum(np.linalg.norm(pairs, axis=1, keepdims=True), 1e-9)
            places.append(_Place(found, mine @ vectors[0], pairs @ vectors[0]))
        return places

    def _vectors(self, texts: Sequence[str]) -> Vectors:
        # Claim and sentence are alike, so both are embedded in the same way.
        with self._turn:
            known = {text: self._known[text] for text in texts if text in self._known}
        new = [text for text in dict.fromkeys(texts) if text not in known]
        known |= dict(zip(new, self._embedder.embed_questions(new), strict=True))
        with self._turn:
            for text, vector in known.items():
                self._known[text] = vector
                self._known.move_to_end(text)
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return np.stack([known[text] for text in texts]) if texts else np.zeros((0, 0), np.float32)


def _sentences(evidence: Evidence) -> list[str]:
    return [evidence.text[s.start : s.end] for s in sentences(evidence.text, evidence.language)]
