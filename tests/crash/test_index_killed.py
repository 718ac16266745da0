"""No service: ``fundstelle index`` is killed, and each time the index is opened and checked."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.crash.aims import round_of
from tests.crash.conftest import Undisturbed, fifty_kills
from tests.crash.processes import Aim, Processes
from tests.crash.state import State, wrong_between

pytestmark = pytest.mark.model


def kill_until_done(
    archive: Undisturbed, aims: Iterable[Aim], processes: Processes, folder: Path
) -> list[str]:
    """Replace an archive by a process that is killed at each aim; how often, and when."""
    index = archive.copy(folder / "index")
    confirmed = folder / "confirmed"
    deaths = []
    command = ("index", archive.corpus.folder, "--index", index, "--prune", "--json")
    for aim in aims:
        ended = processes.start(*command, aim=aim, confirmed=confirmed).wait()
        if ended.status == 0:
            continue  # it was done before it came there
        assert ended.status == -9, f"{aim}: {ended}"
        deaths.append(str(aim))
        print(aim, flush=True)
        look_at_what_is_left(archive, index, aim, processes, confirmed)
    ended = processes.run(*command)
    assert ended.status == 0, ended.err
    assert State.read(index) == archive.after
    again = processes.run(*command).json
    assert again["articles"] | {"unchanged": 0} == dict.fromkeys(again["articles"], 0)
    return deaths


def look_at_what_is_left(
    archive: Undisturbed, index: Path, aim: Aim, processes: Processes, confirmed: Path
) -> None:
    """Any command opens what a killed one left, and everything is there once and whole."""
    title = next(iter(sorted(archive.corpus.lasting)))
    for command in (("status",), ("search", archive.corpus.titles[title])):
        done = processes.run(*command, "--index", index, "--json")
        assert done.status == 0, f"{aim}: {done.err}"
    for found in json.loads(done.out)["results"]:
        texts = archive.corpus.texts(found["article_id"]).values()
        assert any(t[found["start"] : found["end"]] == found["text"] for t in texts), aim
    state = State.read(index)
    told = set(confirmed.read_text("utf-8").split("\n")) - {""} if confirmed.exists() else set()
    assert wrong_between(state, archive.before, archive.after, told) == [], aim


def test_a_run_killed_at_three_moments_is_finished_by_the_next(
    small: Undisturbed, processes: Processes, tmp_path: Path, chance: random.Random
) -> None:
    aims = [
        Aim("write", "after", number=chance.randint(1, 3)),
        Aim("commit", chance.choice(["before", "after"]), number=chance.randint(1, 2)),
        Aim("drop", "during", number=chance.randint(1, 3), delay=chance.uniform(0, 0.05)),
    ]
    assert len(kill_until_done(small, aims, processes, tmp_path)) == 3


@pytest.mark.long
def test_fifty_kills_over_the_corpus(
    parts: list[Undisturbed], whole_batches: Processes, tmp_path: Path, chance: random.Random
) -> None:
    deaths = fifty_kills(
        parts,
        tmp_path,
        lambda number, part, folder: kill_until_done(
            part, round_of(chance, number), whole_batches, folder
        ),
    )
    print(f"{len(deaths)} kills of the command")
