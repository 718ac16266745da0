"""How much of a conversation its last question finds: follow-ups over our own articles.

    python -m benchmarks.follow_ups [--sets dev test] [--show]

Each question is put in four ways: as it was asked, after everything that was said
before it, as ``service.conversation`` makes it self-contained, and as a person would.
Rules and word lists were made on the development set; the test set has other articles.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from benchmarks.data import ROOT, setting
from indexer import sources
from indexer.settings import ArchiveSettings
from service.conversation import Turn, self_contained
from service.engine import Engine
from service.evaluation import Gold, Metrics, Outcome
from service.question import MOST_CHARACTERS


class FollowUp(msgspec.Struct, frozen=True):
    """A conversation, its last question, and the answer to that.

    ``self_contained`` is the question as a person would put it without the
    conversation, None where it changes the topic and stands alone as it is.
    """

    id: str
    language: str
    history: list[Turn]
    question: str
    article: str
    answers: list[str]
    self_contained: str | None


def _concatenated(follow_up: FollowUp) -> str:
    said = [turn.content for turn in follow_up.history]
    return " ".join([*said, follow_up.question])[-MOST_CHARACTERS:]


WAYS: dict[str, Callable[[FollowUp], str]] = {
    "as asked": lambda f: f.question,
    "all that was said": _concatenated,
    "ours": lambda f: self_contained(f.question, f.history) or f.question,
    "by hand": lambda f: f.self_contained or f.question,
}


def read(name: str) -> list[FollowUp]:
    """The conversations of a set."""
    lines = (ROOT / f"tests/data/follow-ups-{name}.jsonl").read_bytes().splitlines()
    return [msgspec.json.decode(line, type=FollowUp) for line in lines]


def outcomes(engine: Engine, follow_ups: Iterable[FollowUp], way: str) -> list[Outcome]:
    """What is found for each question, put in this way."""
    put = WAYS[way]
    questions = [Gold(f.id, f.language, put(f), f.article, f.answers) for f in follow_ups]
    return engine.evaluate(questions).outcomes


def main() -> None:
    """Print the table, and with ``--show`` what became of every question."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--sets", nargs="+", default=["dev", "test"])
    arguments.add_argument("--show", action="store_true", help="every question as we put it")
    given = arguments.parse_args()
    print(setting(), end="\n\n")
    print("| set | questions | n | carried over |", " | ".join(f"{w}: R@1, F1" for w in WAYS), "|")
    print("|" + " --- |" * (4 + len(WAYS)))
    with (
        tempfile.TemporaryDirectory() as folder,
        Engine(ArchiveSettings(index=Path(folder) / "index"), create=True) as engine,
    ):
        for source in sources.resolve([str(ROOT / "seeds")]):
            engine.index(sources.read(source))
        for name in given.sets:
            _measure(engine, name, show=given.show)


def _measure(engine: Engine, name: str, *, show: bool) -> None:
    follow_ups = read(name)
    found = {way: outcomes(engine, follow_ups, way) for way in WAYS}
    kinds = {
        "follow-ups": [i for i, f in enumerate(follow_ups) if f.self_contained is not None],
        "changes of topic": [i for i, f in enumerate(follow_ups) if f.self_contained is None],
        "all": list(range(len(follow_ups))),
    }
    for kind, chosen in kinds.items():
        carried = sum(WAYS["ours"](follow_ups[i]) != follow_ups[i].question for i in chosen)
        cells = [_figures([found[way][i] for i in chosen]) for way in WAYS]
        print(f"| {name} | {kind} | {len(chosen)} | {carried} |", " | ".join(cells), "|")
    for i, follow_up in enumerate(follow_ups if show else ()):
        print(f"{follow_up.id}: {found['ours'][i].gold.question}")
        each = (f"{way}: {o[i].rank}, {o[i].f1 or 0:.2f}" for way, o in found.items())
        print("   ", "; ".join(each))


def _figures(measured: list[Outcome]) -> str:
    metrics = Metrics.of(measured)
    return f"{metrics.article_recall_at_1 or 0:.2f}, {metrics.span_f1 or 0:.2f}"


if __name__ == "__main__":
    main()
