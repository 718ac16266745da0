"""What each part of indexing and asking costs as an archive grows, step by step.

    python -m benchmarks.ladder [--sizes 1000,10000,100000] [--plot FILE] [--work FOLDER]

The whole product, models included: articles of one short passage each, made of sentences
of the news articles drawn by chance, are read from a file, indexed and optimised; then the
development questions on news are searched for and answered. Every step and part runs in a
process of its own. Anonymous memory is what a process can't give back; the rest of it is
files that are mapped. What an embedded index alone costs beyond that is in ``growth.py``.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.building import AnonymousMemory
from benchmarks.data import articles_in, parser, peak_mib, question_sets, setting
from benchmarks.plots import Line, log_log
from benchmarks.timing import EmbeddingTime, latency
from indexer import sources
from indexer.models import DEFAULT_MODEL
from indexer.sentences import sentences
from indexer.settings import ArchiveSettings
from service.engine import Engine
from service.evaluation import parse_questions
from service.question import parse_question

_PLOT = Path(__file__).parent / "results" / "ladder.svg"
_SENTENCES = (2, 3)
_ASKED = 80
_HEADER = (
    "| articles | indexed | of that embedding | optimising | the rest | an article | "
    "peak memory (anonymous) | disk | search, p50 / p95 | ask, p50 / p95 | "
    "peak memory, asking (anonymous) | a cold process asks |"
)


def main() -> None:
    """Print the table and draw the plot; with a part's name, run it and print its figures."""
    arguments = parser(__doc__)
    arguments.add_argument("--sizes", default="1000,10000,100000")
    arguments.add_argument("--plot", type=Path, default=_PLOT)
    arguments.add_argument("--work", type=Path, help="where indexes are made and kept")
    arguments.add_argument("--part", choices=_PARTS, help="for the processes of this benchmark")
    given = arguments.parse_args()
    if given.part:
        print(json.dumps(_PARTS[given.part](given.data, given.work / given.sizes)))
        return
    print(setting(), end="\n\n")
    print(_HEADER)
    print("|" + " --- |" * _HEADER.count(" | ") + " --- |")
    with tempfile.TemporaryDirectory() as temporary:
        steps = []
        for size in map(int, given.sizes.split(",")):
            folder = (given.work or Path(temporary)) / str(size)
            folder.mkdir(parents=True, exist_ok=True)
            parts = {part: _run(part, given.data, folder) for part in _PARTS}
            steps.append({"articles": size} | {k: v for p in parts.values() for k, v in p.items()})
            print(_row(steps[-1]), flush=True)
    given.plot.write_text(_plot(steps), "utf-8")


def _run(part: str, data: Path, folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.ladder", "--part", part, "--data", str(data)]
    command += ["--work", str(folder.parent), "--sizes", folder.name]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _row(step: dict[str, Any]) -> str:
    rest = step["seconds"] - step["embedding_s"] - step["optimising_s"]
    return (
        f"| {step['articles']:,} | {step['seconds']:.0f} s | {step['embedding_s']:.0f} s "
        f"({step['embedding_s'] / step['seconds']:.0%}) | {step['optimising_s']:.1f} s | "
        f"{rest:.1f} s | {1000 * step['seconds'] / step['articles']:.1f} ms | "
        f"{step['index_mib']:.0f} ({step['index_anonymous_mib']:.0f}) MiB | "
        f"{step['bytes'] / 2**20:.0f} MiB | "
        f"{step['search'][0]:.0f} / {step['search'][1]:.0f} ms | "
        f"{step['ask'][0]:.0f} / {step['ask'][1]:.0f} ms | {step['ask_mib']:.0f} "
        f"({step['ask_anonymous_mib']:.0f}) MiB | "
        f"{step['cold_s']:.1f} s |"
    )


def _plot(steps: Sequence[dict[str, Any]]) -> str:
    """Milliseconds by articles: those of indexing an article, and those of a question."""
    parts = {
        "embedding an article": [s["embedding_s"] / s["articles"] for s in steps],
        "optimising, an article": [s["optimising_s"] / s["articles"] for s in steps],
        "reading, cutting, writing an article": [
            (s["seconds"] - s["embedding_s"] - s["optimising_s"]) / s["articles"] for s in steps
        ],
        "a search, p50": [s["search"][0] / 1000 for s in steps],
        "an answer, p50": [s["ask"][0] / 1000 for s in steps],
        "a cold process asks": [s["cold_s"] for s in steps],
    }
    sizes = [float(step["articles"]) for step in steps]
    lines = [Line(name, sizes, [1000 * value for value in parts[name]]) for name in parts]
    return log_log(lines, across="articles", up="milliseconds")


def _index(data: Path, folder: Path) -> dict[str, Any]:
    size = int(folder.name)
    file = folder / "articles.jsonl"
    with file.open("w", encoding="utf-8") as written:
        for article in _articles(data, size):
            written.write(json.dumps(article, ensure_ascii=False) + "\n")
    with (
        AnonymousMemory() as memory,
        Engine(ArchiveSettings(index=folder / "index"), create=True) as engine,
    ):
        embedding = EmbeddingTime(engine.models.embedder(DEFAULT_MODEL))
        started = time.perf_counter()
        for source in sources.resolve([str(file)]):
            engine.index(sources.read(source))
        written_s = time.perf_counter() - started
        engine.optimize()
        seconds = time.perf_counter() - started
        status = engine.status()
    file.unlink()
    if status["articles"] != size:
        raise SystemExit(f"{status['articles']} articles were indexed instead of {size}")
    return {
        "seconds": seconds,
        "embedding_s": embedding.seconds,
        "optimising_s": seconds - written_s,
        "bytes": status["bytes"],
        "index_mib": peak_mib(),
        "index_anonymous_mib": memory.peak_mib,
    }


def _ask(data: Path, folder: Path) -> dict[str, Any]:
    file = question_sets(data)["news"].questions
    golds = parse_questions(file.read_bytes().splitlines(), str(file))
    questions = [parse_question(gold.question) for gold in golds[:: len(golds) // _ASKED]]
    index = ArchiveSettings(index=folder / "index")
    with AnonymousMemory() as memory, Engine(index) as engine:
        engine.warm()
        found = {
            "search": latency(lambda q: engine.search(q, rerank=False), questions),
            "ask": latency(engine.answer, questions),
        }
    return found | {"ask_mib": peak_mib(), "ask_anonymous_mib": memory.peak_mib}


def _cold(data: Path, folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "service.cli", "ask", "Wer wurde gewählt?", "--json"]
    command += ["--index", str(folder / "index")]
    best = float("inf")
    for _ in range(3):
        started = time.perf_counter()
        subprocess.run(command, capture_output=True, check=True)
        best = min(best, time.perf_counter() - started)
    return {"cold_s": best}


_PARTS = {"index": _index, "ask": _ask, "cold": _cold}


def _articles(data: Path, size: int) -> Iterator[dict[str, str]]:
    """Articles of two or three sentences that belong to different articles."""
    pool = [
        article.quote(span)
        for article in articles_in(question_sets(data)["news"].articles)
        for span in sentences(article.text, article.language, article.body_start)
    ]
    chance = random.Random(size)  # noqa: S311
    for number in range(size):
        chosen = chance.sample(pool, chance.choice(_SENTENCES))
        yield {
            "id": f"{number:07}",
            "title": f"{chosen[0][:60]} ({number})",
            "published_at": f"{chance.randint(2004, 2024)}-{chance.randint(1, 12):02}-15",
            "text": " ".join(chosen),
        }


if __name__ == "__main__":
    main()
