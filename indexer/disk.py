"""Room on the disk of an index, and leave to write there, asked for before it is needed.

Qdrant Edge writes through memory maps of sparse files. A full disk shows itself to such a
write as a bus error, which ends the process without a word; so nothing is begun that
might not fit. What is done about it is left to the caller.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

from indexer.errors import DiskFull, StoreError

#: What has to stay free, in bytes: a segment of Edge's log is 32 MiB, and opening an index
#: after a crash writes up to as much again.
RESERVE = 64 * 2**20
_FORBIDDEN = {errno.EROFS, errno.EACCES, errno.EPERM}
_FULL = {errno.ENOSPC, errno.EDQUOT}


def require_room(folder: Path, extra: int = 0) -> None:
    """Raise DiskFull unless the disk of ``folder`` has RESERVE and ``extra`` bytes free.

    Raises StoreError where the folder is not there.
    """
    try:
        found = os.statvfs(folder)
    except OSError as error:
        raise told(error, folder) from error
    free, wanted = found.f_bavail * found.f_frsize, RESERVE + extra
    if free < wanted:
        raise DiskFull(
            f"the disk of {folder} has {_mib(free)} free, and {_mib(wanted)} are needed to go on; "
            "free some and run the command again: nothing that was confirmed is lost"
        )


def require_writable(folder: Path) -> None:
    """Raise StoreError where ``folder`` can't be written."""
    if not os.access(folder, os.W_OK):
        raise _not_writable(folder)


def told(error: OSError, folder: Path) -> StoreError:
    """An error of the file system, as what a user can do about it."""
    if error.errno in _FORBIDDEN:
        return _not_writable(folder)
    if error.errno == errno.ENOENT:
        return StoreError(
            f"the index folder {folder} is gone; stop what has it open, then restore a backup "
            "(fundstelle restore FILE) or index again"
        )
    if error.errno in _FULL:
        return DiskFull(f"the disk of {folder} is full; free some and run the command again")
    return StoreError(f"the index folder {folder} can't be used: {error}")


def _not_writable(folder: Path) -> StoreError:
    return StoreError(
        f"the index folder {folder} can't be written, which is needed even to read it; make it "
        "writable for this user, or copy it to where it is and name that with --index DIR"
    )


def _mib(size: int) -> str:
    return f"{size / 2**20:.0f} MiB"
