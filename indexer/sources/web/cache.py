"""What was fetched before, so that a page that has not changed costs one small answer.

Bodies are kept, not only their validators: a "304 Not Modified" then gives the whole
page again, and an index made later, or another one, misses nothing. An SQLite file
that several processes may use; without it everything works, only slower. What is in
it may be deleted at any time.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

_TABLE: Final = """
    CREATE TABLE IF NOT EXISTS page (
        url TEXT PRIMARY KEY, final TEXT NOT NULL, permanent TEXT NOT NULL,
        headers TEXT NOT NULL, body BLOB NOT NULL, asked_at REAL NOT NULL
    ) WITHOUT ROWID
"""
_CHECKED: Final = """
    CREATE TABLE IF NOT EXISTS checked (url TEXT PRIMARY KEY, at REAL NOT NULL) WITHOUT ROWID
"""
_NAMED: Final = """
    CREATE TABLE IF NOT EXISTS named (url TEXT PRIMARY KEY, fields TEXT NOT NULL, at REAL NOT NULL)
    WITHOUT ROWID
"""
_KEPT_S: Final = 30 * 24 * 3600.0
# Two processes hardly ever write at once; who waits longer does without.
_BUSY_S: Final = 5.0
_T = TypeVar("_T")


@dataclass(frozen=True)
class CachedPage:
    """A kept answer; ``asked_at`` is when the server last confirmed it, in seconds since 1970."""

    final: str
    permanent: str
    headers: dict[str, str]
    body: bytes
    asked_at: float


class PageCache:
    """Answers by the address that was asked for; safe for several threads.

    ``path`` None keeps nothing. Pages not asked for in 30 days are dropped.
    """

    def __init__(self, path: Path | None) -> None:
        self._turn = threading.Lock()
        self._database: sqlite3.Connection | None = None
        if path is not None:
            self._database = _opened(path)

    def get(self, url: str) -> CachedPage | None:
        """The page kept for an address, None where none is, or it can't be read."""

        def read(database: sqlite3.Connection) -> CachedPage | None:
            row = database.execute(
                "SELECT final, permanent, headers, body, asked_at FROM page WHERE url = ?", (url,)
            ).fetchone()
            if row is None:
                return None
            final, permanent, headers, body, asked_at = row
            return CachedPage(
                final, permanent, json.loads(headers), zlib.decompress(body), asked_at
            )

        return self._do(read)

    def put(self, url: str, page: CachedPage) -> None:
        """Keep a page in place of what was kept before."""
        row = (
            url,
            page.final,
            page.permanent,
            json.dumps(page.headers),
            zlib.compress(page.body, 3),
            page.asked_at,
        )
        self._do(lambda d: d.execute("INSERT OR REPLACE INTO page VALUES (?,?,?,?,?,?)", row))

    def confirm(self, url: str, asked_at: float) -> None:
        """Note that the server called the page unchanged."""
        self._do(lambda d: d.execute("UPDATE page SET asked_at = ? WHERE url = ?", (asked_at, url)))

    def drop(self, url: str) -> None:
        """Forget a page."""
        self._do(lambda d: d.execute("DELETE FROM page WHERE url = ?", (url,)))

    def checked_at(self, url: str) -> float:
        """When a page was last looked for, in seconds since 1970; 0 where it never was."""
        found = self._do(
            lambda d: d.execute("SELECT at FROM checked WHERE url = ?", (url,)).fetchone()
        )
        return float(found[0]) if found else 0.0

    def note_check(self, url: str, at: float) -> None:
        """Note that a page was looked for, whatever came of it."""
        self._do(lambda d: d.execute("INSERT OR REPLACE INTO checked VALUES (?,?)", (url, at)))

    def named(self, url: str) -> dict[str, Any]:
        """What was said of a page by those who named it."""
        found = self._do(
            lambda d: d.execute("SELECT fields FROM named WHERE url = ?", (url,)).fetchone()
        )
        return dict(json.loads(found[0])) if found else {}

    def name(self, url: str, fields: dict[str, Any]) -> None:
        """Keep what was said of a page."""
        row = (url, json.dumps(fields), time.time())
        self._do(lambda d: d.execute("INSERT OR REPLACE INTO named VALUES (?,?,?)", row))

    def close(self) -> None:
        """Drop what is old and let go of the file."""
        old = time.time() - _KEPT_S
        self._do(lambda d: d.execute("DELETE FROM page WHERE asked_at < ?", (old,)))
        self._do(lambda d: d.execute("DELETE FROM named WHERE at < ?", (old,)))
        with self._turn:
            if self._database is not None:
                self._database.close()
                self._database = None

    def _do(self, work: Callable[[sqlite3.Connection], _T]) -> _T | None:
        with self._turn:
            if self._database is None:
                return None
            try:
                return work(self._database)
            except (sqlite3.Error, ValueError, zlib.error):
                return None  # damaged, full or in use: the page is fetched anew


def _opened(path: Path) -> sqlite3.Connection | None:
    database = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # What a newsroom reads is nobody else's business.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        database = sqlite3.connect(
            path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
        )
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute(_TABLE)
        database.execute(_CHECKED)
        database.execute(_NAMED)
    except (OSError, sqlite3.Error):
        if database is not None:
            database.close()
        return None
    return database
