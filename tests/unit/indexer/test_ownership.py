"""Ownership: the lock against other processes, and the record of who holds it."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from indexer.errors import IndexLocked, StoreError
from indexer.ownership import Owner, Ownership

_HOLD = """
import sys
from pathlib import Path
from indexer.ownership import Ownership

ownership = Ownership(Path(sys.argv[1]))
if sys.argv[2]:
    ownership.announce(sys.argv[2])
print("held", flush=True)
sys.stdin.read()
ownership.release()
"""


@contextmanager
def holder(index: Path, address: str = "") -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the index until its standard input ends."""
    command = [sys.executable, "-c", _HOLD, str(index), address]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_another_process_is_named_within_patience(tmp_path: Path) -> None:
    with holder(tmp_path) as other:
        started = time.monotonic()
        with pytest.raises(IndexLocked, match=rf"process {other.pid} has it open") as caught:
            Ownership(tmp_path, patience=0.3)
        assert 0.25 <= time.monotonic() - started < 5
        assert str(tmp_path) in str(caught.value)
        assert Owner.read(tmp_path) == Owner(other.pid)


def test_a_service_is_named_with_its_address(tmp_path: Path) -> None:
    with holder(tmp_path, "http://127.0.0.1:8123") as other:
        with pytest.raises(IndexLocked, match=rf"{other.pid} serves it at http://127.0.0.1:8123"):
            Ownership(tmp_path, patience=0)
        owner = Owner.read(tmp_path)
        assert owner is not None
        assert (owner.pid, owner.address) == (other.pid, "http://127.0.0.1:8123")


def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    with holder(tmp_path, "http://127.0.0.1:8123") as other:
        other.kill()
        other.wait()
        left = Owner.read(tmp_path)
        assert left is not None
        assert left.pid == other.pid
        mine = Ownership(tmp_path, patience=1)
        assert Owner.read(tmp_path) == Owner(os.getpid())
        mine.release()


def test_patience_lasts_until_the_holder_is_done(tmp_path: Path) -> None:
    with holder(tmp_path) as other:
        assert other.stdin is not None
        other.stdin.close()
        Ownership(tmp_path, patience=30).release()
        assert other.wait(10) == 0


def test_the_same_process_does_not_own_it_twice(tmp_path: Path) -> None:
    first = Ownership(tmp_path)
    with pytest.raises(IndexLocked, match=f"process {os.getpid()}"):
        Ownership(tmp_path, patience=0)
    first.release()
    Ownership(tmp_path, patience=0).release()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file modes")
def test_the_record_is_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        ownership = Ownership(tmp_path)
        assert mode(tmp_path / "owner.json") == 0o600
        ownership.announce("http://127.0.0.1:1")
        assert mode(tmp_path / "owner.json") == 0o600
    finally:
        os.umask(before)
    ownership.release()


def test_announcing_records_the_address_and_a_token(tmp_path: Path) -> None:
    ownership = Ownership(tmp_path)
    assert Owner.read(tmp_path) == Owner(os.getpid(), None, None)
    first = ownership.announce("http://127.0.0.1:1")
    second = ownership.announce("http://127.0.0.1:2")
    assert Owner.read(tmp_path) == Owner(os.getpid(), "http://127.0.0.1:2", second)
    assert first != second
    assert len(second) >= 32
    ownership.release()


def test_release_takes_the_record_away(tmp_path: Path) -> None:
    ownership = Ownership(tmp_path / "new" / "index")
    ownership.release()
    assert Owner.read(tmp_path / "new" / "index") is None
    left = {p.name for p in (tmp_path / "new" / "index").iterdir()}
    assert left <= {".lock"}


def test_releasing_twice_leaves_the_next_owner_alone(tmp_path: Path) -> None:
    first = Ownership(tmp_path)
    first.release()
    with holder(tmp_path) as other:
        first.release()
        assert Owner.read(tmp_path) == Owner(other.pid)
        with pytest.raises(IndexLocked):
            Ownership(tmp_path, patience=0)


DAMAGED = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"7",
    b"{}",
    b'{"pid": 1}',
    b'{"pid": "x", "address": null, "token": null}',
    b'{"pid": null, "address": null, "token": null}',
    b"\xff\xfe",
]


@pytest.mark.parametrize("record", DAMAGED, ids=repr)
def test_a_damaged_record_is_none(tmp_path: Path, record: bytes) -> None:
    (tmp_path / "owner.json").write_bytes(record)
    assert Owner.read(tmp_path) is None
    ownership = Ownership(tmp_path, patience=0)
    assert Owner.read(tmp_path) == Owner(os.getpid())
    ownership.release()


def test_without_a_record_the_holder_is_still_respected(tmp_path: Path) -> None:
    with holder(tmp_path):
        (tmp_path / "owner.json").write_text("{", "utf-8")
        with pytest.raises(IndexLocked, match="in use by another process"):
            Ownership(tmp_path, patience=0)


def test_the_record_of_one_who_is_gone_is_written_over(tmp_path: Path) -> None:
    stale = {"pid": 999_999_999, "address": "http://127.0.0.1:1", "token": "t"}
    (tmp_path / "owner.json").write_text(json.dumps(stale), "utf-8")
    # What a kill between writing the record and moving it there leaves.
    for pid in (os.getpid(), 999_999_999):
        (tmp_path / f".owner.json.{pid}").write_text("{", "utf-8")
    ownership = Ownership(tmp_path, patience=0)
    assert Owner.read(tmp_path) == Owner(os.getpid())
    assert {path.name for path in tmp_path.iterdir()} == {".lock", "owner.json"}
    ownership.release()


def test_a_folder_that_can_not_be_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(StoreError, match="can't be used"):
        Ownership(tmp_path / "file" / "index")


def test_a_record_that_can_not_be_written_is_a_store_error_and_frees_the_lock(
    tmp_path: Path,
) -> None:
    (tmp_path / "owner.json").mkdir()
    with pytest.raises(StoreError, match="can't be used"):
        Ownership(tmp_path)
    (tmp_path / "owner.json").rmdir()
    Ownership(tmp_path, patience=0).release()
