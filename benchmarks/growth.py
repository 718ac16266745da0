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
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.data import parser, question_sets, setting
from benchmarks.mixture import Grown, Mixture, RealPassages, likeness, real_passages
from benchmarks.searching import FILTERS, recall, requests, store_part, timed
from indexer.article import Article, Passage
from indexer.collection import CollectionSettings
from indexer.embedding import Embedder
from indexer.models import DEFAULT_MODEL
from indexer.recipe import Recipe
from indexer.settings import ArchiveSettings
from indexer.store import PassagePoint, SearchRequest
from indexer.stores.edge import EdgeStore

_ARTICLES_A_BATCH = 64
_WRITE_POINTS = 256
_FIRST_DAY = date(2004, 11, 1)
_DAYS = 7600
_BUILT, _MADE = "built.json", "real.npz"


def main() -> None:
    """Print the tables; with a part's name, run that part and print its figures as JSON."""
    arguments = parser(__doc__)
    arguments.add_argument("--sizes", default="10000,100000,1000000")
    arguments.add_argument("--work", type=Path, help="where indexes are built and kept")
    arguments.add_argument("--part", choices=("build", "search"), help="for its own processes")
    given = arguments.parse_args()
    if given.part:
        part = {"build": _build, "search": _search}[given.part]
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
    with np.load(work / "questions.npz") as questions:
        texts, dense = [str(t) for t in questions["texts"]], questions["dense"]
    with AnonymousMemory() as memory:
        started = time.perf_counter()
        store = EdgeStore(work / str(size) / "1")
        opened = time.perf_counter() - started
        languages = store.languages()
        asked = requests(texts, dense, real, sorted(languages, key=lambda c: -languages[c]))
        found: dict[str, Any] = {"open_s": opened, "cold": str(_part(store, asked))}
        found["filters"] = {
            name: {
                "warm": str(_part(store, [replace(r, filter=wanted) for r in asked] * 2)),
                "recall": recall(store, asked, wanted),
            }
            for name, wanted in FILTERS.items()
        }
        found["dense"] = str(timed(store.search, [replace(r, lexical={}) for r in asked]))
        found["languages_ms"] = str(timed(lambda _: store.languages(), asked[:20]))
        found["status_ms"] = str(timed(lambda _: store.status(), asked[:20]))
        found["page_ms"] = str(timed(lambda _: store.list_articles(limit=100), asked[:20]))
    status = store.status()
    found |= {"anonymous_mib": memory.peak_mib, "bytes": status.bytes, "passages": status.passages}
    found["sweep"] = _sweep(work / str(size) / "1", store, asked)
    return found


def _part(store: EdgeStore, asked: list[SearchRequest]) -> Any:
    """Timings of the store's part; of questions that stand twice, of their second time."""
    half = len(asked) // 2
    if asked[:half] == asked[half:]:
        timed(lambda r: store_part(store, r), asked[:half])
        asked = asked[half:]
    return timed(lambda r: store_part(store, r), asked)


def _sweep(folder: Path, store: EdgeStore, asked: list[SearchRequest]) -> dict[str, Any]:
    """Recall and time of the dense leg by how far the graph is searched."""
    store.close()
    found = {}
    for reach, oversampling in ((64, 2.0), (128, 1.0), (128, 2.0), (256, 1.0), (256, 2.0)):
        settings = CollectionSettings(graph_search=reach, oversampling=oversampling)
        opened = EdgeStore(folder, settings)
        found[f"{reach}, {oversampling:g}"] = {
            "recall": recall(opened, asked, FILTERS["none"]),
            "dense": str(timed(opened.search, [replace(r, lexical={}) for r in asked])),
        }
        opened.close()
    return found


def _articles(passages: Iterator[Grown], chance: random.Random) -> Iterator[list[PassagePoint]]:
    """Articles of two passages on average, as the points of their passages."""
    for number in range(sys.maxsize):
        own = list(islice(passages, chance.choice((1, 2, 3))))
        if not own:
            return
        texts = [grown.text for grown in own]
        article = Article(
            f"grown/{number:07}.txt",
            "\n\n".join(texts),
            title=texts[0][:60],
            published_at=str(_FIRST_DAY + timedelta(days=chance.randrange(_DAYS))),
            language=own[0].language,
            metadata={"outlet": f"Outlet {chance.randrange(20)}"},
            source_root="/grown",
            source=f"{number:07}.txt",
        )
        points, at = [], 0
        for ordinal, grown in enumerate(own):
            passage = Passage(article.id, ordinal, at, at + len(grown.text), grown.text)
            points.append(PassagePoint(article, passage, grown.dense.tolist(), grown.terms))
            at = passage.end + 2
        yield points


def build(folder: Path, real: RealPassages, count: int) -> dict[str, float]:
    """Write ``count`` passages and optimise, as ``fundstelle index`` does.

    ``processor_s`` is the time that this process had the processor, on all cores;
    of that, ``mixing_s`` went into the passages themselves.
    """
    EdgeStore.create(folder, Recipe(DEFAULT_MODEL, real.dense.shape[1], 320, 48))
    store = EdgeStore(folder)
    articles = _articles(Mixture(real, count).passages(count), random.Random(0))  # noqa: S311
    mixing = 0.0
    started, processor = time.perf_counter(), time.process_time()
    with AnonymousMemory() as memory:
        while True:
            at = time.perf_counter()
            batch = list(islice(articles, _ARTICLES_A_BATCH))
            mixing += time.perf_counter() - at
            if not batch:
                break
            store.begin([own[0].article.id for own in batch])
            points = iter([point for own in batch for point in own])
            while part := list(islice(points, _WRITE_POINTS)):
                store.write_passages(part)
            store.commit((own[0].article, len(own)) for own in batch)
            store.end()
        store.optimize()
        store.close()
    return {
        "seconds": time.perf_counter() - started,
        "processor_s": time.process_time() - processor,
        "mixing_s": mixing,
        "anonymous_mib": memory.peak_mib,
    }


class AnonymousMemory:
    """The peak of this process's anonymous resident memory while it is entered."""

    def __enter__(self) -> AnonymousMemory:
        self.peak_mib = 0.0
        self._done = threading.Event()
        self._watch = threading.Thread(target=self._sample)
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._watch.join()

    def _sample(self) -> None:
        while True:
            status = Path("/proc/self/status").read_text("ascii")
            (line,) = (row for row in status.splitlines() if row.startswith("RssAnon"))
            self.peak_mib = max(self.peak_mib, int(line.split()[1]) / 1024)
            if self._done.wait(0.05):
                return


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
