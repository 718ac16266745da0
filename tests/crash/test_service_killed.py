"""The service itself is killed while it is sent articles, and is checked when it is back."""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path

import httpx
import pytest

from tests.crash.aims import round_of
from tests.crash.conftest import Undisturbed, fifty_kills
from tests.crash.processes import Aim, Processes, Running
from tests.crash.readers import Readers
from tests.crash.served import address_at, free_port, served
from tests.crash.state import State
from tests.crash.test_client_killed import told

pytestmark = pytest.mark.model

_DYING_S = 10


def kill_until_done(
    archive: Undisturbed,
    aims: Iterable[Aim],
    processes: Processes,
    folder: Path,
    chance: random.Random,
) -> list[str]:
    """Replace an archive through a service that is killed at each aim."""
    index = archive.copy(folder / "index")
    confirmed = folder / "confirmed"
    deaths = []
    command = ("index", archive.corpus.folder, "--index", index, "--prune", "--json")
    port = free_port()
    with Readers(archive, address_at(port), may_die=True, chance=chance) as readers:
        for aim in aims:
            with served(processes, index, port, aim) as service:
                _read_unless_killed(service, readers, told(confirmed))
                client = processes.start(*command, confirmed=confirmed)
                ended = client.wait()
                if service.process.is_alive():  # it was done before it came there
                    assert ended.status == 0, f"{aim}: {ended}"
                else:
                    assert service.wait().status == -9, f"{aim}: {service.wait()}"
                    deaths.append(str(aim))
                    print(aim, flush=True)
                    _told_what_to_do(ended, aim)
        with served(processes, index, port) as service:
            readers.read_all(told(confirmed))
            ended = processes.run(*command)
            assert ended.status == 0, ended.err
            readers.read_all(archive.corpus.after.keys() & archive.corpus.lasting)
            assert readers.reads.keys() == {"_read_one", "_list_all", "_search", "_ask"}
    assert State.read(index) == archive.after
    print(f"reads: {dict(readers.reads)}")
    return deaths


def _read_unless_killed(service: Running, readers: Readers, confirmed: set[str]) -> None:
    """Read what a service has, if it lives long enough for that."""
    if not service.process.is_alive():
        return
    try:
        readers.read_all(confirmed)
    except httpx.TransportError:
        service.process.join(_DYING_S)
        if service.process.is_alive():
            raise
        assert service.wait().status == -9


def _told_what_to_do(ended: object, aim: Aim) -> None:
    """A client whose service dies says so; one that came late opened the index by itself."""
    status, err = getattr(ended, "status", None), getattr(ended, "err", "")
    if status != 0:
        assert status == 1, f"{aim}: {ended}"
        assert "was lost" in err, err
        assert "run the command again" in err, err
    assert "Traceback" not in err, err


def test_a_service_killed_three_times_comes_back_whole(
    small: Undisturbed, processes: Processes, tmp_path: Path, chance: random.Random
) -> None:
    aims = [
        Aim("write", "after", number=chance.randint(1, 3)),
        Aim("commit", delay=chance.uniform(0, 0.02)),
        Aim("drop", "before", number=chance.randint(1, 3)),
    ]
    assert len(kill_until_done(small, aims, processes, tmp_path, chance)) == 3


@pytest.mark.long
def test_fifty_kills_of_the_service(
    parts: list[Undisturbed], whole_batches: Processes, tmp_path: Path, chance: random.Random
) -> None:
    deaths = fifty_kills(
        parts,
        tmp_path,
        lambda number, part, folder: kill_until_done(
            part, round_of(chance, number), whole_batches, folder, chance
        ),
    )
    print(f"{len(deaths)} kills of the service")
