"""What the crash tests share: an archive in two versions, and what it is when nobody dies."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import pytest

from tests.crash.corpus import Corpus, of_folder, written
from tests.crash.processes import Processes
from tests.crash.state import State

SEED = "FUNDSTELLE_TEST_SEED"
_ARTICLES = 30
_PARTS = 4


@dataclass(frozen=True)
class Undisturbed:
    """A corpus, an index of its first version, and the states before and after its replacement."""

    corpus: Corpus
    index: Path
    options: tuple[str, ...]
    before: State
    after: State

    def copy(self, to: Path) -> Path:
        """An index of the first version that may be changed; the folder shows the second."""
        copied(self.index, to)
        self.corpus.show(self.corpus.after)
        return to


def copied(index: Path, to: Path) -> Path:
    """A copy of an index whose files stay as sparse as Edge made them."""
    subprocess.run(["cp", "-r", "--sparse=always", index, to], check=True)
    return to


@pytest.fixture(scope="session")
def chance() -> random.Random:
    """Chance, printed by pytest where a test fails, so that it can be repeated."""
    seed = os.environ.get(SEED) or str(random.SystemRandom().randrange(10**9))
    print(f"{SEED}={seed}")
    return random.Random(seed)  # noqa: S311 - nothing secret, but repeatable


@pytest.fixture(scope="session")
def processes(tmp_path_factory: pytest.TempPathFactory, _shared_cache: None) -> Iterator[Processes]:
    """Commands of small batches."""
    started = Processes(tmp_path_factory.mktemp("processes"), small=True)
    yield started
    started.close()


@pytest.fixture(scope="session")
def whole_batches(
    tmp_path_factory: pytest.TempPathFactory, _shared_cache: None
) -> Iterator[Processes]:
    """Commands as they are."""
    started = Processes(tmp_path_factory.mktemp("whole"), small=False)
    yield started
    started.close()


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory, processes: Processes) -> Undisturbed:
    """A few short articles in batches of eight."""
    corpus = written(tmp_path_factory.mktemp("small") / "news", _ARTICLES)
    return undisturbed(corpus, processes, ("--passage-tokens", "64", "--passage-overlap", "0"))


@pytest.fixture(scope="session")
def parts(
    tmp_path_factory: pytest.TempPathFactory, whole_batches: Processes, shared: Path
) -> list[Undisturbed]:
    """All articles of the German Wikinews, in four parts, each with its own index."""
    source = shared / "corpora" / "wikinews-de"
    folders = [tmp_path_factory.mktemp(f"part-{part}") / "news" for part in range(_PARTS)]
    corpora = [of_folder(f, source, part, _PARTS) for part, f in enumerate(folders)]
    return [undisturbed(corpus, whole_batches, ()) for corpus in corpora]


def fifty_kills(
    parts: list[Undisturbed], folder: Path, kill: Callable[[int, Undisturbed, Path], list[str]]
) -> list[str]:
    """Kill over every part, and over them again until fifty died; what each died of."""
    deaths: list[str] = []
    for number, part in enumerate(cycle(parts)):
        if number >= len(parts) and len(deaths) >= 50:
            return deaths
        work = folder / str(number)
        work.mkdir()
        deaths += kill(number, part, work)
        shutil.rmtree(work)
    raise AssertionError("there are no parts")


def undisturbed(corpus: Corpus, processes: Processes, options: tuple[str, ...]) -> Undisturbed:
    """Index the first version, and replace it by the second in a copy."""
    first, second = (corpus.folder.with_name(name) for name in ("first", "second"))
    corpus.show(corpus.before)
    done = processes.run("index", corpus.folder, "--index", first, *options)
    assert done.status == 0, done.err
    copied(first, second)
    corpus.show(corpus.after)
    done = processes.run("index", corpus.folder, "--index", second, "--prune")
    assert done.status == 0, done.err
    before, after = State.read(first), State.read(second)
    assert before.versions.keys() == corpus.before.keys()
    assert after.versions.keys() == corpus.after.keys()
    return Undisturbed(corpus, first, options, before, after)
