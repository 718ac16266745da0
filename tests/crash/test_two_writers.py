"""Two who write to one index at once: one waits or is told who has it, and nothing is mixed."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from tests.crash.conftest import Undisturbed
from tests.crash.processes import Aim, Processes
from tests.crash.readers import Readers
from tests.crash.served import address_at, free_port, served
from tests.crash.state import State
from tests.crash.test_client_killed import told

pytestmark = pytest.mark.model

_ROUNDING = 1e-3  # of bfloat16, for texts that were embedded along with others


@pytest.mark.long
def test_a_second_run_without_a_service_waits_its_turn(
    small: Undisturbed, processes: Processes, tmp_path: Path
) -> None:
    index = small.copy(tmp_path / "index")
    command = ("index", small.corpus.folder, "--index", index, "--prune", "--json")
    both = [processes.start(*command) for _ in range(2)]
    ended = [running.wait() for running in both]
    # On a busy machine the second may have waited its ten seconds in vain.
    assert [e.status for e in ended] in ([0, 0], [0, 3], [3, 0]), ended
    for one in (e for e in ended if e.status == 3):
        assert any(f"process {running.process.pid} has it open" in one.err for running in both)
    assert State.read(index) == small.after


def test_a_second_run_gives_up_on_a_long_one_and_names_it(
    small: Undisturbed, processes: Processes, tmp_path: Path
) -> None:
    index = small.copy(tmp_path / "index")
    confirmed = tmp_path / "confirmed"
    command = ("index", small.corpus.folder, "--index", index, "--prune")
    standing = Aim("write", "stop", number=4)
    first = processes.start(*command, aim=standing, confirmed=confirmed)
    while not told(confirmed):
        assert first.process.is_alive()
        time.sleep(0.01)
    started = time.monotonic()
    second = processes.run(*command)
    assert second.status == 3, second
    assert f"process {first.process.pid} has it open" in second.err
    assert 10 <= time.monotonic() - started < 60
    first.go_on()
    assert first.wait().status == 0
    assert State.read(index) == small.after


@pytest.mark.parametrize("overlapping", [True, False], ids=["the-same-articles", "others"])
@pytest.mark.long
def test_two_clients_of_one_service(
    overlapping: bool,
    small: Undisturbed,
    processes: Processes,
    tmp_path: Path,
    chance: random.Random,
) -> None:
    index = small.copy(tmp_path / "index")
    files = sorted(small.corpus.folder.iterdir())
    halves = (files[::2], files[1::2])
    gone = sorted(small.corpus.before.keys() - small.corpus.after.keys())
    port = free_port()
    commands = [("index", *([small.corpus.folder] if overlapping else half)) for half in halves]
    with (
        served(processes, index, port),
        Readers(small, address_at(port), may_die=False, chance=chance),
    ):
        running = [processes.start(*command, "--index", index) for command in commands]
        running.append(processes.start("remove", *gone, "--index", index))
        for one in running:
            assert one.wait().status == 0, one.wait()
    state = State.read(index)
    assert state.without_vectors() == small.after.without_vectors()
    assert state.farthest(small.after) < _ROUNDING


@pytest.mark.long
def test_indexing_and_removing_the_same_article_leave_it_whole_or_gone(
    small: Undisturbed, processes: Processes, tmp_path: Path
) -> None:
    index = small.copy(tmp_path / "index")
    some = sorted(small.corpus.lasting)[::3]
    with served(processes, index, free_port()):
        running = [
            processes.start("index", small.corpus.folder, "--index", index),
            *(processes.start("remove", *part, "--index", index) for part in (some, some[::-1])),
        ]
        for one in running:
            assert one.wait().status == 0, one.wait()
    state = State.read(index)
    assert state.farthest(small.before, small.after) < _ROUNDING
    state, before, after = (s.without_vectors() for s in (state, small.before, small.after))
    kept = {a for a in small.corpus.lasting if a not in some}
    assert kept <= state.versions.keys()
    for article_id in state.versions:
        assert state.committed(article_id) in (
            before.committed(article_id),
            after.committed(article_id),
        )
        assert set(state.points[article_id]) == {state.versions[article_id]}
    assert state.journal == []
