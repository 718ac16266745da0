"""One owner: which process has an embedded index open.

An operating-system lock on ``DIR/.lock`` decides, and is gone with its holder
however that ends. ``DIR/owner.json`` (mode 0600) only tells others whom to ask:
the holder's pid and, where it is a service, its address and a token that proves
the service at that address is the one meant. Asking it is left to
``service/client.py``.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from indexer.disk import told
from indexer.errors import IndexLocked

_LOCK, _OWNER = ".lock", "owner.json"

#: How long a command waits for a holder that is not a service, in seconds.
PATIENCE = 10.0


@dataclass(frozen=True)
class Owner:
    """Who has the index open; ``address`` is None where it takes no requests."""

    pid: int
    address: str | None = None
    token: str | None = None

    @classmethod
    def read(cls, index: Path) -> Owner | None:
        """The owner on record, who may be gone; None where none is, or the record is damaged."""
        try:
            found = json.loads((index / _OWNER).read_text("utf-8"))
            return cls(int(found["pid"]), found["address"], found["token"])
        except (OSError, ValueError, KeyError, TypeError):
            return None


class Ownership:
    """The lock on an index folder, held until ``release``.

    Raises IndexLocked, naming the holder's pid, where it is not free within
    ``patience`` seconds, and StoreError where the folder can't be written.
    """

    def __init__(self, index: Path, *, patience: float = PATIENCE) -> None:
        self.index = index
        self._lock = FileLock(index / _LOCK, timeout=patience)
        try:
            index.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
            self._record(Owner(os.getpid()))
        except Timeout:
            raise IndexLocked(_locked(index)) from None
        except OSError as error:
            self._lock.release()
            raise told(error, index) from error

    def announce(self, address: str) -> str:
        """Record that this process answers at ``address``; returns the token that proves it."""
        token = secrets.token_urlsafe(32)
        self._record(Owner(os.getpid(), address, token))
        return token

    def release(self) -> None:
        """Let others have the index; a second time does nothing."""
        if self._lock.is_locked:  # else the record is the next owner's
            (self.index / _OWNER).unlink(missing_ok=True)
            self._lock.release()

    def _record(self, owner: Owner) -> None:
        path = self.index / _OWNER
        for left in self.index.glob(f".{_OWNER}.*"):  # by a process that was killed right here
            left.unlink()
        draft = path.with_name(f".{_OWNER}.{owner.pid}")
        # Created with its mode: the token is never readable by others, not for a moment.
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump(asdict(owner), stream)
        draft.replace(path)


def _locked(index: Path) -> str:
    owner = Owner.read(index)
    if owner is None:
        return f"the index at {index} is in use by another process; try again when it is done"
    doing = f"serves it at {owner.address}" if owner.address else "has it open"
    return (
        f"the index at {index} is in use: process {owner.pid} {doing}; "
        "wait for it to end, or stop it"
    )
