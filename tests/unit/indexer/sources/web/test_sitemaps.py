"""Sitemaps, their indexes and the news extension, and that nothing in one does harm."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.errors import SourceError
from indexer.sources.web import sitemaps
from indexer.sources.web.entry import Entry
from tests.unit.indexer.sources.web.test_feeds import bomb, response
from tests.web_servers import sitemap

NEWS = """<url><loc>https://bote.example/a</loc><lastmod>2024-05-02</lastmod><news:news>
<news:publication><news:name>Der Bote</news:name><news:language>de</news:language>
</news:publication>
<news:publication_date>2024-05-01T10:00:00+02:00</news:publication_date>
<news:title>Brücke &amp; Fähre</news:title><news:keywords>Verkehr, Brücken</news:keywords>
</news:news></url>"""


def test_pages_and_their_dates() -> None:
    found = sitemaps.parse(
        response(
            sitemap(
                "https://bote.example/a",
                "<url><loc> /b </loc><lastmod>2024-05-01T10:00:00Z</lastmod></url>",
                "<url><loc>https://bote.example/c</loc><lastmod>gestern</lastmod></url>",
            ).body
        )
    )
    assert found.entries == [
        Entry(link="https://bote.example/a"),
        Entry(link="https://bote.example/b", modified_at="2024-05-01T10:00:00+00:00"),
        Entry(link="https://bote.example/c"),
    ]
    assert (found.elsewhere, found.unreadable, found.sitemaps) == (0, 0, [])


def test_the_news_extension() -> None:
    (found,) = sitemaps.parse(response(sitemap(NEWS).body)).entries
    assert found == Entry(
        link="https://bote.example/a",
        title="Brücke & Fähre",
        published_at="2024-05-01T10:00:00+02:00",
        modified_at="2024-05-02",
        tags=("Verkehr", "Brücken"),
        language="de",
        outlet="Der Bote",
    )


def test_an_index_leads_to_sitemaps() -> None:
    body = (
        "<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><!-- x -->"
        "<sitemap><loc>https://bote.example/1.xml.gz</loc></sitemap>"
        "<sitemap><loc>https://welt.example/2.xml</loc></sitemap></sitemapindex>"
    )
    found = sitemaps.parse(response(body))
    assert [str(url) for url in found.sitemaps] == ["https://bote.example/1.xml.gz"]
    assert (found.entries, found.elsewhere) == ([], 1)


def test_addresses_of_others_and_nonsense_are_counted() -> None:
    body = sitemap("https://welt.example/a", "ftp://bote.example/b", "<url/>", "/c").body
    found = sitemaps.parse(response(body))
    assert [entry.link for entry in found.entries] == ["https://bote.example/c"]
    assert (found.elsewhere, found.unreadable) == (1, 2)


@pytest.mark.parametrize("body", ["", "x", "<urlset>", "<rss/>", "<urlset><url></urlset>"])
def test_what_is_no_sitemap_is_an_error(body: str) -> None:
    with pytest.raises(SourceError, match=r"bote\.example/feed: is "):
        sitemaps.parse(response(body))


def test_entities_are_not_expanded(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("/geheim", "utf-8")
    doctype = bomb("urlset", secret)
    body = f"{doctype}<urlset><url><loc>/a&x;</loc></url><url><loc>/b&a11;</loc></url></urlset>"
    started = time.monotonic()
    try:
        found = f"{sitemaps.parse(response(body))}"
    except SourceError as error:
        found = str(error)
    assert time.monotonic() - started < 5
    assert "geheim" not in found
    assert len(found) < 10_000


PIECES = st.sampled_from(
    [
        *(
            "<url>",
            "</url>",
            "<loc>",
            "</loc>",
            "<url><loc>/a</loc></url>",
            "<sitemap>",
            "<news:x/>",
        ),
        *(
            "<lastmod>2024-13-01</lastmod>",
            "&x;",
            "<!--",
            "-->",
            "<![CDATA[",
            "]]>",
            "http://[",
            "<a:b/>",
        ),
        *("<loc>http://\u0000</loc>", "<?pi x?>", "<url xmlns='x'>", "<loc><b>x</b></loc>"),
    ]
)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(PIECES | st.text(max_size=12), max_size=25),
    st.sampled_from(["urlset", "sitemapindex", ""]),
)
def test_any_bytes_are_addresses_or_a_source_error(pieces: list[str], root: str) -> None:
    text = "".join(pieces)
    body = f"<{root} xmlns:news='n'>{text}</{root}>" if root else text
    try:
        found = sitemaps.parse(response(body.encode("utf-8", "surrogatepass")))
    except SourceError:
        pass
    else:
        assert all(entry.link for entry in found.entries)
