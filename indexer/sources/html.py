"""Saved web pages → articles, through trafilatura and without any network.

The text is what is left of the page without navigation, comments and adverts;
offsets count in that, and the index keeps it. Charsets are read in ``charset``,
dates in ``html_date``.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from indexer.article import Article, Span
from indexer.errors import SourceError
from indexer.language import detect, valid_code
from indexer.sources import dates, fields, html_date
from indexer.sources.charset import decode_page
from indexer.sources.content import is_blank, skip_blanks


def parse(data: bytes, *, source_root: str, source: str) -> Article:
    """The article of a page; its id is ``source`` and its URL the canonical one.

    Raises SourceError for a page in an unknown charset, or without text.
    """
    page = load(decode_page(data, source), source)
    try:
        return _article(page, source_root, source)
    except ValueError as error:
        raise SourceError(source, str(error)) from error


@dataclass(frozen=True)
class Page:
    """A page: its tree as lxml has it, its text, and what it says about itself.

    ``record`` has our names for fields; ``url`` in it is what the page claims.
    """

    tree: Any
    text: str
    record: Mapping[str, object]

    @property
    def language(self) -> str | None:
        """The language that the page declares."""
        return valid_code(self.tree.get("lang"))


def load(page: str, source: str) -> Page:
    """The page that this HTML is. Raises SourceError for one that is empty or without text."""
    if is_blank(page):
        raise SourceError(source, "is empty")
    tree, document = _extract(page, source)
    text = ((document.text if document else None) or "").strip()
    if not text:
        raise SourceError(source, "there is no text in the page")
    return Page(tree, text, _record(document))


def _article(page: Page, source_root: str, source: str) -> Article:
    title = fields.title(page.record)
    title_span, body_start = title_line(page.text, title)
    url = fields.url(page.record)
    published_at = html_date.published_at(page.tree, url)
    return Article(
        id=source,
        text=page.text,
        title=title,
        published_at=published_at or dates.from_name(PurePosixPath(source).name),
        url=url,
        language=page.language or detect(f"{title or ''}\n{page.text}"),
        metadata=fields.metadata(page.record),
        body_start=body_start,
        title_span=title_span,
        source_root=source_root,
        source=source,
    )


def _extract(page: str, source: str) -> tuple[Any, Any]:
    """The tree and trafilatura's document, which is None where it found nothing."""
    from trafilatura import bare_extraction, load_html

    # Its complaints don't say which page is meant; ours do.
    for name in ("trafilatura", "htmldate", "justext"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        tree = load_html(page)
        if tree is None:  # a fragment, without <html>
            tree = load_html(f"<html><body>{page}</body></html>")
        document = bare_extraction(
            tree,
            with_metadata=True,
            include_comments=False,
            # Its date is not used: let it not search long.
            date_extraction_params={"extensive_search": False},
        )
    except Exception as error:
        # Whatever lxml or trafilatura trip over, the other pages are still read.
        what = f"{type(error).__name__}: {error}".rstrip(": ")
        raise SourceError(source, f"can't be read as HTML: {what}") from error
    return tree, document


def _record(document: Any) -> dict[str, object]:
    """The metadata of the page under our names."""
    authors = [name.strip() for name in (document.author or "").split(";")]
    url = document.url or ""
    return {
        "title": document.title,
        "url": url if fields.is_web_address(url) else None,
        "outlet": document.sitename,
        "author": authors if len(authors) > 1 else authors[0],
        "section": (document.categories or [None])[0],
        "tags": document.tags or [],
    }


def title_line(text: str, title: str | None) -> tuple[Span | None, int]:
    """The title's span and the start of the body where the text begins with its title."""
    if title and text.startswith(f"{title}\n"):
        return Span(0, len(title)), skip_blanks(text, len(title))
    return None, 0
