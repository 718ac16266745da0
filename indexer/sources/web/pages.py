"""A fetched page, and what its feed says of it → an article.

The page goes first; an entry of a feed fills what it lacks, and stands in for it where
the page holds less than the feed did (a teaser before a paywall). The id is the
page's canonical address. Extracting text from HTML is left to ``sources.html``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import httpx

from indexer.article import Article
from indexer.errors import SourceError
from indexer.language import detect, valid_code
from indexer.sources import fields, html, html_date, pdf
from indexer.sources.charset import decode_page
from indexer.sources.content import is_blank
from indexer.sources.web import urls
from indexer.sources.web.documents import Kind, kind_of
from indexer.sources.web.entry import Entry
from indexer.sources.web.response import Response

# Extraction leaves out a line here and there; a page with this share of the entry's text
# is the article, and one with less is a teaser.
_TEASER: Final = 0.75


@dataclass(frozen=True)
class _Found:
    """What a page or an entry says, under our names."""

    text: str
    record: dict[str, Any]
    published_at: str | None = None
    language: str | None = None


def from_page(response: Response, entry: Entry) -> Article:
    """The article of a page. Raises SourceError where there is none in it."""
    source = urls.shown(response.url)
    kind = kind_of(response)
    if kind in (Kind.FEED, Kind.SITEMAP):
        raise SourceError(source, f"is a {kind.value}, not an article; name it as a source itself")
    if kind is Kind.TEXT:
        text = decode_page(response.body, source, header=response.charset)
        if is_blank(text):
            raise SourceError(source, "is empty")
        return _article(urls.canonical(response.permanent), _Found(text.strip(), {}), entry)
    if kind is Kind.PDF:
        found = _of_pdf(response.body, source, entry)
        return _article(urls.canonical(response.permanent), found, entry)
    page = _load(response, source)
    address = _canonical(page.tree, response)
    found = _Found(
        page.text,
        dict(page.record),
        html_date.published_at(page.tree, address),
        page.language,
    )
    own = _own_text(entry)
    if own is not None and len(found.text) < _TEASER * len(own):
        found = _Found(own, found.record, found.published_at, found.language)
    return _article(address, found, entry)


def from_entry(entry: Entry, feed: httpx.URL) -> Article | None:
    """The article of an entry without its page; None where the entry holds no whole text."""
    text = _own_text(entry)
    if text is None and entry.link is None and entry.summary:
        text = _text_of(entry.summary)
    if text is None:
        return None
    if entry.link is not None:
        return _article(urls.canonical(urls.parse(entry.link)), _Found(text, {}), entry)
    name = (entry.identity or entry.title or text[:80]).strip()
    # The address of the feed, and within it the entry: no other article has this id.
    address = str(httpx.URL(urls.canonical(feed)).copy_with(fragment=name))
    return _article(address, _Found(text, {}), entry)


def _article(address: str, found: _Found, entry: Entry) -> Article:
    record = {
        "title": entry.title,
        "outlet": entry.outlet,
        "author": _one_or_more(entry.authors),
        "tags": list(entry.tags),
    } | {name: value for name, value in found.record.items() if value}
    try:
        title = fields.title(record)
        title_span, body_start = html.title_line(found.text, title)
        language = found.language or detect(f"{title or ''}\n{found.text}")
        return Article(
            id=address,
            text=found.text,
            title=title,
            published_at=found.published_at or entry.published_at,
            url=address,
            language=language or valid_code(entry.language),
            metadata=fields.metadata(record),
            body_start=body_start,
            title_span=title_span,
            source_root=urls.origin(httpx.URL(address)),
            source=address,
        )
    except ValueError as error:
        raise SourceError(address, str(error)) from error


def _of_pdf(body: bytes, source: str, entry: Entry) -> _Found:
    found = pdf.parse(body, source_root="", source=source)
    record = {"title": found.title, **found.metadata}
    # The date in the file is that of its making.
    published_at = entry.published_at or found.published_at
    return _Found(found.text, record, published_at, found.language)


def _load(response: Response, source: str) -> html.Page:
    text = decode_page(response.body, source, header=response.charset)
    try:
        return html.load(text, source)
    except SourceError as error:
        feeds = _feeds(text, response)
        if feeds:
            reason = f"{error.reason}; if it is a list of articles, index its feed: {feeds[0]}"
            raise SourceError(source, reason) from error
        raise


def _feeds(text: str, response: Response) -> list[str]:
    """The feeds that a page links to."""
    from trafilatura import load_html

    tree = load_html(text)
    if tree is None:
        return []
    links = tree.xpath(
        "//link[contains(@rel, 'alternate')]"
        "[@type='application/rss+xml' or @type='application/atom+xml']/@href"
    )
    found = []
    for link in links:
        try:
            found.append(urls.shown(urls.resolve(response.url, link)))
        except SourceError:
            continue
    return found


def _canonical(tree: Any, response: Response) -> str:
    """The address that the page calls its own, if it may: within its site, and a page of it."""
    own = urls.canonical(response.permanent)
    for link in tree.xpath("//link[@rel='canonical']/@href")[:1]:
        base = tree.xpath("//base/@href")[:1]
        try:
            within = urls.resolve(response.url, base[0]) if base else response.url
            claimed = urls.resolve(within, link)
        except SourceError:
            continue
        # Some sites call their front page the canonical address of every article.
        is_front = claimed.path in ("", "/") and not claimed.query
        if urls.same_site(claimed, response.url) and (
            not is_front or response.url.path in ("", "/")
        ):
            return urls.canonical(claimed)
    return own


def _own_text(entry: Entry) -> str | None:
    return _text_of(entry.content) if entry.content else None


def _text_of(content: str) -> str | None:
    """The text of an entry's HTML, None where there is none."""
    try:
        return html.load(f"<html><body><article>{content}</article></body></html>", "-").text
    except SourceError:
        return None


def _one_or_more(names: tuple[str, ...]) -> str | list[str] | None:
    return names[0] if len(names) == 1 else list(names) or None
