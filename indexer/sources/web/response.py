"""A fetched document: its bytes, where they were found, and what was said about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message

import httpx


@dataclass(frozen=True)
class Response:
    """What an address answered, redirects followed and encodings undone.

    ``url`` is where it was found in the end. ``permanent`` is the address to
    remember: that of the last redirect that was declared permanent, before the first
    that wasn't. Names of ``headers`` are in lower case. ``from_cache`` is true where
    the body was kept from an earlier time.
    """

    url: httpx.URL
    permanent: httpx.URL
    headers: Mapping[str, str]
    body: bytes
    from_cache: bool = False

    @property
    def media_type(self) -> str:
        """Of the Content-Type, in lower case; empty where none is given."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def charset(self) -> str | None:
        """Of the Content-Type."""
        message = Message()
        message["content-type"] = self.headers.get("content-type", "")
        found = message.get_param("charset")
        return found if isinstance(found, str) else None

    @property
    def max_age(self) -> float | None:
        """Seconds that the server calls it fresh (Cache-Control), None where it doesn't say."""
        for part in self.headers.get("cache-control", "").split(","):
            name, _, value = part.strip().partition("=")
            if name.lower() == "max-age" and value.strip('"').isdecimal():
                return float(value.strip('"'))
        return None
