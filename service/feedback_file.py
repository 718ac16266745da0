"""A JSON Lines file that ratings are added to, whole lines only, and safely on the disk.

One service writes to a file. What the lines say is left to ``feedback.py``.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import msgspec

from service.errors import FeedbackError

_OWNER_ALONE = 0o600  # questions are personal data


class FeedbackFile:
    """Adds lines from several threads. Without a ``path`` nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._adding = threading.Lock()

    @property
    def enabled(self) -> bool:
        """Whether ratings are kept."""
        return self._path is not None

    def add(self, line: dict[str, Any]) -> None:
        """Write a line; returns once it is on the disk.

        Raises FeedbackError where it can't be, and leaves the file as it was.
        """
        if self._path is None:
            raise FeedbackError("feedback is not kept")
        with self._adding:
            try:
                _append(self._path, msgspec.json.encode(line) + b"\n")
            except OSError as error:
                raise FeedbackError(
                    f"the rating could not be kept in {self._path}: {error.strerror}; "
                    "FUNDSTELLE_FEEDBACK has to name a file in a folder that can be written"
                ) from error


def _append(path: Path, content: bytes) -> None:
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT
    descriptor = os.open(path, flags, _OWNER_ALONE)
    try:
        before = os.fstat(descriptor).st_size
        # Another program may have left its last line without an end.
        if before and os.pread(descriptor, 1, before - 1) != b"\n":
            content = b"\n" + content
        try:
            while content:
                content = content[os.write(descriptor, content) :]
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, before)
            raise
    finally:
        os.close(descriptor)
