"""Whether a search for a headline of another language finds the article on the same event.

    python -m benchmarks.headlines [--data FOLDER]

177 headlines in English, French and Ukrainian, written for this after 59 German news
articles of a random draw (``tests/data/headlines-dev.jsonl``). Compares the dense model
alone, the search without regard to names, and the search as it is. A development set: the
weight of names is the one that either half of it would choose, for itself or for the other.
"""

from __future__ import annotations

from collections import defaultdict

from benchmarks.data import ROOT, parser, question_sets, setting
from benchmarks.indexed import indexed
from indexer.store import SearchRequest
from service.engine import Engine
from service.evaluation import Gold, parse_questions
from service.question import parse_question

_HEADLINES = ROOT / "tests/data/headlines-dev.jsonl"


def main() -> None:
    """Print the table."""
    given = parser(__doc__).parse_args()
    headlines = parse_questions(_HEADLINES.read_bytes().splitlines(), str(_HEADLINES))
    with indexed(question_sets(given.data)["news"]) as engine:
        hits: dict[str, list[tuple[bool, bool, bool]]] = defaultdict(list)
        # A headline and its translations are in one half.
        events = list(dict.fromkeys(gold.article for gold in headlines))
        for gold in headlines:
            found = _found(engine, gold)
            half = events.index(gold.article) % 2
            for group in ("all", gold.language, ("one half", "other half")[half]):
                hits[group].append(found)
    print(setting(), end="\n\n")
    print("| headlines | n | dense alone, R@1 | without names | search |")
    print("| --- | --- | --- | --- | --- |")
    for group, each in sorted(hits.items()):
        cells = [f"{sum(column) / len(each):.3f}" for column in zip(*each, strict=True)]
        print(f"| {group} | {len(each)} |", " | ".join(cells), "|")


def _found(engine: Engine, gold: Gold) -> tuple[bool, bool, bool]:
    """Whether the article stands first, in each of the three orders."""
    question = parse_question(gold.question)
    with engine.reading() as archive:
        vector = archive.embedder.embed_questions([gold.question])[0].tolist()
        dense = archive.store.search(SearchRequest(vector, {}, limit=1))
        plain = archive.retriever.retrieve(question.text, question.wanted)
    shown, _ = engine.search(question, rerank=False)
    firsts = (dense[0].article_id, plain.candidates[0].article_id, shown[0].article_id)
    return firsts[0] == gold.article, firsts[1] == gold.article, firsts[2] == gold.article


if __name__ == "__main__":
    main()
