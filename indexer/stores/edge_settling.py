"""Optimising a shard of Qdrant Edge while it is read and written: as a copy, in another process.

Edge holds Python's lock as long as ``optimize`` runs, so in a service nothing else would
happen meanwhile, not even an answer to a health check. What is written to the shard
after it was copied, and going over to the copy, are left to ``edge.py``.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import qdrant_edge as edge

from indexer import pointer
from indexer.collection import CollectionSettings
from indexer.errors import StoreError
from indexer.recipe import Recipe
from indexer.stores.edge_shard import shard_config, sparse_names

_FIRST = "shard"
_STEP_S = 0.2
_BLOCK = 2**20
_NICENESS = 10  # questions come first


def shard_in_use(folder: Path) -> Path:
    """Where the shard of a generation is."""
    return folder / (pointer.named(folder) or _FIRST)


def next_shard(folder: Path) -> Path:
    """A place beside it, which is free once ``remove_leftovers`` was called."""
    number = shard_in_use(folder).name.removeprefix(_FIRST).removeprefix("-") or "1"
    return folder / f"{_FIRST}-{int(number) + 1}"


def remove_leftovers(folder: Path) -> None:
    """Remove every shard that is not in use: an unfinished copy, or one that was gone over from."""
    in_use = shard_in_use(folder)
    for path in folder.glob(f"{_FIRST}*"):
        if path != in_use:
            shutil.rmtree(path, ignore_errors=True)


def copy_shard(shard: Path, to: Path) -> None:
    """Copy a shard that nobody writes to meanwhile; files stay as sparse as Edge makes them."""
    shutil.copytree(shard, to, copy_function=_copy_sparse)


def optimize_copy(
    shard: Path, recipe: Recipe, settings: CollectionSettings, stopping: threading.Event
) -> bool:
    """Optimise a shard that is not open, in a process of its own.

    False where ``stopping`` was set before it was done. Raises StoreError where it failed.
    """
    given = json.dumps([recipe.to_json(), asdict(settings)])
    command = [sys.executable, "-m", __spec__.name, str(shard), given]
    # Not multiprocessing: that would fork threads, or run the caller's own script once more.
    process = subprocess.Popen(  # noqa: S603
        command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )
    try:
        told = _until_done(process, stopping)
    finally:
        process.kill()
        process.communicate()
    if told is not None and process.returncode:
        last = told.strip().rpartition("\n")[2]
        raise StoreError(
            f"optimising {shard} ended with status {process.returncode}: {last}; "
            "the index is as it was, and only searching it is slower"
        )
    return told is not None


def _until_done(process: subprocess.Popen[str], stopping: threading.Event) -> str | None:
    """What the process wrote to standard error, None where it was not waited for."""
    while not stopping.is_set():
        with suppress(subprocess.TimeoutExpired):
            return process.communicate(timeout=_STEP_S)[1]
    return None


def _optimise(place: Path, recipe: Recipe, settings: CollectionSettings) -> None:
    config = shard_config(recipe, settings, sparse_names(place))
    shard = edge.EdgeShard.load(str(place), config)
    shard.optimize()
    shard.flush()
    shard.close()


def _copy_sparse(source: str, target: str) -> None:
    with Path(source).open("rb") as original, Path(target).open("wb") as copy:
        size, at = os.fstat(original.fileno()).st_size, 0
        while at < size:
            start, at = _data(original.fileno(), at, size)
            original.seek(start)
            copy.seek(start)
            while start < at:
                block = original.read(min(_BLOCK, at - start))
                copy.write(block)
                start += len(block)
        copy.truncate(size)


def _data(descriptor: int, at: int, size: int) -> tuple[int, int]:
    """From where to where the next data of a file is; what is left where there are only holes."""
    try:
        start = os.lseek(descriptor, at, os.SEEK_DATA)
        return start, os.lseek(descriptor, start, os.SEEK_HOLE)
    except OSError as error:
        if error.errno != errno.ENXIO:
            raise
        return size, size


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the service to act on
    os.nice(_NICENESS)
    of_recipe, of_settings = json.loads(sys.argv[2])
    _optimise(Path(sys.argv[1]), Recipe.from_json(of_recipe), CollectionSettings(**of_settings))
