"""What Qdrant Edge and the file system raise, as what a user can do about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from indexer.errors import DiskFull, FundstelleError, StoreError

_FULL = ("No space left", "Not enough space")  # how Edge words it


@contextmanager
def translated(folder: Path, moment: str = "") -> Iterator[None]:
    """Edge raises bare Exceptions, or panics; the file system its own: a caller sees StoreError."""
    try:
        yield
    except (FundstelleError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # a panic of Edge is no Exception
        if any(sign in str(error) for sign in _FULL):
            raise DiskFull(f"the disk of {folder} is full: {error}; free some of it") from error
        raise StoreError(
            f"the index at {folder} failed{moment}: {error}; if it goes on, restore a backup "
            "(fundstelle restore FILE), or remove the folder and index again"
        ) from error
