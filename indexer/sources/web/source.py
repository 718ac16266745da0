"""An address that the user named as a source: checked before anything is read.

What is behind it (a feed, a sitemap, a page) shows when it is fetched.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexer.errors import SourceError
from indexer.sources.web import urls

if TYPE_CHECKING:
    import httpx


@dataclass(frozen=True)
class WebSource:
    """One address. ``url`` may hold credentials, ``name`` never does."""

    url: httpx.URL

    @classmethod
    def of(cls, address: str) -> WebSource:
        """Raises SourceError for what is no address that can be read."""
        return cls(urls.parse(address))

    @property
    def name(self) -> str:
        """What messages and records call it."""
        return urls.shown(self.url)


def read_list(lines: Iterable[bytes], name: str) -> list[WebSource | SourceError]:
    """A list of addresses, one a line; empty lines and what follows a ``#`` are passed over.

    ``name`` is what the list is called in errors, which carry the line.
    """
    found: list[WebSource | SourceError] = []
    for number, line in enumerate(lines, start=1):
        # A fragment begins with # too; a comment stands behind a blank.
        text = line.decode("utf-8-sig", "replace").strip()
        address = "" if text.startswith("#") else text.partition(" #")[0].strip()
        if not address:
            continue
        try:
            found.append(WebSource.of(address))
        except SourceError as error:
            found.append(SourceError(name, f"{error.source}: {error.reason}", line=number))
    return list(dict.fromkeys(found))
