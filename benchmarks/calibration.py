"""How far the confidence of an answer can be relied on, and where the threshold belongs.

    python -m benchmarks.calibration [--plot FILE] [--data FOLDER]

Asks the development questions on news, fits the confidence on nine tenths of them and looks
at the rest, ten times over; questions about one article are always on one side. Prints the
held-out figures, the accuracy of every threshold, and the weights fitted on all for
``service/confidence.py``; writes the reliability curve as an SVG image.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.data import parser, question_sets, setting
from benchmarks.indexed import indexed, questions_of
from benchmarks.reliability import Bin, bins, error, plot
from service.confidence import Calibration, is_misfit
from service.question import parse_question
from service.settings import ServiceSettings

_PLOT = Path(__file__).parent / "results" / "calibration.svg"
_FOLDS, _SEEDS = 10, 5

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Asked:
    """What was found for the questions, one entry each.

    ``features`` are those of the confidence, ``shipped`` is the confidence as it is now.
    """

    features: Numbers
    shipped: Numbers
    truth: npt.NDArray[np.bool_]
    groups: list[str]


def ask(data: Path) -> Asked:
    """Ask the development questions on news of an index made for this."""
    chosen = question_sets(data)["news"]
    features, shipped, truth, groups = [], [], [], []
    with indexed(chosen) as engine, engine.reading() as archive:
        for gold in questions_of(chosen):
            finding = archive.answerer.find(parse_question(gold.question))
            best = finding.best
            if best is None or best.reading is None:
                continue
            misfit = is_misfit(gold.question, best.candidate, best.reading)
            features.append((best.reading.relevance, float(misfit)))
            shipped.append(finding.confidence)
            truth.append(gold.article is not None)
            # A question and its translations have one number.
            groups.append(gold.article or gold.id.partition("-")[0])
    return Asked(np.array(features), np.array(shipped), np.array(truth), groups)


def held_out(asked: Asked) -> Numbers:
    """A confidence for each question, fitted on others; the mean over several divisions."""
    folds = [
        cross_val_predict(
            _model(), asked.features, asked.truth, groups=asked.groups, method="predict_proba",
            cv=StratifiedGroupKFold(_FOLDS, shuffle=True, random_state=seed),
        )[:, 1]
        for seed in range(_SEEDS)
    ]  # fmt: skip
    mean: Numbers = np.mean(folds, axis=0)
    return mean


def main() -> None:
    """Print the figures and write the curve."""
    arguments = parser(__doc__)
    arguments.add_argument("--plot", type=Path, default=_PLOT, help="file for the curve")
    given = arguments.parse_args()
    asked = ask(given.data)
    confidence = held_out(asked)
    print(setting(), end="\n\n")
    print(f"{len(asked.truth)} questions, {int((~asked.truth).sum())} of them unanswerable\n")
    found = bins(confidence, asked.truth)
    _print_bins(found)
    print(
        f"\nHeld out: expected calibration error {error(found):.3f}, Brier score "
        f"{brier_score_loss(asked.truth, confidence):.3f}, AUC "
        f"{roc_auc_score(asked.truth, confidence):.3f}. As shipped: Brier score "
        f"{brier_score_loss(asked.truth, asked.shipped):.3f}, AUC "
        f"{roc_auc_score(asked.truth, asked.shipped):.3f}.\n"
    )
    threshold = ServiceSettings().threshold
    print("| threshold | accuracy, held out | as shipped |\n| --- | --- | --- |")
    for at in sorted({*np.arange(0.3, 0.85, 0.05).round(2).tolist(), threshold}):
        cells = [f"{((c >= at) == asked.truth).mean():.3f}" for c in (confidence, asked.shipped)]
        print(f"| {at:.2f}{' (the setting)' if at == threshold else ''} |", " | ".join(cells), "|")
    _print_weights(asked)
    given.plot.write_text(plot(found), encoding="utf-8")


def _model() -> Pipeline:
    return make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=1000))


def _print_bins(found: list[Bin]) -> None:
    print("| confidence | questions | mean confidence | share that the archive answers |")
    print("| --- | --- | --- | --- |")
    for each in found:
        print(f"| {each.low:.1f}–{each.high:.1f} | {each.count} | {each.mean:.3f} |", end=" ")
        print(f"{each.share:.3f} |")


def _print_weights(asked: Asked) -> None:
    model = _model()
    model.fit(asked.features, asked.truth)
    weights = model[1].coef_[0] / model[0].scale_
    bias = model[1].intercept_[0] - weights @ model[0].mean_
    now = Calibration()
    print(
        f"\nFitted on all: slope {weights[0]:.3f}, misfit {weights[1]:.2f}, bias {bias:.3f}; "
        f"in use: {now.slope}, {now.misfit}, {now.bias}"
    )


if __name__ == "__main__":
    main()
