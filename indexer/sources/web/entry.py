"""Entry: what a feed or a sitemap says about one page. A frozen value without I/O."""

from __future__ import annotations

from dataclasses import dataclass


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
