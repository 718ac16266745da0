"""A folder that is built once into the cache, and built again where it is damaged.

Built beside its place and moved there whole, under a lock; every file is held to the
checksum that it had. Raises ModelError where it can't be written. What is in it is for
those who build (``models.py``, ``graphs.py``).
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from filelock import FileLock

from indexer.errors import ModelError

_MANIFEST = "manifest.json"


def built(folder: Path, write: Callable[[Path], None]) -> Path:
    """The folder, as ``write`` fills an empty one, written first where it is not intact."""
    if intact(folder):
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{folder}.lock"):
            if not intact(folder):
                _build(folder, write)
    except OSError as error:
        raise ModelError(
            f"{folder} could not be built: {error}. Make room there, or set FUNDSTELLE_CACHE to a "
            "folder that can be written"
        ) from error
    return folder


def _build(folder: Path, write: Callable[[Path], None]) -> None:
    # Built beside its place and moved there whole: a killed build leaves no half folder.
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".building-") as scratch:
        draft = Path(scratch) / "model"
        draft.mkdir()
        write(draft)
        manifest = {p.relative_to(draft).as_posix(): sha256(p) for p in _files(draft)}
        (draft / _MANIFEST).write_text(json.dumps({"sha256": manifest}), encoding="utf-8")
        if folder.exists():
            shutil.rmtree(folder)
        draft.rename(folder)
    _mark_verified(folder)


def intact(folder: Path) -> bool:
    """Whether every file is the one that was built.

    Hashing 240 MB at every start would cost a quarter of a second, so files
    whose size and time are as they were when last hashed count as unchanged.
    """
    try:
        manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        if manifest.get("verified") == _stamps(folder):
            return True
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
    if not _is_whole(folder):
        return False
    _mark_verified(folder)
    return True


def remove_damaged(parent: Path) -> list[Path]:
    """Hash every folder that was built in ``parent``, and remove those with another checksum.

    ``intact`` trusts sizes and times, which a failing disk does not change. Who is about to run
    for long can spare the time for this. Raises ModelError where one can't be removed.
    """
    removed = []
    for manifest in sorted(parent.glob(f"*/{_MANIFEST}")):
        folder = manifest.parent
        if not _is_whole(folder):
            try:
                with FileLock(f"{folder}.lock"):
                    if folder.exists() and not _is_whole(folder):
                        shutil.rmtree(folder)
                        removed.append(folder)
            except OSError as error:
                raise ModelError(
                    f"{folder} is damaged and can't be built again: {error}. Let it be written, "
                    "or set FUNDSTELLE_CACHE to another folder"
                ) from error
    return removed


def _is_whole(folder: Path) -> bool:
    try:
        expected = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))["sha256"]
        return all(sha256(folder / name) == digest for name, digest in expected.items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _mark_verified(folder: Path) -> None:
    path = folder / _MANIFEST
    manifest = json.loads(path.read_text(encoding="utf-8"))
    draft = path.with_suffix(f".{os.getpid()}")
    try:
        draft.write_text(json.dumps(manifest | {"verified": _stamps(folder)}), encoding="utf-8")
        draft.replace(path)
    except OSError:  # a read-only cache is fine: it is hashed at every start instead
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def _stamps(folder: Path) -> dict[str, list[int]]:
    return {
        p.relative_to(folder).as_posix(): [p.stat().st_size, p.stat().st_mtime_ns]
        for p in _files(folder)
        if not p.name.startswith("manifest.")
    }


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file())


def sha256(path: Path) -> str:
    """The checksum of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
