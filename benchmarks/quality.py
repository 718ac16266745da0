"""How often the answer is right: every question set, indexed afresh and asked.

    python -m benchmarks.quality [--sets news xquad-de xquad-en versions mixed stories]

Beside the product stands its alternative: the same passages by the dense model
alone, without words and without a reader. All sets but the stories are development sets: weights
and thresholds were chosen on them. Below stands what is aimed at.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from benchmarks.data import QuestionSet, parser, question_sets, setting
from benchmarks.indexed import indexed, questions_of
from indexer.store import SearchRequest
from service.engine import Engine
from service.evaluation import Gold, Metrics, Outcome

_COLUMNS = (
    "article_recall_at_1",
    "article_mrr_at_10",
    "span_f1",
    "span_exact",
    "evidence_hit",
    "abstention_auc",
    "abstention_accuracy",
)


@dataclass(frozen=True)
class Aim:
    """What one figure should be at least, and what would be good."""

    set: str
    language: str
    metric: str
    floor: float
    stretch: float


_AIMS = [
    *(
        Aim("xquad-de", language, metric, floor, stretch)
        for language, metric, floor, stretch in (
            ("en", "article_recall_at_1", 0.94, 0.97),
            ("de", "article_recall_at_1", 0.97, 0.985),
            ("en", "span_f1", 0.62, 0.70),
            ("de", "span_f1", 0.65, 0.74),
        )
    ),
    *(
        Aim("xquad-en", language, metric, floor, stretch)
        for language, metric, floor, stretch in (
            ("en", "article_recall_at_1", 0.985, 0.995),
            ("de", "article_recall_at_1", 0.94, 0.97),
            ("en", "span_f1", 0.79, 0.84),
            ("de", "span_f1", 0.62, 0.70),
        )
    ),
    *(
        Aim("news", language, metric, floor, stretch)
        for language, metric, floor, stretch in (
            ("de and en", "article_recall_at_1", 0.969, 1.0),
            ("third", "article_recall_at_1", 0.875, 1.0),
            ("en", "span_f1", 0.72, 0.80),
            ("de", "span_f1", 0.70, 0.80),
            ("de and en", "evidence_hit", 0.86, 0.92),
            ("de and en", "abstention_auc", 0.91, 0.95),
            ("de and en", "abstention_accuracy", 0.85, 0.90),
        )
    ),
]


def main() -> None:
    """Print the tables."""
    arguments = parser(__doc__)
    arguments.add_argument("--sets", nargs="+", default=["news"])
    arguments.add_argument("--every", type=int, default=1, help="ask every so-many-th question")
    given = arguments.parse_args()
    known = question_sets(given.data)
    print(setting(), end="\n\n")
    print("| set | questions | n | dense alone, R@1 |", " | ".join(_COLUMNS), "|")
    print("|" + " --- |" * (4 + len(_COLUMNS)))
    met = [line for name in given.sets for line in _measure(known[name], given.every)]
    print("\n| set | questions | figure | measured | at least | good |")
    print("|" + " --- |" * 6)
    print("\n".join(met))


def _groups(
    outcomes: list[Outcome], written: Mapping[str, str | None]
) -> dict[str, Callable[[Gold], bool]]:
    """Which questions a row is about; ``written`` is the language of an article that answers."""
    languages = sorted({o.gold.language for o in outcomes})
    groups: dict[str, Callable[[Gold], bool]] = {"all": lambda _: True}
    groups |= {code: lambda gold, code=code: gold.language == code for code in languages}  # type: ignore[misc]
    groups["de and en"] = lambda gold: gold.language in ("de", "en")
    if set(languages) - {"de", "en"}:
        groups["third"] = lambda gold: gold.language not in ("de", "en")
    if len(set(written.values())) > 1:
        groups["in the article's language"] = lambda gold: (
            gold.article is not None and gold.language == written[gold.article]
        )
        groups["in another"] = lambda gold: (
            gold.article is not None and gold.language != written[gold.article]
        )
    return groups


def _measure(chosen: QuestionSet, every: int) -> list[str]:
    """Print the rows of a set; returns those that compare it with what is aimed at."""
    with indexed(chosen) as engine:
        questions = questions_of(chosen)[::every]
        evaluation = engine.evaluate(questions)
        dense = {gold.id: _found_by_dense_model(engine, gold) for gold in questions}
        written = _languages(engine, {gold.article for gold in questions if gold.article})
    met = []
    for name, belongs in _groups(evaluation.outcomes, written).items():
        mine = [o for o in evaluation.outcomes if belongs(o.gold)]
        figures = vars(Metrics.of(mine))
        hits = [dense[o.gold.id] for o in mine if o.gold.article is not None]
        alone = f"{sum(hits) / len(hits):.3f}" if hits else "–"
        cells = ["–" if figures[c] is None else f"{figures[c]:.3f}" for c in _COLUMNS]
        print(f"| {chosen.name} | {name} | {len(mine)} | {alone} |", " | ".join(cells), "|")
        for aim in _AIMS:
            if (aim.set, aim.language) == (chosen.name, name):
                value = figures[aim.metric]
                mark = "**" if value >= aim.floor else ""
                met.append(
                    f"| {chosen.name} | {name} | {aim.metric} | {mark}{value:.3f}{mark} "
                    f"| {aim.floor:.3f} | {aim.stretch:.3f} |"
                )
    return met


def _languages(engine: Engine, articles: Collection[str]) -> dict[str, str | None]:
    with engine.reading() as archive:
        stored = archive.store.articles(list(articles), text=False)
    return {name: found.article.language for name, found in stored.items()}


def _found_by_dense_model(engine: Engine, gold: Gold) -> bool:
    with engine.reading() as archive:
        vector = archive.embedder.embed_questions([gold.question])[0].tolist()
        nearest = archive.store.search(SearchRequest(vector, {}, limit=1))
    return bool(nearest) and nearest[0].article_id == gold.article


if __name__ == "__main__":
    main()
