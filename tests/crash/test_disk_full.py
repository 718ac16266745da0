"""A disk that is full, on a real small file system: a clear error, and nothing is lost."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from indexer.disk import RESERVE
from tests.crash.conftest import Undisturbed
from tests.crash.mounts import mounted
from tests.crash.processes import Processes
from tests.crash.served import address_at, free_port, served
from tests.crash.state import State, wrong_between
from tests.crash.test_client_killed import told

pytestmark = pytest.mark.model

_SIZE = 512 * 2**20


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with mounted("-t", "tmpfs", "-o", f"size={_SIZE}", "none", at=tmp_path / "disk") as found:
        yield found


@pytest.fixture
def fill(disk: Path) -> Callable[[int], None]:
    """Fills the disk up to so many free bytes; a lesser filling takes the place of a greater."""
    ballast = disk / "ballast"

    def up_to(free: int) -> None:
        ballast.unlink(missing_ok=True)
        there = os.statvfs(disk)
        with ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, there.f_bavail * there.f_frsize - free)

    return up_to


def test_a_full_disk_is_told_before_anything_is_harmed(
    small: Undisturbed, processes: Processes, disk: Path, fill: Callable[[int], None]
) -> None:
    index = small.copy(disk / "index")
    command = ("index", small.corpus.folder, "--index", index, "--prune")
    for free in (0, RESERVE // 2):
        fill(free)
        for arguments in (command, ("status", "--index", index)):
            done = processes.run(*arguments)
            assert done.status == 1, done
            assert "free some and run the command again" in done.err
    (disk / "ballast").unlink()
    assert State.read(index) == small.before
    assert processes.run(*command).status == 0
    assert State.read(index) == small.after


@pytest.mark.long
def test_no_index_is_begun_on_a_full_disk(
    small: Undisturbed, processes: Processes, disk: Path, fill: Callable[[int], None]
) -> None:
    fill(RESERVE)
    done = processes.run("index", small.corpus.folder, "--index", disk / "new")
    assert done.status == 1
    assert "128 MiB are needed" in done.err
    (disk / "ballast").unlink()
    assert processes.run("index", small.corpus.folder, "--index", disk / "new").status == 0


@pytest.mark.long
def test_a_disk_that_fills_up_meanwhile_stops_a_run_between_two_writes(
    small: Undisturbed, processes: Processes, disk: Path, tmp_path: Path
) -> None:
    index = small.copy(disk / "index")
    confirmed = tmp_path / "confirmed"
    command = ("index", small.corpus.folder, "--index", index, "--prune")
    running = processes.start(*command, confirmed=confirmed)
    stop = threading.Event()
    filler = threading.Thread(target=_fill_slowly, args=(disk, confirmed, stop))
    filler.start()
    ended = running.wait()
    stop.set()
    filler.join()
    assert ended.status == 1, ended
    assert "free some" in ended.err
    (disk / "ballast").unlink()
    state = State.read(index)
    assert told(confirmed)
    assert wrong_between(state, small.before, small.after, told(confirmed)) == []
    assert processes.run(*command).status == 0
    assert State.read(index) == small.after


def _fill_slowly(disk: Path, confirmed: Path, stop: threading.Event) -> None:
    """From the first confirmed batch on, take what is free but for half of the reserve."""
    while not told(confirmed) and not stop.is_set():
        stop.wait(0.005)
    there = os.statvfs(disk)
    size = there.f_bavail * there.f_frsize - RESERVE // 2
    with (disk / "ballast").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, size)


def test_a_service_goes_on_reading(
    small: Undisturbed, processes: Processes, disk: Path, fill: Callable[[int], None]
) -> None:
    index = small.copy(disk / "index")
    command = ("index", small.corpus.folder, "--index", index, "--prune")
    port = free_port()
    with served(processes, index, port):
        fill(0)
        with httpx.Client(base_url=address_at(port), trust_env=False, timeout=60) as client:
            refused = client.post("/v1/articles", content=b'{"id": "new", "text": "Ein Satz."}')
            assert refused.status_code == httpx.codes.INSUFFICIENT_STORAGE
            assert "free some" in refused.json()["detail"]
            assert client.get("/v1/articles/new").status_code == httpx.codes.NOT_FOUND
            listed = client.get("/v1/articles?limit=1000").raise_for_status().json()["articles"]
            assert {head["article_id"] for head in listed} == small.corpus.before.keys()
            for name, text in small.corpus.before.items():
                assert client.get(f"/v1/articles/{name}").json()["text"] == text
            found = client.get("/v1/search", params={"q": "Mühle"}).raise_for_status()
            assert found.json()["results"]
        done = processes.run(*command)
        assert done.status == 1
        assert "free some" in done.err
        (disk / "ballast").unlink()
        assert processes.run(*command).status == 0
    assert State.read(index) == small.after
