"""The keys that a running service knows, always those of the file as it is now.

The file is looked at with every request, so a key that was removed opens nothing from then
on. A file that can't be used any more changes nothing, and is told of in the log.
"""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime
from pathlib import Path

from service.access.key import Key
from service.access.key_file import Keys, read_keys
from service.access.secret import digest
from service.errors import KeysError

_LOG = logging.getLogger(__name__)


class Keyring:
    """The keys of one file. Safe to use from several threads.

    Raises KeysError where the file can't be used at the start.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._turn = threading.Lock()
        self._state = _state(path)
        self._keys = read_keys(path)

    def __len__(self) -> int:
        return len(self._current())

    @property
    def archives(self) -> set[str]:
        """The archives that keys open."""
        return {key.archive for key in self._current().values()}

    def find(self, secret: str) -> Key | None:
        """The key with this text, None where there is none or it has expired.

        Every key is compared, so that the time says nothing of which was nearest.
        """
        presented = digest(secret)
        having = [key for key in self._current().values() if key.has(presented)]
        now = datetime.now(UTC)
        return next((key for key in having if key.is_valid(presented, now)), None)

    def _current(self) -> Keys:
        with self._turn:
            state = _state(self._path)
            if state != self._state:
                self._state = state
                try:
                    self._keys = read_keys(self._path)
                except KeysError as error:
                    _LOG.error("%s; the keys of before go on counting", error)
            return self._keys


def _state(path: Path) -> tuple[int, ...] | None:
    """What changes with the file: it is replaced as a whole, so its number at the least."""
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_ino, found.st_mtime_ns, found.st_size, found.st_mode)
