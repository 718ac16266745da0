"""What an address answered: a feed, a sitemap, a page, a text or a PDF.

The root element decides, since servers send feeds as anything; then the media type.
A page that only links to a feed stays a page. Reading it is left to its reader.
"""

from __future__ import annotations

import re
from dataclasses import replace
from enum import Enum
from typing import Final

from indexer.errors import SourceError
from indexer.sources.web import urls
from indexer.sources.web.decompression import EncodingError, decoded, is_gzip
from indexer.sources.web.response import Response

_HEAD: Final = 4096
_ROOT: Final = re.compile(
    # Possessive, as what comes before the root could otherwise be parted in endless ways.
    r"""\s*+ (?: <\?.*?\?>\s*+ | <!--.*?-->\s*+ | <!DOCTYPE[^>\[]*+(?:\[.*?\]\s*+)?>\s*+ )*+
    <(?:[\w.-]+:)? (?P<name>[\w.-]+)""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_PAGES: Final = ("text/html", "application/xhtml+xml")
_PDF: Final = b"%PDF-"
_PDF_WITHIN: Final = 1024  # where it may begin, as readers of PDF have it
# Servers that know no better; what it is shows in its content.
_ANYTHING: Final = ("", "application/octet-stream", "text/plain", "text/xml", "application/xml")


class Kind(Enum):
    """What a document is read as."""

    FEED = "feed"
    SITEMAP = "sitemap"
    PAGE = "page"
    TEXT = "text"
    PDF = "PDF"


_ROOTS: Final = {
    "rss": Kind.FEED,
    "feed": Kind.FEED,
    "rdf": Kind.FEED,
    "urlset": Kind.SITEMAP,
    "sitemapindex": Kind.SITEMAP,
    "html": Kind.PAGE,
}


def kind_of(response: Response) -> Kind:
    """What it is. Raises SourceError for a type that can't be read."""
    if _PDF in response.body[:_PDF_WITHIN]:
        return Kind.PDF
    root = _root(response.body)
    if root in _ROOTS:
        return _ROOTS[root]
    if response.media_type in _PAGES:
        return Kind.PAGE
    if response.media_type in ("application/rss+xml", "application/atom+xml"):
        return Kind.FEED
    if response.media_type in _ANYTHING and b"\0" not in response.body[:_HEAD]:
        if root and not response.media_type.endswith("/xml"):
            return Kind.PAGE  # a fragment of HTML
        if not root:
            return Kind.TEXT
    what = f"a document of the type {response.media_type or 'unknown'}"
    what += f" that begins with <{root}>" if root else ""
    raise SourceError(
        urls.shown(response.url), f"is {what}; pages, texts, PDFs, feeds and sitemaps can be read"
    )


def unpacked(response: Response, most_bytes: int) -> Response:
    """The document without the gzip that sitemaps come in (``sitemap.xml.gz``).

    Raises SourceError where it is damaged or larger than that.
    """
    if not is_gzip(response.body):
        return response
    source = urls.shown(response.url)
    size, parts = 0, []
    try:
        for block in decoded([response.body], "gzip"):
            size += len(block)
            if size > most_bytes:
                raise SourceError(source, f"is larger than {most_bytes} bytes when unpacked")
            parts.append(block)
    except EncodingError as error:
        raise SourceError(source, f"is a gzip file that can't be unpacked: {error}") from error
    headers = {**response.headers, "content-type": ""}
    return replace(response, headers=headers, body=b"".join(parts))


def _root(body: bytes) -> str:
    """The name of the first element, in lower case; empty where the text doesn't begin with one."""
    head, encoding = body[:_HEAD], "utf-8"
    for mark, name in _MARKS:
        if head.startswith(mark):
            head, encoding = head.removeprefix(mark), name
    match = _ROOT.match(head.decode(encoding, "replace"))
    return match["name"].lower() if match else ""
