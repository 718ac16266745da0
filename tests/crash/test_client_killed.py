"""A service owns the index: ``fundstelle index`` is killed while readers poll over HTTP."""

from __future__ import annotations

import random
import socket
import struct
from collections.abc import Iterable
from pathlib import Path

import httpx
import pytest

from tests.crash.conftest import Undisturbed, fifty_kills
from tests.crash.processes import Aim, Processes
from tests.crash.readers import Readers
from tests.crash.served import address_at, free_port, served
from tests.crash.state import State

pytestmark = pytest.mark.model


def kill_until_done(
    archive: Undisturbed,
    aims: Iterable[Aim],
    processes: Processes,
    folder: Path,
    chance: random.Random,
) -> list[str]:
    """Replace an archive through a service by a client that is killed at each aim."""
    index = archive.copy(folder / "index")
    confirmed = folder / "confirmed"
    deaths = []
    command = ("index", archive.corpus.folder, "--index", index, "--prune", "--json")
    port = free_port()
    with served(processes, index, port) as service:
        with Readers(archive, address_at(port), may_die=False, chance=chance) as readers:
            for aim in aims:
                ended = processes.start(*command, aim=aim, confirmed=confirmed).wait()
                if ended.status == 0:
                    continue
                assert ended.status == -9, f"{aim}: {ended}"
                deaths.append(str(aim))
                print(aim, flush=True)
                readers.read_all(told(confirmed))
            _send_half_a_body(port)
            ended = processes.run(*command)
            assert ended.status == 0, ended.err
            readers.read_all(archive.corpus.after.keys() & archive.corpus.lasting)
            assert readers.reads.keys() == {"_read_one", "_list_all", "_search", "_ask"}
        ended = service.stop()
        assert ended.status in {0, 130}, ended
        assert "Traceback" not in ended.err
    assert State.read(index) == archive.after
    print(f"reads: {dict(readers.reads)}")
    return deaths


def told(confirmed: Path) -> set[str]:
    """The ids of articles that a client was told are in."""
    return set(confirmed.read_text("utf-8").split("\n")) - {""} if confirmed.exists() else set()


def _send_half_a_body(port: int) -> None:
    """As a client does that dies in the middle: the connection is reset, nothing of it is kept."""
    line = b'{"id": "half", "text": "Ein halber Satz."}\n'
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(
            b"POST /v1/articles HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-ndjson\r\n"
            + f"content-length: {2 * len(line)}\r\n\r\n".encode()
            + line
        )
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    found = httpx.get(f"{address_at(port)}/v1/articles/half", trust_env=False)
    assert found.status_code == httpx.codes.NOT_FOUND


def _aims(chance: random.Random) -> list[Aim]:
    """Around and during the client's requests, and anywhere; it needs about a second in all."""
    return [
        *(Aim("life", delay=chance.uniform(0, 1.5)) for _ in range(4)),
        Aim("send", "before", number=2),
        *(Aim("send", number=2, delay=chance.uniform(0, 0.5)) for _ in range(2)),
        Aim("send", "after", number=2),
        *(Aim("send", number=n, delay=chance.uniform(0, 2)) for n in (3, 4)),
        # Behind the last batch come the list of what is there, and the removals.
        *(Aim("send", "after", number=n) for n in (5, 6, 7)),
    ]


def test_a_client_killed_three_times_harms_no_reader(
    small: Undisturbed, processes: Processes, tmp_path: Path, chance: random.Random
) -> None:
    aims = [
        Aim("send", delay=chance.uniform(0, 0.1), number=2),
        Aim("send", "after", number=3),
        Aim("send", "before", number=6),
    ]
    assert len(kill_until_done(small, aims, processes, tmp_path, chance)) == 3


@pytest.mark.long
def test_fifty_kills_of_the_client(
    parts: list[Undisturbed], whole_batches: Processes, tmp_path: Path, chance: random.Random
) -> None:
    deaths = fifty_kills(
        parts,
        tmp_path,
        lambda _, part, folder: kill_until_done(part, _aims(chance), whole_batches, folder, chance),
    )
    print(f"{len(deaths)} kills of the client")
