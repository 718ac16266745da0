"""The folder of an embedded index: archives, their generations, and which one is current.

``DIR/{archive}/{generation}/`` holds one complete store; the file
``DIR/{archive}/current`` names the one in use. Generations are numbered: those
before the current one are old, the one after it is still being made. A generation
is laid out beside its place and moved there whole, and ``current`` is replaced in
one step, so a kill at any moment leaves either the old state or the new one.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

from indexer import pointer
from indexer.errors import IndexNotFound, SettingsError, StoreError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_NUMBER = re.compile(r"[1-9][0-9]{0,8}")


def require_name(archive: str) -> None:
    """Raise SettingsError for a name that is not letters, digits, ``-`` and ``_``."""
    if not _NAME.fullmatch(archive):
        raise SettingsError(
            f"{archive!r} can't name an archive: use up to 64 letters, digits, - and _"
        )


def archive_folder(index: Path, archive: str) -> Path:
    """Where an archive's generations are. Raises SettingsError for a name that can't be used."""
    require_name(archive)
    return index / archive


def current_generation(index: Path, archive: str) -> Path:
    """The folder of the generation in use. Raises IndexNotFound where there is none."""
    folder = archive_folder(index, archive)
    try:
        generation = pointer.named(folder)
    except OSError as error:
        raise StoreError(f"the index at {folder} can't be read: {error}") from error
    if generation is None:
        raise IndexNotFound(
            f"there is no index at {folder}: make one with 'fundstelle index PATH', "
            "or name its folder with --index DIR"
        )
    found = folder / generation
    if not _NUMBER.fullmatch(generation) or not found.is_dir():
        raise StoreError(
            f"{folder / 'current'} names generation {generation!r}, which is not there; restore a "
            "backup, or remove the folder and index again"
        )
    return found


def new_generation(index: Path, archive: str, create: Callable[[Path], None]) -> Path:
    """Lay out the generation after the current one with ``create(folder)``.

    Without an index it is the first. It is not current yet. What an earlier run left
    unfinished is removed. Raises StoreError where the folder can't be written.
    """
    folder = archive_folder(index, archive)
    generation, draft = next_generation(index, archive), folder / ".draft"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for leftover in (draft, *unfinished_generations(index, archive)):
            shutil.rmtree(leftover, ignore_errors=True)
        create(draft)
        draft.rename(generation)
        pointer.sync(folder)
    except OSError as error:
        raise StoreError(f"an index can't be made at {folder}: {error}") from error
    return generation


def switch_generation(generation: Path) -> None:
    """Make a generation the current one, in one step that a kill can't halve.

    Raises StoreError where the folder can't be written.
    """
    try:
        pointer.name(generation.parent, generation.name)
    except OSError as error:
        raise StoreError(f"{generation} can't be made current: {error}") from error


def next_generation(index: Path, archive: str) -> Path:
    """Where the generation after the current one is or would be."""
    return archive_folder(index, archive) / str(_current_number(index, archive) + 1)


def old_generations(index: Path, archive: str) -> list[Path]:
    """The generations before the current one, the oldest first."""
    current = _current_number(index, archive)
    return [g for g in _generations(index, archive) if int(g.name) < current]


def unfinished_generations(index: Path, archive: str) -> list[Path]:
    """What runs that were cut off left: without a current generation, all there is."""
    current = _current_number(index, archive)
    return [g for g in _generations(index, archive) if int(g.name) > current]


def drop_generation(generation: Path) -> None:
    """Remove a generation that is not in use. Raises StoreError where that fails."""
    try:
        shutil.rmtree(generation)
    except OSError as error:
        raise StoreError(f"{generation} can't be removed: {error}") from error


def _current_number(index: Path, archive: str) -> int:
    try:
        return int(current_generation(index, archive).name)
    except IndexNotFound:
        return 0


def _generations(index: Path, archive: str) -> list[Path]:
    try:
        found = list(archive_folder(index, archive).iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StoreError(f"the index at {index} can't be read: {error}") from error
    numbered = [path for path in found if _NUMBER.fullmatch(path.name)]
    return sorted(numbered, key=lambda path: int(path.name))
