"""How long indexing, searching and asking take, and how much memory.

    python -m benchmarks.speed [--data FOLDER]

Each part runs in a process of its own, one after the other, and is compared in
the same run with plain sentence-transformers over the same passages: the time
that no product on this model could do without.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.data import parser, question_sets, setting

_PARTS = ("index", "again", "plain", "ask")
_ASKED = 60


def main() -> None:
    """Print the table; with a part's name, run that part and print its figures as JSON."""
    arguments = parser(__doc__)
    arguments.add_argument("--part", choices=_PARTS, help="for the processes of this benchmark")
    arguments.add_argument("--index", type=Path)
    given = arguments.parse_args()
    if given.part:
        print(json.dumps(globals()[f"_{given.part}"](given.data, given.index)))
        return
    print(setting(), end="\n\n")
    with tempfile.TemporaryDirectory() as folder:
        index = Path(folder) / "index"
        found = {part: _run(part, given.data, index) for part in _PARTS}
    _print(found)


def _run(part: str, data: Path, index: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.speed", "--data", str(data)]
    done = subprocess.run(
        [*command, "--index", str(index), "--part", part],
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _print(found: dict[str, dict[str, Any]]) -> None:
    index, again, plain, ask = (found[part] for part in _PARTS)
    print("| what | figure | beside |")
    print("| --- | --- | --- |")
    print(
        f"| index {index['articles']} articles ({index['passages']} passages) | "
        f"{index['seconds']:.1f} s, {index['passages'] / index['seconds']:.1f} passages/s | "
        f"plain sentence-transformers, float32: {plain['passages_per_s']:.1f} passages/s |"
    )
    print(f"| peak memory of that | {index['peak_mib']:.0f} MiB | {plain['peak_mib']:.0f} MiB |")
    print(f"| index again, nothing changed | {again['seconds']:.1f} s | |")
    for what in ("search", "ask"):
        times = ask[what]
        print(
            f"| one {what}, warm: p50 / p95 | {times['p50']:.0f} / {times['p95']:.0f} ms | "
            f"embedding the question alone: {ask['embed']['p50']:.0f} ms |"
        )
    print(f"| peak memory, answering | {ask['peak_mib']:.0f} MiB | |")


def _index(data: Path, index: Path) -> dict[str, Any]:
    from indexer import sources
    from indexer.settings import ArchiveSettings
    from service.engine import Engine

    with Engine(ArchiveSettings(index=index), create=True) as engine:
        started = time.perf_counter()
        for source in sources.resolve([str(question_sets(data)["news"].articles)]):
            report = engine.index(sources.read(source))
        engine.optimize()
        seconds = time.perf_counter() - started
        articles = engine.status()["articles"]
    return {
        "articles": articles,
        "passages": report.passages,
        "seconds": seconds,
        "peak_mib": _peak(),
    }


_again = _index


def _plain(data: Path, index: Path) -> dict[str, Any]:
    """Passages a second of ``encode_document`` with its defaults, over a third of the passages."""
    from sentence_transformers import SentenceTransformer

    from indexer.embedding import passage_input
    from indexer.models import DEFAULT_MODEL, resolve
    from indexer.settings import ArchiveSettings

    settings = ArchiveSettings(index=index)
    texts = _passages(settings, passage_input)[::3]
    model = SentenceTransformer(resolve(DEFAULT_MODEL, settings.cache), device="cpu").float()
    model.encode_document(texts[:8])
    started = time.perf_counter()
    model.encode_document(texts)
    return {
        "passages_per_s": len(texts) / (time.perf_counter() - started),
        "peak_mib": _peak(),
    }


def _passages(settings: Any, passage_input: Any) -> list[str]:
    from indexer.passages import PassageSettings, cut
    from service.engine import Engine

    with Engine(settings) as engine, engine.reading() as archive:
        recipe = archive.store.recipe
        cutting = PassageSettings(recipe.passage_tokens, recipe.passage_overlap)
        heads, cursor = archive.store.list_articles(limit=10_000)
        assert cursor is None  # noqa: S101
        stored = archive.store.articles([s.article.id for s in heads])
    articles = [s.article for s in stored.values()]
    return [passage_input(a, p.text) for a in articles for p in cut(a, cutting)]


def _ask(data: Path, index: Path) -> dict[str, Any]:
    from indexer.settings import ArchiveSettings
    from service.engine import Engine
    from service.evaluation import parse_questions
    from service.question import parse_question

    file = question_sets(data)["news"].questions
    golds = parse_questions(file.read_bytes().splitlines(), str(file))
    questions = [parse_question(gold.question) for gold in golds[:: len(golds) // _ASKED]]
    with Engine(ArchiveSettings(index=index)) as engine:
        engine.warm()
        with engine.reading() as archive:
            embedder = archive.embedder
        return {
            "embed": _times(lambda q: embedder.embed_questions([q.text]), questions),
            "search": _times(lambda q: engine.search(q, rerank=False), questions),
            "ask": _times(engine.answer, questions),
            "peak_mib": _peak(),
        }


def _times(work: Any, questions: list[Any]) -> dict[str, float]:
    spent = []
    for question in questions:
        started = time.perf_counter()
        work(question)
        spent.append(1000 * (time.perf_counter() - started))
    return {"p50": median(spent), "p95": sorted(spent)[int(0.95 * len(spent))]}


def _peak() -> float:
    scale = 1024 if sys.platform == "linux" else 1024**2  # kilobytes, but bytes on macOS
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale


if __name__ == "__main__":
    main()
