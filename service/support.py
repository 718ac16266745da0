"""Does a passage say what a claim says? Offline, across languages, sentence by sentence.

Vectors find the sentences that speak of the same; numbers, dates, names and negations
are compared one by one, since vectors hardly see them; the reader tells whether the passage
answers to the claim. A logistic regression over these gives the probability
(``docs/support.md``). What is done with a claim without support is left to others.
"""

from __future__ import annotations

import math
import re
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indexer.article import Span
from indexer.embedding import Embedder, Vectors
from indexer.sentences import sentences
from service.names import Spellings, missing, names
from service.polarity import absolutes, negations
from service.quantities import quantities, values
from service.reader import Readable, Reader

DEFAULT_SUPPORT_THRESHOLD = 0.5

_MOST_SENTENCES = 3
_REMEMBERED = 2_000
_DAY = re.compile(r"\((\d{4}-\d\d-\d\d)\)\s*$")


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

    ``span`` is one sentence or a few in a row, in code points of the evidence;
    empty only where that is blank.
    """

    probability: float
    span: Span


@dataclass(frozen=True)
class SupportCalibration:
    """Weights of the logistic regression over the features."""

    bias: float = -27.5
    similarity: float = 32.0
    relevance: float = 0.05
    number_missing: float = -2.5
    name_missing: float = -2.0
    negation: float = -1.5
    absolute: float = -1.5

    def probability(self, features: dict[str, float]) -> float:
        """The probability that evidence with these features supports the claim."""
        total = self.bias + sum(getattr(self, name) * value for name, value in features.items())
        return 1 / (1 + math.exp(-max(-50.0, min(50.0, total))))


class SupportJudge:
    """Judges claims by passages. Safe to use from several threads."""

    def __init__(
        self, embedder: Embedder, reader: Reader, calibration: SupportCalibration | None = None
    ) -> None:
        self._embedder = embedder
        self._reader = reader
        self._calibration = calibration or SupportCalibration()
        self._known: OrderedDict[str, npt.NDArray[np.float32]] = OrderedDict()
        self._turn = threading.Lock()

    def judge(
        self, claim: str, language: str | None, evidence: Sequence[Evidence]
    ) -> list[Support]:
        """One support a piece of evidence, in the order given."""
        judged = self.features(claim, language, evidence)
        return [
            Support(self._calibration.probability(features) if features else 0.0, span)
            for features, span in judged
        ]

    def features(
        self, claim: str, language: str | None, evidence: Sequence[Evidence]
    ) -> list[tuple[dict[str, float], Span]]:
        """What the regression sees, and the supporting span; no features for blank evidence."""
        split = [sentences(e.text, e.language) for e in evidence]
        runs = [_runs(found) for found in split]
        texts = [e.text[s.start : s.end] for e, rs in zip(evidence, runs, strict=True) for s in rs]
        vectors = self._vectors([claim, *texts])
        cosines = vectors[1:] @ vectors[0]
        readings = self._reader.read(claim, [Readable(e.text, e.head) for e in evidence])
        judged: list[tuple[dict[str, float], Span]] = []
        at = 0
        for e, spans, reading in zip(evidence, runs, readings, strict=True):
            mine = cosines[at : at + len(spans)]
            at += len(spans)
            if not spans:
                judged.append(({}, Span(0, 0)))
                continue
            best = spans[int(mine.argmax())]
            features = _rules(claim, language, e, best)
            features["similarity"] = float(mine.max())
            features["relevance"] = max(reading.relevance, -20.0)
            judged.append((features, best))
        return judged

    def _vectors(self, texts: Sequence[str]) -> Vectors:
        with self._turn:
            known = {text: self._known[text] for text in texts if text in self._known}
        new = [text for text in dict.fromkeys(texts) if text not in known]
        known |= dict(zip(new, self._embedder.embed_questions(new), strict=True))
        with self._turn:
            for text in known:
                self._known[text] = known[text]
                self._known.move_to_end(text)
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return np.stack([known[text] for text in texts])


def _runs(found: Sequence[Span]) -> list[Span]:
    return [
        Span(found[i].start, found[j].end)
        for i in range(len(found))
        for j in range(i, min(len(found), i + _MOST_SENTENCES - 1))
    ]


def _rules(claim: str, language: str | None, evidence: Evidence, span: Span) -> dict[str, float]:
    day = _DAY.search(evidence.head)
    there = values(f"{evidence.head}\n{evidence.text}", evidence.language, day[1] if day else None)
    stated = quantities(claim, language)
    wrong = [q for q in stated if not q.readings & there]
    wanted = [
        name
        for name in names(claim)
        if name.sure and language != "de" and not any(_overlap(name.span, q.span) for q in stated)
    ]
    absent = missing(wanted, Spellings(f"{evidence.head}\n{evidence.text}"))
    quote = evidence.text[span.start : span.end]
    denied = negations(claim, language) > 0
    return {
        "number_missing": float(min(2, len(wrong))),
        "name_missing": float(min(2, len(absent))),
        "negation": float(denied != (negations(quote, evidence.language) > 0)),
        "absolute": float(
            absolutes(claim, language) > 0 and absolutes(quote, evidence.language) == 0
        ),
    }


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end
