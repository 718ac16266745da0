"""Entry: what a feed or a sitemap says about one page. A frozen value without I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

_SAID: Final = ("title", "published_at", "authors", "tags", "language", "outlet")


@dataclass(frozen=True)
class Entry:
    """One item of a feed or a sitemap, or an address that stands by itself.

    ``link`` is absolute, None for an entry that has no page; then ``identity``, its
    guid, tells it from others. ``content`` is the whole article as HTML, ``summary``
    what may only be its beginning. ``published_at`` and ``modified_at`` are as
    ``dates.normalise`` writes them.
    """

    link: str | None
    identity: str | None = None
    title: str | None = None
    published_at: str | None = None
    modified_at: str | None = None
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    language: str | None = None
    outlet: str | None = None
    content: str | None = None
    summary: str | None = None

    @property
    def said(self) -> dict[str, Any]:
        """What it says about the article, as JSON has it."""
        return {name: value for name in _SAID if (value := getattr(self, name))}

    def after(self, said: Mapping[str, Any]) -> Entry:
        """This entry, where ``said`` by an earlier one goes before what it says itself.

        Two feeds that name one page would else take turns in changing its article.
        """
        known: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in said.items()
            if name in _SAID
        }
        return replace(self, **known)
