"""A file that names the one in use of several things beside it, replaced in one step.

A kill at any moment leaves the old name or the new one, never half of one.
"""

from __future__ import annotations

import os
from pathlib import Path

_NAME = "current"


def named(folder: Path) -> str | None:
    """What is in use in ``folder``; None where nothing says so. Raises OSError."""
    try:
        return (folder / _NAME).read_text("utf-8", errors="replace").strip()
    except FileNotFoundError:
        return None


def name(folder: Path, one: str) -> None:
    """From now on ``one`` is in use. Raises OSError where the folder can't be written."""
    draft = folder / f".{_NAME}"
    draft.write_text(one, "utf-8")
    sync(draft)
    draft.replace(folder / _NAME)
    sync(folder)


def sync(path: Path) -> None:
    """Wait until what was written to a file or folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
