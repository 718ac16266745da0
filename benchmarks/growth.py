"""What an embedded index costs as it grows: time, disk, memory, search, recall.

    python -m benchmarks.growth [--sizes 10000,100000,1000000] [--work FOLDER] [--data FOLDER]

Builds an index of each size through the store, as ``fundstelle index`` does, but
from grown passages (``mixture.py``), then searches it as retrieval does
(``searching.py``). Building and searching run in processes of their own, so that
each has its own memory. An index that stands in the work folder is not built again.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from qdrant_client import QdrantClient

from benchmarks.building import AnonymousMemory, build, grown_articles, recipe_of
from benchmarks.data import parser, question_sets, setting
from benchmarks.mixture import SHARES, Mixture, RealPassages, likeness, real_passages
from benchmarks.searching import FILTERS, Truth, exact, recall, requests, store_part, timed
from indexer.collection import CollectionSettings
from indexer.embedding import Embedder
from indexer.models import DEFAULT_MODEL
from indexer.settings import ArchiveSettings
from indexer.store import SearchRequest
from indexer.stores.edge import EdgeStore
from indexer.stores.server import ServerStore

_MOST_BESIDE = 10_000  # in memory qdrant-client takes minutes for more
_BUILT, _MADE = "built.json", "real.npz"


def main() -> None:
    """Print the tables; with a part's name, run that part and print its figures as JSON."""
    arguments = parser(__doc__)
    arguments.add_argument("--sizes", default="10000,100000,1000000")
    arguments.add_argument("--work", type=Path, help="where indexes are built and kept")
    arguments.add_argument(
        "--part", choices=("build", "search", "beside"), help="for its own processes"
    )
    given = arguments.parse_args()
    if given.part:
        part = {"build": _build, "search": _search, "beside": _beside}[given.part]
        print(json.dumps(part(given.data, given.work, int(given.sizes))))
        return
    with tempfile.TemporaryDirectory() as temporary:
        work = given.work or Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        print(setting(), end="\n\n")
        embedder = Embedder(DEFAULT_MODEL, ArchiveSettings().cache)
        real = real_passages(given.data, embedder, work / _MADE)
        _print_likeness(real)
        _keep_questions(given.data, embedder, work)
        for size in map(int, given.sizes.split(",")):
            built = _run("build", given.data, work, size)
            _print(size, built, _run("search", given.data, work, size))
            if size <= _MOST_BESIDE:
                for what, figure in _run("beside", given.data, work, size).items():
                    print(f"| beside: {what} | {figure} |")


def _run(part: str, data: Path, work: Path, size: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.growth", "--part", part, "--sizes", str(size)]
    command += ["--data", str(data), "--work", str(work)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _keep_questions(data: Path, embedder: Embedder, work: Path) -> None:
    lines = question_sets(data)["news"].questions.read_text("utf-8").splitlines()
    texts = [json.loads(line)["question"] for line in lines]
    np.savez(work / "questions.npz", dense=embedder.embed_questions(texts), texts=np.array(texts))


def _build(data: Path, work: Path, size: int) -> dict[str, float]:
    folder = work / str(size)
    if not (folder / _BUILT).exists():
        folder.mkdir()
        real = real_passages(data, None, work / _MADE)
        (folder / _BUILT).write_text(json.dumps(build(folder / "1", real, size)), "utf-8")
    found: dict[str, float] = json.loads((folder / _BUILT).read_text("utf-8"))
    return found


def _search(data: Path, work: Path, size: int) -> dict[str, Any]:
    real = real_passages(data, None, work / _MADE)
    asked = _asked(work, real)
    with AnonymousMemory() as memory:
        started = time.perf_counter()
        store = EdgeStore(work / str(size) / "1")
        opened = time.perf_counter() - started
        found: dict[str, Any] = {"open_s": opened, "cold": str(_part(store, asked))}
        truths = {name: exact(store, asked, wanted) for name, wanted in FILTERS.items()}
        found["filters"] = {
            name: {
                "warm": str(_part(store, [replace(r, filter=wanted) for r in asked] * 2)),
                "recall": recall(store, asked, wanted, truths[name]),
            }
            for name, wanted in FILTERS.items()
        }
        found["dense"] = str(timed(store.search, [replace(r, lexical={}) for r in asked]))
        found["languages_ms"] = str(timed(lambda _: store.languages(), asked[:20]))
        found["status_ms"] = str(timed(lambda _: store.status(), asked[:20]))
        found["page_ms"] = str(timed(lambda _: store.list_articles(limit=100), asked[:20]))
    status = store.status()
    found |= {"anonymous_mib": memory.peak_mib, "bytes": status.bytes, "passages": status.passages}
    found["sweep"] = _sweep(work / str(size) / "1", store, asked, truths["none"])
    return found


def _beside(data: Path, work: Path, size: int) -> dict[str, str]:
    """The same searches elsewhere: qdrant-client in memory, and nothing but numpy."""
    real = real_passages(data, None, work / _MADE)
    asked, grown = _asked(work, real), list(Mixture(real, size).articles(size))
    matrix = np.array([passage.dense for article in grown for passage in article])
    client = QdrantClient(":memory:")
    ServerStore.create(client, "beside", recipe_of(real), ":memory:")
    store = ServerStore(client, "beside", ":memory:")
    for own in grown_articles(iter(grown), random.Random(0)):  # noqa: S311
        store.write_passages(own)
        store.commit([(own[0].article, len(own))])
    return {
        "qdrant-client in memory, store's part": str(timed(partial(store_part, store), asked[:40])),
        "numpy, every vector, dense only": str(
            timed(lambda r: np.argpartition(-(matrix @ np.array(r.dense, np.float32)), 40), asked)
        ),
    }


def _asked(work: Path, real: RealPassages) -> list[SearchRequest]:
    with np.load(work / "questions.npz") as questions:
        texts, dense = [str(t) for t in questions["texts"]], questions["dense"]
    return requests(texts, dense, real, SHARES)


def _part(store: EdgeStore, asked: list[SearchRequest]) -> Any:
    """Timings of the store's part; of questions that stand twice, of their second time."""
    half = len(asked) // 2
    if asked[:half] == asked[half:]:
        timed(lambda r: store_part(store, r), asked[:half])
        asked = asked[half:]
    return timed(lambda r: store_part(store, r), asked)


def _sweep(
    folder: Path, store: EdgeStore, asked: list[SearchRequest], truth: Truth
) -> dict[str, Any]:
    """Recall and time of the dense leg by how far the graph is searched."""
    store.close()
    found = {}
    for reach, oversampling in (
        (64, 2.0),
        (128, 2.0),
        (256, 1.0),
        (256, 2.0),
        (384, 2.0),
        (512, 2.0),
    ):
        settings = CollectionSettings(graph_search=reach, oversampling=oversampling)
        opened = EdgeStore(folder, settings)
        found[f"{reach}, {oversampling:g}"] = {
            "recall": recall(opened, asked, FILTERS["none"], truth),
            "dense": str(timed(opened.search, [replace(r, lexical={}) for r in asked])),
        }
        opened.close()
    return found


def _print_likeness(real: RealPassages) -> None:
    print("| German passages | nearest | tenth | any | intrinsic dimension | terms |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, shape in likeness(real).items():
        print(
            f"| {name} | {shape['nearest']:.3f} | {shape['tenth']:.3f} | {shape['any']:.3f} | "
            f"{shape['dimension']:.1f} | {shape['terms']:.0f} |"
        )


def _print(size: int, built: dict[str, float], found: dict[str, Any]) -> None:
    print(f"\n## {size:,} passages\n\n| what | figure |\n| --- | --- |")
    own = built["processor_s"] - built["mixing_s"]
    rows = {
        "built in": f"{built['seconds']:.0f} s; {own:.0f} s of processor time",
        "anonymous memory, building": f"{built['anonymous_mib']:.0f} MiB",
        "disk": f"{found['bytes'] / 2**20:.0f} MiB, {found['bytes'] / size:.0f} bytes a passage",
        "opened in": f"{found['open_s']:.2f} s",
        "anonymous memory, searching": f"{found['anonymous_mib']:.0f} MiB",
        "store's part, first time each": found["cold"],
        **{
            f"store's part, filter: {name}": f"{part['warm']}, recall at 10 {part['recall']:.3f}"
            for name, part in found["filters"].items()
        },
        "dense leg with texts": found["dense"],
        **{
            f"reach, oversampling: {name}": f"{part['dense']}, recall at 10 {part['recall']:.3f}"
            for name, part in found["sweep"].items()
        },
        "languages()": found["languages_ms"],
        "status()": found["status_ms"],
        "a page of 100 articles": found["page_ms"],
    }
    for what, figure in rows.items():
        print(f"| {what} | {figure} |")


if __name__ == "__main__":
    main()
