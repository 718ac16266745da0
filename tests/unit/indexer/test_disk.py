"""Room on the disk: what is there is compared with what is needed, and errors say what to do."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

import pytest

from indexer.disk import RESERVE, require_room, require_writable, told
from indexer.errors import DiskFull, StoreError


def test_a_disk_with_room_is_no_error(tmp_path: Path) -> None:
    require_room(tmp_path)
    require_writable(tmp_path)


def test_a_disk_without_names_what_it_has_and_what_is_needed(tmp_path: Path) -> None:
    extra = shutil.disk_usage(tmp_path).total
    needed = round((extra + RESERVE) / 2**20)
    with pytest.raises(DiskFull, match=rf"has \d+ MiB free, and {needed} MiB are needed.*free"):
        require_room(tmp_path, extra)


@pytest.mark.parametrize(
    ("number", "kind", "words"),
    [
        (errno.ENOSPC, DiskFull, "is full; free some"),
        (errno.EDQUOT, DiskFull, "is full; free some"),
        (errno.EROFS, StoreError, "can't be written.*copy it"),
        (errno.EACCES, StoreError, "can't be written.*copy it"),
        (errno.EIO, StoreError, "can't be used"),
    ],
)
def test_an_error_of_the_file_system_is_told_as_what_to_do(
    number: int, kind: type[StoreError], words: str
) -> None:
    error = told(OSError(number, "wrong"), Path("/archive"))
    assert type(error) is kind
    with pytest.raises(kind, match=f"/archive.*{words}"):
        raise error
