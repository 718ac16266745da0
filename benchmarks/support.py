"""How well claims with and without support are told apart: by what is shipped, and by its parts.

    python -m benchmarks.support [--fit] [--data FOLDER]

The development claims are what the weights were fitted on; the test claims are about other
articles and nothing was chosen on them. ``--fit`` fits the weights again, on the development
claims alone, and prints them for ``service/support/judge.py``.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt
from platformdirs import user_cache_path
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.data import ROOT, parser, setting
from indexer import sources
from indexer.article import Article
from indexer.embedding import Embedder
from indexer.models import DEFAULT_MODEL
from service.reader import Reader
from service.support.judge import (
    DEFAULT_SUPPORT_THRESHOLD,
    Evidence,
    Features,
    SupportCalibration,
    SupportJudge,
)

CLAIMS = ROOT / "tests/data/claims"
_FEATURES = [field.name for field in fields(Features)]
_PAIRS = ("en→de", "de→de", "en→en", "de→en")
_STRENGTH = 0.5  # of the fit: the inverse of scikit-learn's L2 penalty


@dataclass(frozen=True)
class Claim:
    """One line of a claim set, with the passage that it is to be judged by."""

    id: str
    text: str
    language: str
    kind: str
    supported: bool
    article: str
    evidence: Evidence
    sentence: tuple[int, int] | None  # the supporting sentences, in the passage's code points

    @property
    def pair(self) -> str:
        """Languages of claim and article."""
        return f"{self.language}→{self.evidence.language}"


def corpora(data: Path) -> dict[str, Path]:
    """Where the articles of the claim sets are."""
    return {"seeds": ROOT / "seeds", "wikinews-de": data / "corpora/wikinews-de"}


def claims(part: str, folders: dict[str, Path]) -> list[Claim]:
    """The claims of ``dev`` or ``test`` whose articles are here. Raises ValueError if altered."""
    articles: dict[Path, Article] = {}
    found = []
    for path in (CLAIMS / f"{part}.jsonl", CLAIMS / f"{part}-wikinews.jsonl"):
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            place = folders[row["corpus"]] / row["article"]
            if not place.is_file():
                continue
            if place not in articles:
                (source,) = sources.resolve([str(place)])
                articles[place] = next(
                    found for found in sources.read(source) if isinstance(found, Article)
                )
            article = articles[place]
            if article.content_sha256 != row["content_sha256"]:
                raise ValueError(f"{place} is not the article that {row['id']} was written for")
            start, end = row["start"], row["end"]
            found.append(
                Claim(
                    id=row["id"],
                    text=row["claim"],
                    language=row["language"],
                    kind=row["kind"],
                    supported=row["supported"],
                    article=row["article"],
                    evidence=Evidence(article.text[start:end], article.language, article.heading),
                    sentence=(row["sentence_start"] - start, row["sentence_end"] - start)
                    if row["supported"]
                    else None,
                )
            )
    return found


@dataclass(frozen=True)
class Judged:
    """Claims and what was measured of each."""

    claims: list[Claim]
    features: list[Features]
    found: float  # share of the supported whose span lies on the supporting sentences
    seconds: float  # a claim

    @property
    def truth(self) -> npt.NDArray[np.bool_]:
        """Which are supported."""
        return np.array([claim.supported for claim in self.claims])

    def scores(self, score: Callable[[Features], float]) -> npt.NDArray[np.float64]:
        """One score a claim."""
        return np.array([score(features) for features in self.features])


def measure(judge: SupportJudge, chosen: Sequence[Claim]) -> Judged:
    """The features of all claims, each judged by its one passage."""
    features, hits = [], []
    started = time.perf_counter()
    for claim in chosen:
        ((found, span),) = (
            f for f in judge.features(claim.text, claim.language, [claim.evidence]) if f
        )
        features.append(found)
        if claim.sentence:
            hits.append(span.start < claim.sentence[1] and claim.sentence[0] < span.end)
    seconds = (time.perf_counter() - started) / len(chosen)
    return Judged(list(chosen), features, float(np.mean(hits)), seconds)


def _auc(judged: Judged, scores: npt.NDArray[np.float64], keep: Callable[[Claim], bool]) -> str:
    kept = np.array([keep(claim) for claim in judged.claims])
    truth = judged.truth[kept]
    if truth.sum() < 3 or (~truth).sum() < 3:
        return "–"
    return f"{roc_auc_score(truth, scores[kept]):.3f}"


def _table(judged: Judged) -> None:
    calibration = SupportCalibration()
    methods: dict[str, Callable[[Features], float]] = {
        "cosine of the nearest sentence": lambda f: f.similarity,
        "reader's relevance": lambda f: f.relevance,
        "rules alone": lambda f: (
            0.01 * f.stated - f.unstated - f.unnamed - f.denies - f.drops_denial - f.exceeds
        ),
        "**ours**": calibration.probability,
    }
    scores = {name: judged.scores(method) for name, method in methods.items()}
    kinds = sorted({c.kind for c in judged.claims if not c.supported})
    groups: list[tuple[str, Callable[[Claim], bool]]] = [("all", lambda _: True)]
    groups += [(pair, lambda c, pair=pair: c.pair == pair) for pair in _PAIRS]  # type: ignore[misc]
    groups += [("other pairs", lambda c: c.pair not in _PAIRS)]
    groups += [
        (f"supported and {kind}", lambda c, kind=kind: c.supported or c.kind == kind)  # type: ignore[misc]
        for kind in kinds
    ]
    print("| claims | n |", " | ".join(methods), "|")
    print("|" + " --- |" * (2 + len(methods)))
    for name, keep in groups:
        count = sum(map(keep, judged.claims))
        if name.startswith("supported and "):
            kind = name.removeprefix("supported and ")
            count = sum(c.kind == kind for c in judged.claims)
        cells = [_auc(judged, scores[method], keep) for method in methods]
        print(f"| {name} | {count} |", " | ".join(cells), "|")
    ours = scores["**ours**"]
    said = ours >= DEFAULT_SUPPORT_THRESHOLD
    truth = judged.truth
    print(
        f"\nAt the threshold of {DEFAULT_SUPPORT_THRESHOLD}: "
        f"accuracy {(said == truth).mean():.3f}, "
        f"precision {truth[said].mean():.3f}, recall {said[truth].mean():.3f}. "
        f"Brier score {brier_score_loss(truth, ours):.3f}. The span lies on the supporting "
        f"sentences for {judged.found:.3f} of the supported claims. "
        f"{1000 * judged.seconds:.0f} ms a claim and passage.\n"
    )


def _fit(judged: Judged) -> None:
    data = np.array([astuple(features) for features in judged.features], float)
    truth = judged.truth
    groups = [claim.article for claim in judged.claims]
    model = make_pipeline(StandardScaler(), LogisticRegression(C=_STRENGTH, max_iter=1000))
    held_out = np.mean(
        [
            cross_val_predict(
                model, data, truth, groups=groups, method="predict_proba",
                cv=StratifiedGroupKFold(6, shuffle=True, random_state=seed),
            )[:, 1]
            for seed in range(5)
        ],
        axis=0,
    )  # fmt: skip
    model.fit(data, truth)
    scaler, regression = model[0], model[1]
    weights = regression.coef_[0] / scaler.scale_
    bias = regression.intercept_[0] - weights @ scaler.mean_
    print(f"    bias: float = {bias:.3g}")
    for name, weight in zip(_FEATURES, weights, strict=True):
        print(f"    {name}: float = {weight:.3g}")
    print(f"articles held out: AUC {roc_auc_score(truth, held_out):.3f}, accuracy by threshold:")
    for threshold in np.arange(0.3, 0.75, 0.05):
        print(f"  {threshold:.2f}: {((held_out >= threshold) == truth).mean():.3f}")


def main() -> None:
    """Print the tables, or with ``--fit`` the weights."""
    arguments = parser(__doc__)
    arguments.add_argument("--fit", action="store_true", help="fit the weights again")
    given = arguments.parse_args()
    cache = user_cache_path("fundstelle")
    judge = SupportJudge(Embedder(DEFAULT_MODEL, cache), Reader(cache))
    folders = corpora(given.data)
    if given.fit:
        _fit(measure(judge, claims("dev", folders)))
        return
    print(setting(), end="\n\n")
    for part, title in (("dev", "Development (fitted on)"), ("test", "Test")):
        print(f"## {title}\n")
        _table(measure(judge, claims(part, folders)))


if __name__ == "__main__":
    main()
