"""Saved web pages → articles, through trafilatura and without any network.

The text is what is left of the page without navigation, comments and adverts;
offsets count in that, and the index keeps it. Charsets are read in ``charset``,
dates in ``html_date``.
"""

from __future__ import annotations

import logging
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
    page = decode_page(data, source)
    if is_blank(page):
        raise SourceError(source, "is empty")
    tree, document = _extract(page, source)
    text = ((document.text if document else None) or "").strip()
    if not text:
        raise SourceError(source, "there is no text in the page")
    try:
        return _article(tree, document, text, source_root, source)
    except ValueError as error:
        raise SourceError(source, str(error)) from error


def _article(tree: Any, document: Any, text: str, source_root: str, source: str) -> Article:
    record = _record(document)
    title = fields.title(record)
    title_span, body_start = _title_line(text, title)
    url = fields.url(record)
    published_at = html_date.published_at(tree, url)
    return Article(
        id=source,
        text=text,
        title=title,
        published_at=published_at or dates.from_name(PurePosixPath(source).name),
        url=url,
        language=valid_code(tree.get("lang")) or detect(f"{title or ''}\n{text}"),
        metadata=fields.metadata(record),
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


def _title_line(text: str, title: str | None) -> tuple[Span | None, int]:
    """The title's span and the start of the body where the text begins with its title."""
    if title and text.startswith(f"{title}\n"):
        return Span(0, len(title)), skip_blanks(text, len(title))
    return None, 0
