"""The folder of an embedded index: archives, their generations, and which one is current.

``DIR/{archive}/{generation}/`` holds one complete store; the file
``DIR/{archive}/current`` names the one in use. A generation is laid out beside
its place and moved there whole, and ``current`` is replaced in one step, so a
kill at any moment leaves either the old state or the new one.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from indexer.errors import IndexNotFound, SettingsError, StoreError

_CURRENT = "current"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def archive_folder(index: Path, archive: str) -> Path:
    """Where an archive's generations are.

    Raises SettingsError for a name that is not letters, digits, ``-`` and ``_``.
    """
    if not _NAME.fullmatch(archive):
        raise SettingsError(
            f"{archive!r} can't name an archive: use up to 64 letters, digits, - and _"
        )
    return index / archive


def current_generation(index: Path, archive: str) -> Path:
    """The folder of the generation in use. Raises IndexNotFound where there is none."""
    folder = archive_folder(index, archive)
    try:
        generation = (folder / _CURRENT).read_text("utf-8", errors="replace").strip()
    except FileNotFoundError:
        raise IndexNotFound(
            f"there is no index at {folder}: make one with 'fundstelle index PATH', "
            "or name its folder with --index DIR"
        ) from None
    except OSError as error:
        raise StoreError(f"the index at {folder} can't be read: {error}") from error
    found = folder / generation
    if not _NAME.fullmatch(generation) or not found.is_dir():
        raise StoreError(
            f"{folder / _CURRENT} names generation {generation!r}, which is not there; restore a "
            "backup, or remove the folder and index again"
        )
    return found


def add_generation(index: Path, archive: str, create: Callable[[Path], None]) -> Path:
    """Lay out the archive's first generation with ``create(folder)`` and make it current.

    Raises StoreError where the folder can't be written.
    """
    folder = archive_folder(index, archive)
    generation, draft = folder / "1", folder / ".draft"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Without ``current`` there was no index: what lies here was cut off while being made.
        for leftover in (draft, generation):
            shutil.rmtree(leftover, ignore_errors=True)
        create(draft)
        draft.rename(generation)
        pointer = folder / f".{_CURRENT}"
        pointer.write_text(generation.name, "utf-8")
        _sync(pointer)
        pointer.replace(folder / _CURRENT)
        _sync(folder)
    except OSError as error:
        raise StoreError(f"an index can't be made at {folder}: {error}") from error
    return generation


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
