"""What must be in the archive, and what anyone may be shown of it at a moment.

Every text that was ever sent is kept with the time in which it may be shown: from when it was
sent, until another was confirmed in its place. A write whose answer was lost leaves both.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field


@dataclass
class Version:
    """A text that an article may have; None is that there is no such article."""

    text: str | None
    sha256: str | None
    until: float = float("inf")


def _version(text: str | None) -> Version:
    return Version(text, None if text is None else hashlib.sha256(text.encode()).hexdigest())


@dataclass
class Ledger:
    """Safe to use from several threads; each article has one writer."""

    _turn: threading.Lock = field(default_factory=threading.Lock)
    _versions: dict[str, list[Version]] = field(
        default_factory=lambda: defaultdict(lambda: [_version(None)])
    )

    def sending(self, article_id: str, text: str | None) -> None:
        """A write is on its way: from now on it may be seen."""
        with self._turn:
            self._versions[article_id].append(_version(text))

    def confirmed(self, article_id: str) -> None:
        """The last that was sent is in: nothing before it may be shown to who asks from now on."""
        with self._turn:
            for version in self._versions[article_id][:-1]:
                version.until = min(version.until, time.monotonic())

    def ids(self) -> list[str]:
        """All that were ever sent."""
        with self._turn:
            return list(self._versions)

    def now(self, article_id: str) -> set[str | None]:
        """The texts that it may have."""
        with self._turn:
            there = self._versions[article_id]
            return {v.text for v in there if v.until == float("inf")}

    def may_lack(self, article_id: str, asked_at: float) -> bool:
        """Whether who asked then may have been told that there is no such article."""
        with self._turn:
            there = self._versions[article_id]
            return any(v.text is None and v.until >= asked_at for v in there)

    def texts(self, article_id: str, asked_at: float, sha256: str | None = None) -> list[str]:
        """The texts that may have been shown to who asked then, of one hash where it is known."""
        with self._turn:
            return [
                v.text
                for v in self._versions.get(article_id, [])
                if v.text is not None and v.until >= asked_at and sha256 in (None, v.sha256)
            ]
