"""What an address answered, told by its content before its label."""

from __future__ import annotations

import gzip
import time

import pytest

from indexer.errors import SourceError
from indexer.sources.web.documents import Kind, kind_of, unpacked
from tests.unit.indexer.sources.web.test_feeds import ATOM, RDF, response
from tests.web_servers import page, rss, sitemap

FEED, SITEMAP = rss().body, sitemap().body
PAGE = page("x", "y", head='<link rel="alternate" type="application/rss+xml" href="/feed">')


@pytest.mark.parametrize(
    ("body", "media_type", "kind"),
    [
        (FEED, "application/rss+xml", Kind.FEED),
        (FEED, "text/html", Kind.FEED),
        (FEED, "", Kind.FEED),
        (ATOM, "text/plain", Kind.FEED),
        (RDF, "application/xml", Kind.FEED),
        (b"\xef\xbb\xbf  " + ATOM.encode(), "text/xml", Kind.FEED),
        (b"\xff\xfe" + "<rss version='2.0'/>".encode("utf-16-le"), "text/xml", Kind.FEED),
        ("<!-- a --><?x y?><!DOCTYPE rss [<!ENTITY a '>'>]> <rss/>", "text/html", Kind.FEED),
        ("", "application/rss+xml", Kind.FEED),
        (SITEMAP, "text/html", Kind.SITEMAP),
        ("<sm:sitemapindex xmlns:sm='x'/>", "text/xml", Kind.SITEMAP),
        (PAGE, "text/html", Kind.PAGE),
        (PAGE, "application/octet-stream", Kind.PAGE),
        ("<p>x</p>", "text/html", Kind.PAGE),
        ("just text", "text/html", Kind.PAGE),
        ("just text, a < b", "text/plain", Kind.TEXT),
        ("", "", Kind.TEXT),
        (b"%PDF-1.7", "application/pdf", Kind.PDF),
        (b"\r\n%PDF-1.4 <html>", "text/html", Kind.PDF),
    ],
)
def test_what_it_is(body: str | bytes, media_type: str, kind: Kind) -> None:
    assert kind_of(response(body, media_type)) is kind


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b"PK\3\4", "application/epub+zip"),
        (b"\x89PNG\r\n\x1a\n\0\0", "application/octet-stream"),
        ("<svg/>", "image/svg+xml"),
        ("<opml/>", "text/xml"),
        ('{"a": 1}', "application/json"),
    ],
)
def test_what_can_not_be_read_is_named(body: str | bytes, media_type: str) -> None:
    with pytest.raises(SourceError, match=f"type {media_type.replace('+', '.')}"):
        kind_of(response(body, media_type))


def test_a_long_prologue_takes_no_time() -> None:
    started = time.monotonic()
    assert kind_of(response("<!---->" * 5000 + "<", "text/html")) is Kind.PAGE
    assert kind_of(response("<?a?> " * 5000 + "<", "text/html")) is Kind.PAGE
    assert time.monotonic() - started < 1


def test_a_gzip_file_is_unpacked_within_a_limit() -> None:
    packed = response(gzip.compress(b"<urlset/>"), "application/x-gzip")
    assert unpacked(packed, 100).body == b"<urlset/>"
    assert kind_of(unpacked(packed, 100)) is Kind.SITEMAP
    with pytest.raises(SourceError, match="larger than 8 bytes"):
        unpacked(packed, 8)
    with pytest.raises(SourceError, match="can't be unpacked"):
        unpacked(response(gzip.compress(b"x" * 999)[:-9]), 10_000)
    plain = response("<urlset/>")
    assert unpacked(plain, 1) is plain
