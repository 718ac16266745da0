"""File systems of a test's own, where this machine lets it mount some."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def mounted(*arguments: str | Path, at: Path) -> Iterator[Path]:
    """Something mounted at a folder; the test is skipped where that isn't permitted."""
    at.mkdir(exist_ok=True)
    try:
        done = subprocess.run(["mount", *arguments, at], capture_output=True, check=False)
        refused = done.stderr.decode() if done.returncode else ""
    except FileNotFoundError as error:
        refused = str(error)
    if refused:
        pytest.skip(f"no file system can be mounted here: {refused}")
    try:
        yield at
    finally:
        subprocess.run(["umount", "--lazy", at], check=True)
