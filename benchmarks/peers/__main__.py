"""Indexing speed, search latency, recall, cold start and memory, system by system.

    pip install -r benchmarks/peers/requirements.txt -c constraints.txt
    python -m benchmarks.peers [--systems NAME ...] [--articles N] [--data FOLDER]

Every part of every system runs in a process of its own, one after the other, on the same
articles, the same model and the same questions; all but Fundstelle are given the passages
that Fundstelle cuts, and the model in float32, as they would run in the float16 of its
folder, five times slower, otherwise. haiku.rag is not among them: its releases for Python 3.11
embed through a server alone, so the same model folder can't be given to it.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.data import articles_in, parser, peak_mib, question_sets, setting
from benchmarks.peers.fundstelle import Fundstelle, FundstelleRead
from benchmarks.peers.haystack import Haystack
from benchmarks.peers.system import System, Text
from benchmarks.peers.txtai import Txtai, TxtaiHybrid

_SYSTEMS: dict[str, Callable[[Path, Path], System]] = {
    "Fundstelle": Fundstelle,
    "Fundstelle, read": FundstelleRead,
    "txtai": Txtai,
    "txtai, hybrid": TxtaiHybrid,
    "Haystack": Haystack,
}
# Those that search what another has indexed.
_INDEXED_BY = {"Fundstelle, read": "Fundstelle"}
_LIMIT = 10
_COLD = 3
_MODEL = "model"
_LANGUAGES = ("en", "de")


def main() -> None:
    """Print the table; with a part's name, run that part and print its figures as JSON."""
    arguments = parser(__doc__)
    arguments.add_argument("--systems", nargs="+", choices=_SYSTEMS, default=list(_SYSTEMS))
    arguments.add_argument("--articles", type=int, help="only so many, to try it out")
    arguments.add_argument("--part", choices=_PARTS, help="for the processes of this benchmark")
    arguments.add_argument("--folder", type=Path)
    given = arguments.parse_args()
    if given.part:
        print(json.dumps(_PARTS[given.part](given)))
        return
    print(setting(), end="\n\n")
    print(
        "| system | indexing, passages/s | its peak memory | search, p50 / p95 ms | "
        "article R@1 en→de | de→de | its peak memory | cold: first result |"
    )
    print("|" + " --- |" * 8)
    with tempfile.TemporaryDirectory() as folder:
        _chosen_articles(given, Path(folder) / "articles")
        _run("model", given.systems[0], given, folder)
        rows: dict[str, dict[str, Any]] = {}
        for name in given.systems:
            by = _INDEXED_BY.get(name, name)
            indexed = rows[by]["index"] if by in rows else _run("index", by, given, folder)
            rows[name] = {"index": indexed, "search": _run("search", name, given, folder)}
            colds = [_cold(name, given, folder) for _ in range(_COLD)]
            print(_row(name, indexed, rows[name]["search"], min(colds)), flush=True)


def _chosen_articles(given: argparse.Namespace, to: Path) -> None:
    """All articles, or some: those that are asked about first."""
    news = question_sets(given.data)["news"]
    asked_about = {gold["article"] for gold in _golds(given.data)}
    found = sorted(news.articles.iterdir(), key=lambda path: (path.name not in asked_about, path))
    to.mkdir()
    for path in found[: given.articles]:
        shutil.copy(path, to)


def _write_model(given: argparse.Namespace) -> dict[str, str]:
    """Write it in a process of its own: a process begins with its parent's peak memory."""
    from sentence_transformers import SentenceTransformer

    from indexer.models import DEFAULT_MODEL, resolve
    from indexer.settings import ArchiveSettings

    model = resolve(DEFAULT_MODEL, ArchiveSettings().cache)
    SentenceTransformer(model, device="cpu").float().save(str(given.folder / _MODEL))
    return {"model": _MODEL}


def _golds(data: Path) -> list[dict[str, Any]]:
    lines = question_sets(data)["news"].questions.read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def _row(name: str, index: dict[str, Any], search: dict[str, Any], cold: float) -> str:
    recalls = " | ".join(f"{search['recall'][language]:.3f}" for language in _LANGUAGES)
    return (
        f"| {name} | {index['passages'] / index['seconds']:.1f} | {index['peak_mib']:.0f} MiB | "
        f"{search['p50']:.0f} / {search['p95']:.0f} | {recalls} | {search['peak_mib']:.0f} MiB | "
        f"{cold:.1f} s |"
    )


def _command(part: str, name: str, given: argparse.Namespace, folder: str) -> list[str]:
    command = [sys.executable, "-m", "benchmarks.peers", "--data", str(given.data)]
    return [*command, "--folder", folder, "--part", part, "--systems", name]


def _run(part: str, name: str, given: argparse.Namespace, folder: str) -> dict[str, Any]:
    command = _command(part, name, given, folder)
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _cold(name: str, given: argparse.Namespace, folder: str) -> float:
    """Seconds from the start of a process to its end, with one search."""
    started = time.perf_counter()
    _run("cold", name, given, folder)
    return time.perf_counter() - started


def _system(given: argparse.Namespace) -> System:
    return _SYSTEMS[given.systems[0]](given.folder, given.folder / _MODEL)


def _index(given: argparse.Namespace) -> dict[str, float]:
    texts, system = _texts(given.folder / "articles"), _system(given)
    started = time.perf_counter()
    system.index(given.folder / "articles", texts)
    seconds = time.perf_counter() - started
    return {"passages": len(texts), "seconds": seconds, "peak_mib": peak_mib()}


def _texts(articles: Path) -> list[Text]:
    """The passages as Fundstelle cuts them."""
    from indexer.embedding import passage_input
    from indexer.passages import PassageSettings, cut

    return [
        Text(article.id, passage_input(article, passage.text))
        for article in articles_in(articles)
        for passage in cut(article, PassageSettings())
    ]


def _search(given: argparse.Namespace) -> dict[str, Any]:
    system = _system(given)
    system.open()
    there = {path.name for path in (given.folder / "articles").iterdir()}
    golds = [gold for gold in _golds(given.data) if gold["article"] in there]
    system.search("?", _LIMIT)
    spent, hits = [], {language: [0, 0] for language in _LANGUAGES}
    for gold in golds:
        started = time.perf_counter()
        found = system.search(gold["question"], _LIMIT)
        spent.append(1000 * (time.perf_counter() - started))
        if gold["language"] in hits:
            hits[gold["language"]][0] += found[:1] == [gold["article"]]
            hits[gold["language"]][1] += 1
    recall = {language: right / max(1, asked) for language, (right, asked) in hits.items()}
    return {
        "p50": median(spent),
        "p95": sorted(spent)[int(0.95 * len(spent))],
        "recall": recall,
        "peak_mib": peak_mib(),
    }


def _one_search(given: argparse.Namespace) -> dict[str, int]:
    system = _system(given)
    system.open()
    return {"found": len(system.search("Wer wurde gewählt?", _LIMIT))}


_PARTS: dict[str, Callable[[argparse.Namespace], dict[str, Any]]] = {
    "model": _write_model,
    "index": _index,
    "search": _search,
    "cold": _one_search,
}


if __name__ == "__main__":
    main()
