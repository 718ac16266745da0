"""Making, re-indexing and restoring an index are killed: it is the former one, or the new one.

A generation is filled beside the one in use, so that there is nothing between the two.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.crash.conftest import Undisturbed, copied
from tests.crash.processes import Aim, Processes
from tests.crash.state import State

pytestmark = pytest.mark.model

_OTHERWISE = ("reindex", "--passage-tokens", "32", "--passage-overlap", "0")
_CLOSE = 1e-5  # of vectors that were embedded along with others


def same(state: State, expected: State) -> bool:
    """Whether two states hold the same, but for the last bits of vectors."""
    return state.without_vectors() == expected.without_vectors() and (
        state.farthest(expected) < _CLOSE
    )


def kill_until_done(
    command: tuple[str | Path, ...],
    index: Path,
    former: State | None,
    following: State,
    aims: Iterable[Aim],
    processes: Processes,
) -> int:
    """Run a command that is killed at each aim, then to its end; how often it died."""
    deaths = 0
    for aim in aims:
        ended = processes.run(*command, aim=aim)
        assert ended.status in {0, -9}, f"{aim}: {ended}"
        deaths += ended.status == -9
        found = State.read(index) if (index / "default" / "current").exists() else None
        if found is not None and same(found, following):
            continue
        assert ended.status == -9, f"{aim}: {ended}"
        if former is None:  # then what is there is on its way
            assert found is None or found.versions.items() <= following.versions.items(), aim
        else:
            assert found is not None, f"{aim}: nothing is in use"
            assert same(found, former), f"{aim}: neither the one nor the other"
        status = processes.run("status", "--index", index, "--json")
        assert status.status == (0 if found else 1), f"{aim}: {status}"
    ended = processes.run(*command)
    assert ended.status == 0, ended.err
    assert same(State.read(index), following)
    return deaths


def _making(chance: random.Random) -> list[Aim]:
    return [
        Aim("make", "before"),
        Aim("make", delay=chance.uniform(0, 0.2)),
        Aim("make", "after"),
        *(Aim("name", when, number=n) for n in (1, 2, 3) for when in ("before", "after")),
        Aim("journal", "before"),
    ]


def _filling(chance: random.Random) -> list[Aim]:
    return [
        *_making(chance),
        Aim("journal", "after", number=chance.randint(1, 3)),
        Aim("write", "after", number=chance.randint(1, 3)),
        Aim("write", number=chance.randint(1, 3), delay=chance.uniform(0, 0.03)),
        Aim("commit", "before", number=chance.randint(1, 3)),
        Aim("commit", "after", number=chance.randint(1, 3)),
        Aim("end", "before", number=chance.randint(1, 3)),
        Aim("optimise", "before"),
        Aim("optimise", "after"),
        Aim("close", "before"),
        Aim("close", "after"),
    ]


def _restoring(chance: random.Random) -> list[Aim]:
    return [
        *_making(chance)[:-1],
        Aim("backup", "before"),
        *(Aim("backup", delay=chance.uniform(0, 0.3)) for _ in range(4)),
        Aim("backup", "after"),
        Aim("optimise", "after"),
        Aim("close", "after"),
    ]


def reindexed(archive: Undisturbed, processes: Processes, folder: Path) -> State:
    """The first version with other passages."""
    index = archive.copy(folder / "undisturbed")
    done = processes.run(*_OTHERWISE, "--index", index)
    assert done.status == 0, done.err
    return State.read(index)


def test_a_killed_reindex_changes_nothing_or_all(
    small: Undisturbed, processes: Processes, tmp_path: Path, chance: random.Random
) -> None:
    following = reindexed(small, processes, tmp_path)
    index = small.copy(tmp_path / "index")
    aims = [chance.choice(_filling(chance)[8:]), Aim("name", chance.choice(["before", "after"]))]
    command = (*_OTHERWISE, "--index", index)
    assert kill_until_done(command, index, small.before, following, aims, processes) == 2


@pytest.mark.long
def test_a_reindex_killed_wherever_it_can_be(
    small: Undisturbed, processes: Processes, tmp_path: Path, chance: random.Random
) -> None:
    following = reindexed(small, processes, tmp_path)
    deaths = 0
    for number, aim in enumerate(_filling(chance)):
        index = small.copy(tmp_path / f"index-{number}")
        command = (*_OTHERWISE, "--index", index)
        deaths += kill_until_done(command, index, small.before, following, [aim], processes)
    assert deaths >= 15
    index = small.copy(tmp_path / "index")
    together = [aim for aim in _filling(chance) if aim.step not in {"optimise", "close", "name"}]
    command = (*_OTHERWISE, "--index", index)
    deaths += kill_until_done(command, index, small.before, following, together, processes)
    print(f"{deaths} kills of a reindex")


@pytest.mark.long
def test_a_restore_killed_wherever_it_can_be(
    small: Undisturbed, processes: Processes, tmp_path: Path, chance: random.Random
) -> None:
    backup = tmp_path / "second.fundstelle"
    second = copied(small.index.with_name("second"), tmp_path / "second")
    done = processes.run("backup", backup, "--index", second)
    assert done.status == 0, done.err
    deaths = 0
    for number, aim in enumerate(_restoring(chance)):
        index = small.copy(tmp_path / f"index-{number}")
        command = ("restore", backup, "--index", index)
        deaths += kill_until_done(command, index, small.before, small.after, [aim], processes)
    assert deaths >= 10
    print(f"{deaths} kills of a restore")


@pytest.mark.long
def test_the_making_of_an_index_killed_wherever_it_can_be(
    small: Undisturbed, processes: Processes, tmp_path: Path, chance: random.Random
) -> None:
    small.corpus.show(small.corpus.before)
    deaths = 0
    for number, aim in enumerate(_making(chance)):
        index = tmp_path / f"index-{number}"
        command = ("index", small.corpus.folder, "--index", index, *small.options)
        deaths += kill_until_done(command, index, None, small.before, [aim], processes)
    index = tmp_path / "index"
    command = ("index", small.corpus.folder, "--index", index, *small.options)
    deaths += kill_until_done(command, index, None, small.before, _making(chance), processes)
    assert deaths >= 10
    print(f"{deaths} kills of the making of an index")
