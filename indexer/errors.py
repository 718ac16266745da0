"""Every error a user of the indexer can meet, as one tree.

    FundstelleError
    ├── SettingsError          a setting or an environment variable is wrong
    ├── SourceError            one input could not be read; the run goes on without it
    │   └── FetchError         an address could not be fetched
    ├── ModelError             a model is missing, damaged or unsuitable
    ├── BackupError            a backup can't be written, or is none, or is damaged
    └── StoreError             the index could not be read or written
        ├── IndexNotFound      there is no index where one was asked for
        ├── IndexLocked        another process owns the index
        ├── RecipeMismatch     the index was built with another recipe
        ├── StoreUnavailable   the store can't be reached, or is too busy, now
        └── DiskFull           the index has no room to grow

Foreign exceptions are translated where they enter (one place a library) and
never reach a caller. Messages say what to do next, not only what went wrong.
"""

from __future__ import annotations


class FundstelleError(Exception):
    """The root of all errors that are meant for a user to read."""


class SettingsError(FundstelleError):
    """A setting or an environment variable is unknown or has a wrong value."""


class SourceError(FundstelleError):
    """One input could not be turned into an article; the rest goes on.

    ``source`` names the input as the user knows it, ``line`` is 1-based and set
    where a single line is at fault.
    """

    def __init__(self, source: str, reason: str, *, line: int | None = None) -> None:
        super().__init__(reason)
        self.source = source
        self.line = line
        self.reason = reason

    def __str__(self) -> str:
        where = self.source if self.line is None else f"{self.source}:{self.line}"
        return f"{where}: {self.reason}"


class FetchError(SourceError):
    """An address could not be fetched.

    ``status`` is that of the answer, None where there was none. ``transient``: it may
    work another time. ``retry_after`` is in seconds, where the server asks for a pause.
    """

    def __init__(
        self,
        source: str,
        reason: str,
        *,
        status: int | None = None,
        transient: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(source, reason)
        self.status = status
        self.transient = transient
        self.retry_after = retry_after

    @property
    def gone(self) -> bool:
        """Whether the server says that there is nothing there, or no longer."""
        return self.status in (404, 410)


class ModelError(FundstelleError):
    """A model is missing, damaged, or can't do what is asked of it."""


class BackupError(FundstelleError):
    """A backup could not be written, or what should be one is none or is damaged."""


class StoreError(FundstelleError):
    """The index could not be read or written."""


class IndexNotFound(StoreError):
    """There is no index where one was asked for."""


class IndexLocked(StoreError):
    """Another process owns the index."""


class RecipeMismatch(StoreError):
    """The index was built with another recipe than the one asked for."""


class StoreUnavailable(StoreError):
    """The store can't be reached, or can't answer, now; the same may work a little later."""

    #: Seconds after which it is worth another try.
    retry_after = 5


class DiskFull(StoreError):
    """The disk has too little room for the index to be written."""
