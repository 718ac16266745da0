"""A folder that is built once: by one process of several, and again where it is damaged."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from indexer.built_folder import built, intact, remove_damaged
from indexer.errors import ModelError

TEXT = b"weights " * 1000
_BUILD = """
import sys, time
from pathlib import Path
from indexer.built_folder import built

def write(draft):
    with open(sys.argv[2], "a") as log:
        log.write("built\\n")
    (draft / "model").write_bytes(b"weights " * 500)
    time.sleep(0.5)
    with (draft / "model").open("ab") as stream:
        stream.write(b"weights " * 500)

print((built(Path(sys.argv[1]), write) / "model").read_bytes() == b"weights " * 1000)
"""


def write(draft: Path) -> None:
    (draft / "part").mkdir()
    (draft / "part" / "model").write_bytes(TEXT)
    (draft / "config").write_text("{}", "utf-8")


def rot(folder: Path) -> None:
    """One bit, as a disk loses it: size and time stay."""
    path = folder / "part" / "model"
    stamps = path.stat()
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(stamps.st_atime_ns, stamps.st_mtime_ns))


def deleted(folder: Path) -> None:
    (folder / "part" / "model").unlink()


def truncated(folder: Path) -> None:
    os.truncate(folder / "part" / "model", 100)


def without_manifest(folder: Path) -> None:
    (folder / "manifest.json").unlink()


def torn_manifest(folder: Path) -> None:
    os.truncate(folder / "manifest.json", 20)


DAMAGES = [deleted, truncated, without_manifest, torn_manifest]


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_damaged_is_built_again(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    folder = built(tmp_path / "model", write)
    damage(folder)
    assert not intact(folder)
    assert built(folder, write) == folder
    assert (folder / "part" / "model").read_bytes() == TEXT
    assert intact(folder)


@pytest.mark.parametrize("damage", [*DAMAGES[:2], rot, torn_manifest])
def test_what_a_service_finds_damaged_is_gone(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    folder, other = built(tmp_path / "model", write), built(tmp_path / "other", write)
    assert remove_damaged(tmp_path) == []
    damage(folder)
    assert remove_damaged(tmp_path) == [folder]
    assert (folder.exists(), intact(other)) == (False, True)
    assert (built(folder, write) / "part" / "model").read_bytes() == TEXT


def test_a_cache_that_is_not_there_yet_has_nothing_damaged(tmp_path: Path) -> None:
    assert remove_damaged(tmp_path / "none") == []


def test_what_is_damaged_and_in_the_way_is_an_error_with_advice(tmp_path: Path) -> None:
    folder = built(tmp_path / "model", write)
    rot(folder)
    # A folder cannot be locked as a file: stands for all that keeps it from being removed.
    lock = Path(f"{folder}.lock")
    lock.unlink()
    lock.mkdir()
    with pytest.raises(ModelError, match=r"is damaged and can't be built again.*FUNDSTELLE_CACHE"):
        remove_damaged(tmp_path)


def test_of_several_processes_one_builds_and_all_find_it_whole(tmp_path: Path) -> None:
    folder, log = tmp_path / "models" / "model", tmp_path / "log"
    command = [sys.executable, "-c", _BUILD, str(folder), str(log)]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(4)]
    assert [p.communicate(timeout=60)[0].strip() for p in started] == [b"True"] * 4
    assert log.read_text("utf-8") == "built\n"


def test_a_builder_that_was_killed_leaves_nothing_that_counts(tmp_path: Path) -> None:
    folder, log = tmp_path / "models" / "model", tmp_path / "log"
    command = [sys.executable, "-c", _BUILD, str(folder), str(log)]
    killed = subprocess.Popen(command)
    while not log.exists():
        assert killed.poll() is None
    killed.kill()
    killed.wait()
    assert not folder.exists()
    done = subprocess.run(command, capture_output=True, check=True)
    assert done.stdout.strip() == b"True"
