"""Sitemaps → entries, and sitemap indexes → further sitemaps (sitemaps.org, protocol 0.9).

Also reads Google's news extension (title, date, outlet, language). Entities are not
expanded and nothing is fetched. Only addresses of the sitemap's own site count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from indexer.errors import SourceError
from indexer.sources import dates
from indexer.sources.web import urls
from indexer.sources.web.entry import Entry
from indexer.sources.web.response import Response

#: Bytes that the protocol allows a sitemap, unpacked.
LIMIT: Final = 50 * 1024 * 1024
_NEWS: Final = "{http://www.google.com/schemas/sitemap-news/0.9}"


@dataclass
class Sitemap:
    """What a sitemap names: pages, further sitemaps, and how many addresses did not count."""

    entries: list[Entry] = field(default_factory=list)
    sitemaps: list[httpx.URL] = field(default_factory=list)
    elsewhere: int = 0
    unreadable: int = 0


def parse(response: Response) -> Sitemap:
    """What a sitemap names. Raises SourceError for XML that is damaged or no sitemap."""
    from lxml import etree

    source = urls.shown(response.url)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False
    )
    try:
        root = etree.fromstring(response.body, parser)
    except (etree.LxmlError, ValueError) as error:
        raise SourceError(source, f"is a damaged sitemap: {error}") from error
    found = Sitemap()
    kind = _name(root)
    if kind not in ("urlset", "sitemapindex"):
        raise SourceError(source, f"is XML, but no sitemap: it begins with <{kind}>")
    for element in root:
        if _name(element) not in ("url", "sitemap"):
            continue
        location = _value(element, "loc")
        try:
            url = urls.resolve(response.url, location) if location else None
        except SourceError:
            url = None
        if url is None:
            found.unreadable += 1
            continue
        if not urls.same_site(url, response.url):
            found.elsewhere += 1
        elif kind == "sitemapindex":
            found.sitemaps.append(url)
        else:
            found.entries.append(_entry(element, url))
    return found


def _entry(element: Any, url: httpx.URL) -> Entry:
    news = element.find(f"{_NEWS}news")
    publication = None if news is None else news.find(f"{_NEWS}publication")
    modified = _date(_value(element, "lastmod"))
    if news is None:
        return Entry(link=str(url), modified_at=modified)
    return Entry(
        link=str(url),
        title=_value(news, "title"),
        published_at=_date(_value(news, "publication_date")),
        modified_at=modified,
        tags=tuple(t.strip() for t in (_value(news, "keywords") or "").split(",") if t.strip()),
        language=None if publication is None else _value(publication, "language"),
        outlet=None if publication is None else _value(publication, "name"),
    )


def _value(element: Any, name: str) -> str | None:
    """The text of the first child of this name, in whatever namespace: many use a wrong one."""
    for child in element:
        if _name(child) == name:
            return " ".join("".join(_texts(child)).split()) or None
    return None


def _texts(element: Any) -> Iterator[str]:
    yield element.text or ""
    for child in element:  # an entity that was not expanded: what follows it still counts
        yield child.tail or ""


def _name(element: Any) -> str:
    """Without the namespace; empty for a comment or an entity."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _date(text: str | None) -> str | None:
    try:
        return dates.normalise(text) if text else None
    except ValueError:
        return None
