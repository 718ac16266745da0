"""How often the answer is right: every question set, indexed afresh and asked.

    python -m benchmarks.quality [--sets news xquad-de xquad-en] [--data FOLDER]

Beside the product stands its alternative: the same passages by the dense model
alone, without words and without a reader. All sets are development sets: weights
and thresholds were chosen on them.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.data import QuestionSet, parser, question_sets, setting
from indexer import sources
from indexer.settings import ArchiveSettings
from indexer.store import SearchRequest
from service.engine import Engine
from service.evaluation import Gold, parse_questions

_COLUMNS = (
    "article_recall_at_1",
    "article_mrr_at_10",
    "span_f1",
    "span_exact",
    "evidence_hit",
    "abstention_auc",
    "abstention_accuracy",
)


def main() -> None:
    """Print the table."""
    arguments = parser(__doc__)
    arguments.add_argument("--sets", nargs="+", default=["news"])
    given = arguments.parse_args()
    known = question_sets(given.data)
    print(setting(), end="\n\n")
    print("| set | questions | n | dense alone, R@1 |", " | ".join(_COLUMNS), "|")
    print("|" + " --- |" * (4 + len(_COLUMNS)))
    for name in given.sets:
        _measure(known[name])


def _measure(chosen: QuestionSet) -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = ArchiveSettings(index=Path(folder) / "index")
        with Engine(settings, create=True) as engine:
            for source in sources.resolve([str(chosen.articles)]):
                engine.index(sources.read(source))
            engine.optimize()
            questions = parse_questions(
                chosen.questions.read_bytes().splitlines(), str(chosen.questions)
            )
            evaluation = engine.evaluate(questions)
            dense = {gold.id: _found_by_dense_model(engine, gold) for gold in questions}
    figures = evaluation.to_json()
    groups = {"all": figures["overall"], **figures["by_language"]}
    for language, metrics in groups.items():
        mine = [o.gold for o in evaluation.outcomes if language in ("all", o.gold.language)]
        hits = [dense[gold.id] for gold in mine if gold.article is not None]
        alone = f"{sum(hits) / len(hits):.3f}" if hits else "–"
        cells = ["–" if metrics[c] is None else f"{metrics[c]:.3f}" for c in _COLUMNS]
        print(f"| {chosen.name} | {language} | {len(mine)} | {alone} |", " | ".join(cells), "|")


def _found_by_dense_model(engine: Engine, gold: Gold) -> bool:
    with engine.reading() as archive:
        vector = archive.embedder.embed_questions([gold.question])[0].tolist()
        nearest = archive.store.search(SearchRequest(vector, {}, limit=1))
    return bool(nearest) and nearest[0].article_id == gold.article


if __name__ == "__main__":
    main()
