"""How long an embedded index takes to build, and how much memory.

Writes grown passages through the store in the steps of ``indexer/indexing.py``:
reading, cutting and embedding are left out, as ``speed.py`` measures them.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice
from pathlib import Path

from benchmarks.mixture import Grown, Mixture, RealPassages
from indexer.article import Article, Passage
from indexer.models import DEFAULT_MODEL
from indexer.recipe import Recipe
from indexer.store import PassagePoint
from indexer.stores.edge import EdgeStore

_ARTICLES_A_BATCH = 64
_WRITE_POINTS = 256
_FIRST_DAY = date(2004, 11, 1)
_DAYS = 7600


def recipe_of(real: RealPassages) -> Recipe:
    """What an index of these passages is built with."""
    return Recipe(DEFAULT_MODEL, real.dense.shape[1], 320, 48)


def grown_articles(
    grown: Iterator[list[Grown]], chance: random.Random
) -> Iterator[list[PassagePoint]]:
    """Grown articles as the points of their passages."""
    for number, own in enumerate(grown):
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
        for ordinal, each in enumerate(own):
            passage = Passage(article.id, ordinal, at, at + len(each.text), each.text)
            points.append(PassagePoint(article, passage, each.dense.tolist(), each.terms))
            at = passage.end + 2
        yield points


def build(folder: Path, real: RealPassages, count: int) -> dict[str, float]:
    """Write ``count`` passages and optimise, as ``fundstelle index`` does.

    ``processor_s`` is the time that this process had the processor, on all cores;
    of that, ``mixing_s`` went into the passages themselves.
    """
    EdgeStore.create(folder, recipe_of(real))
    store = EdgeStore(folder)
    articles = grown_articles(Mixture(real, count).articles(count), random.Random(0))  # noqa: S311
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
