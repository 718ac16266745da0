"""All at once, for a while: readers, writers, nuisances and faults, and nothing is lost or wrong.

``FUNDSTELLE_TEST_SOAK_S`` is for how many seconds (25; the long one 600), and
``FUNDSTELLE_TEST_SEED`` repeats what chance decided, as far as threads let it. At the end the
archive holds what the ledger says, no status was 500, and memory stood still.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median

import httpx
import pytest

from indexer.models import MODELS
from tests.chat_servers import free_port
from tests.services import defects, log_lines
from tests.soak.chat_model import ChatModel
from tests.soak.faults import SPARE, Faults
from tests.soak.ledger import Ledger
from tests.soak.nuisances import Nuisance
from tests.soak.readers import Reader
from tests.soak.served import Served
from tests.soak.writers import Writer

pytestmark = pytest.mark.model

_READERS, _WRITERS = 2, 2
# How much more memory there may be at the end than after the first fifth, in MB: at all, as it
# comes in large pieces, and for each reindex, of which the allocator does not give all back.
_MORE_MB, _MORE_A_REINDEX_MB = 40, 5


@dataclass
class Crowd:
    """Threads that do their step again and again, until they are told to stop, or one fails."""

    stopping: threading.Event = field(default_factory=threading.Event)
    failures: list[BaseException] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)

    def add(self, step: Callable[[], None]) -> None:
        """Begin with it."""
        thread = threading.Thread(target=self._run, args=(step,), daemon=True)
        self.threads.append(thread)
        thread.start()

    def end(self) -> None:
        """Wait for all; raise what the first of them failed with."""
        self.stopping.set()
        for thread in self.threads:
            thread.join(180)
        if self.failures:
            raise self.failures[0]

    def _run(self, step: Callable[[], None]) -> None:
        try:
            while not self.stopping.is_set():
                step()
        except BaseException as failure:
            self.failures.append(failure)
            self.stopping.set()


@pytest.fixture
def spare_cache(cache: Path, tmp_path: Path, embedder: object) -> Path:
    """A copy of the models that may be damaged; the copies are links. ``embedder`` built them."""
    folder = tmp_path / "cache"
    for place in (SPARE, MODELS):
        shutil.copytree(cache / MODELS, folder / place, copy_function=os.link)
    return folder


@pytest.mark.parametrize("seconds", [25, pytest.param(600, marks=pytest.mark.long)])
def test_scripted_soak(seconds: int, tmp_path: Path, spare_cache: Path) -> None:
    seconds = int(os.environ.get("FUNDSTELLE_TEST_SOAK_S") or seconds)
    seed = int(os.environ.get("FUNDSTELLE_TEST_SEED") or time.time_ns() % 10**9)
    print(f"FUNDSTELLE_TEST_SEED={seed}")
    chance, ledger, model = Random(seed), Ledger(), ChatModel()
    with model.server.running(), soaking(tmp_path, spare_cache, model) as served:
        writers = [
            Writer(n, served.address, ledger, Random(seed + n), 20 if seconds < 100 else 100)
            for n in range(_WRITERS)
        ]
        for writer in writers:
            writer.write_all()
        readers = [Reader(served.address, ledger, Random(seed - n - 1)) for n in range(_READERS)]
        nuisance = Nuisance(served, Random(seed ^ 1), tmp_path)
        faults = Faults(served, model, spare_cache, chance)
        crowd = Crowd()
        for who in (*writers, *readers, nuisance):
            crowd.add(who.step)
        started = time.monotonic()
        # First those after which there is another process; what is left shows one's memory.
        suffer(crowd, faults.that_end_the_process, chance, started + 0.5 * seconds)
        memory = suffer(crowd, faults.that_do_not, chance, started + seconds, served)
        crowd.end()
        for who in (*writers, *readers, nuisance):
            who.close()
        lost = assert_holds(served, ledger)
        told = [Counter(), Counter(), nuisance.seen, faults.seen]
        for reader in readers:
            told[0].update(reader.seen)
        for writer in writers:
            told[1].update(writer.seen)
        print(*(dict(sorted(each.items())) for each in told), sep="\n")
        print(f"{len(ledger.ids())} articles, {lost} of unknown outcome; MB: {memory}")
    assert told[0]["citations"] > 0
    assert told[0]["whole streams"] > 0
    assert_steady(memory, faults.seen["reindexed"])
    for log in served.lives:
        text = log.read_text("utf-8")
        assert defects(text) == []
        # A process that was killed may have left half a line.
        lines = log_lines("\n".join(text.splitlines()[:-1]))
        assert [line for line in lines if line.get("status") == 500] == []


@contextmanager
def soaking(folder: Path, cache: Path, model: ChatModel) -> Iterator[Served]:
    """The service, with all that it can be given."""
    env = {
        "FUNDSTELLE_CACHE": str(cache),
        "FUNDSTELLE_LLM_URL": model.server.url,
        "FUNDSTELLE_LLM_MODEL": "scripted",
        "FUNDSTELLE_LLM_TIMEOUT": "4",
        "FUNDSTELLE_DRAIN_TIMEOUT": "3",
        "FUNDSTELLE_CLIENT_TIMEOUT": "5",
        "FUNDSTELLE_FEEDBACK": str(folder / "feedback.jsonl"),
    }
    served = Served(folder / "index", free_port(), env, folder)
    served.start()
    try:
        yield served
        assert served.end() == 0
    finally:
        if served.process is not None and served.process.poll() is None:
            served.process.kill()
            served.process.wait()


def suffer(
    crowd: Crowd,
    faults: list[Callable[[], None]],
    chance: Random,
    until: float,
    measured: Served | None = None,
) -> list[float]:
    """One fault after another, each at least once, with pauses; the memory in between, in MB."""
    left, memory = list(faults), []
    chance.shuffle(left)
    while left or time.monotonic() < until:
        for _ in range(chance.randrange(10, 30)):
            if crowd.stopping.wait(0.1):
                crowd.end()
        (left.pop() if left else chance.choice(faults))()
        if measured is not None:
            memory.append(round(measured.anonymous_mb))
    return memory


def assert_holds(served: Served, ledger: Ledger) -> int:
    """Every article has a text that it may have, in the list too; how many could have several."""
    several = 0
    with httpx.Client(base_url=served.address, trust_env=False, timeout=90) as http:
        listed, cursor = set(), ""
        while cursor is not None:
            page = http.get(f"/v1/articles?limit=1000{cursor and '&cursor=' + cursor}").json()
            listed |= {article["article_id"] for article in page["articles"]}
            cursor = page["next_cursor"]
        for article_id in ledger.ids():
            expected = ledger.now(article_id)
            several += len(expected) > 1
            found = http.get("/v1/articles/" + article_id.replace("%", "%25"))
            text = found.json()["text"] if found.is_success else None
            assert text in expected, f"{article_id}: {text!r} and not {expected}"
            assert (article_id in listed) == (text is not None)
        assert listed <= set(ledger.ids())
    return several


def assert_steady(memory: list[float], reindexed: int) -> None:
    """At the end of the last process's life it has hardly more than after its first fifth."""
    part = max(1, len(memory) // 5)
    warm, last = memory[part : 2 * part] or memory[:1], memory[-part:]
    most = _MORE_MB + _MORE_A_REINDEX_MB * reindexed
    assert median(last) - median(warm) < most, memory
