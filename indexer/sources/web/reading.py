"""Sources on the web → articles: what each address is, which pages it leads to, in order.

Each page is read once a run, whoever names it. All that fails becomes a SourceError
in its place. How a document is fetched is left to ``fetcher``, and what is in one to
``pages``, ``feeds`` and ``sitemaps``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx

from indexer.article import Article
from indexer.errors import FetchError, SourceError
from indexer.sources.source import Item
from indexer.sources.web import feeds, pages, sitemaps, urls
from indexer.sources.web.documents import Kind, kind_of, unpacked
from indexer.sources.web.entry import Entry
from indexer.sources.web.fetcher import Fetcher
from indexer.sources.web.parallel import in_order
from indexer.sources.web.response import Response
from indexer.sources.web.source import WebSource

_DEEPEST = 3
_MOST_SITEMAPS = 500


@dataclass(frozen=True)
class _Job:
    """A page to read: by its entry, or fetched already; ``feed`` is what named it."""

    entry: Entry
    feed: httpx.URL
    response: Response | None = None


@dataclass
class _Listing:
    """What a source led to, with the errors on the way."""

    jobs: list[_Job] = field(default_factory=list)
    errors: list[SourceError] = field(default_factory=list)
    refresh: float | None = None
    failure: FetchError | None = None


class WebReading:
    """One run over sources on the web.

    While ``items`` runs and after it: ``refresh`` holds how often a source asks to be
    read, in seconds, ``failures`` the sources that could not be fetched, both by name;
    ``reached`` the ids of the articles given, ``gone`` the addresses of pages that the
    server says are no more.
    """

    def __init__(
        self, sources: Sequence[WebSource], fetcher: Fetcher, *, trust_dates: bool = True
    ) -> None:
        self._sources = list(dict.fromkeys(sources))
        self._fetcher = fetcher
        self._trust_dates = trust_dates
        self.refresh: dict[str, float] = {}
        self.failures: dict[str, FetchError] = {}
        self.reached: set[str] = set()
        self.gone: set[str] = set()
        for source in self._sources:
            fetcher.trust(source.url)

    def items(self) -> Iterator[Item]:
        """The articles of all sources, each once, in the order of the sources."""
        jobs: list[_Job] = []
        links: set[str] = set()
        threads = self._fetcher.settings.hosts
        stopping = self._fetcher.stopping
        listings = in_order(
            self._sources,
            lambda s: urls.origin(s.url),
            self._list,
            threads=threads,
            stopping=stopping,
        )
        for source, listing in zip(self._sources, listings, strict=False):  # it may be stopped
            yield from listing.errors
            if listing.failure:
                self.failures[source.name] = listing.failure
            if listing.refresh:
                self.refresh[source.name] = listing.refresh
            for job in listing.jobs:
                link = _key(job)
                if link is None or link not in links:
                    jobs.append(job)
                links.update([link] if link else [])
        for item in in_order(jobs, _site, self._read, threads=threads, stopping=stopping):
            if isinstance(item, Article):
                if item.id in self.reached:
                    continue  # two addresses of one page
                self.reached.add(item.id)
            yield item

    def _list(self, source: WebSource) -> _Listing:
        found = _Listing()
        most_bytes = max(sitemaps.LIMIT, self._fetcher.settings.max_bytes)
        try:
            response = self._fetcher.fetch(source.url, most_bytes=most_bytes)
            response = unpacked(response, most_bytes)
            kind = kind_of(response)
            if kind is Kind.SITEMAP:
                self._follow(response, found, depth=1, read=[])
            elif kind is Kind.FEED:
                self._require_size(response)
                feed = feeds.parse(response)
                found.jobs = [_Job(entry, response.permanent) for entry in feed.entries]
                found.refresh = feed.refresh
            else:
                self._require_size(response)
                found.jobs = [_Job(Entry(link=source.name), response.url, response)]
        except FetchError as error:
            found.failure = error
            found.errors.append(error)
            if error.gone:
                self.gone.add(urls.canonical(source.url))
        except SourceError as error:
            found.errors.append(error)
        most = self._fetcher.settings.max_pages
        if len(found.jobs) > most:
            reason = (
                f"leads to more than {most} pages, of which the first {most} are read; "
                "raise FUNDSTELLE_WEB_MAX_PAGES, or name a part of it"
            )
            found.errors.append(SourceError(source.name, reason))
            del found.jobs[most:]
        return found

    def _follow(
        self, response: Response, found: _Listing, *, depth: int, read: list[httpx.URL]
    ) -> None:
        """The pages of a sitemap, and of those it leads to."""
        sitemap = sitemaps.parse(response)
        name = urls.shown(response.url)
        found.jobs += [_Job(entry, response.url) for entry in sitemap.entries]
        if sitemap.elsewhere:
            reason = f"{sitemap.elsewhere} addresses in it are of other sites and were left out"
            found.errors.append(SourceError(name, reason))
        if sitemap.unreadable:
            reason = f"{sitemap.unreadable} entries in it name no address that can be read"
            found.errors.append(SourceError(name, reason))
        for url in sitemap.sitemaps:
            if url in read:
                continue
            if depth >= _DEEPEST or len(read) >= _MOST_SITEMAPS:
                reason = (
                    f"leads to more than {_MOST_SITEMAPS} sitemaps, or through more than "
                    f"{_DEEPEST} levels of them; name those that matter"
                )
                found.errors.append(SourceError(name, reason))
                return
            if len(found.jobs) > self._fetcher.settings.max_pages:
                return
            read.append(url)
            try:
                further = self._fetcher.fetch(url, most_bytes=sitemaps.LIMIT)
                further = unpacked(further, sitemaps.LIMIT)
                self._follow(further, found, depth=depth + 1, read=read)
            except SourceError as error:
                found.errors.append(error)

    def _read(self, job: _Job) -> Item:
        try:
            return self._article(job)
        except SourceError as error:
            return error

    def _article(self, job: _Job) -> Article:
        entry = job.entry
        if entry.link is None:
            article = pages.from_entry(entry, job.feed)
            if article is None:
                name = f"{urls.shown(job.feed)}: {entry.title or entry.identity or 'an entry'}"
                raise SourceError(name, "the entry has neither a link nor a text")
            return article
        url = urls.parse(entry.link)
        entry = self._with_what_was_said(entry, url)
        try:
            return pages.from_page(job.response or self._fetch(url, entry), entry)
        except FetchError as error:
            if error.gone:
                self.gone.add(urls.canonical(url))
                raise
            # What was read once is not given up for the shorter text of the feed.
            kept = self._fetcher.kept(url) if error.transient else None
            article = pages.from_page(kept, entry) if kept else pages.from_entry(entry, job.feed)
            if article is None:
                raise
            return article
        except SourceError:
            article = pages.from_entry(entry, job.feed)
            if article is None:
                raise
            return article

    def _with_what_was_said(self, entry: Entry, url: httpx.URL) -> Entry:
        cache, name = self._fetcher.cache, urls.canonical(url)
        before = cache.named(name)
        complete = entry.after(before)
        if complete.said:
            cache.name(name, complete.said)
        return complete

    def _fetch(self, url: httpx.URL, entry: Entry) -> Response:
        changed = _seconds(entry.modified_at) if self._trust_dates else None
        return self._fetcher.fetch(url, unless_since=changed)

    def _require_size(self, response: Response) -> None:
        most = self._fetcher.settings.max_bytes
        if len(response.body) > most:
            raise SourceError(
                urls.shown(response.url),
                f"is larger than {most} bytes; if it is an article or a feed all the same, "
                "raise FUNDSTELLE_WEB_MAX_BYTES",
            )


def _key(job: _Job) -> str | None:
    try:
        return urls.canonical(urls.parse(job.entry.link)) if job.entry.link else None
    except SourceError:
        return None


def _site(job: _Job) -> str:
    link = _key(job)
    return urls.origin(httpx.URL(link) if link else job.feed)


def _seconds(modified_at: str | None) -> float | None:
    """When something last changed at the latest, in seconds since 1970."""
    if modified_at is None:
        return None
    if len(modified_at) == 10:  # at any time of that day, anywhere
        day = datetime.fromisoformat(modified_at).replace(tzinfo=UTC)
        return (day + timedelta(days=1, hours=12)).timestamp()
    return datetime.fromisoformat(modified_at).timestamp()
