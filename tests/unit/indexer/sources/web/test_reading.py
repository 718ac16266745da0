"""From addresses to articles, over real sites on this machine."""

from __future__ import annotations

import gzip
import textwrap
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.article import Article
from indexer.errors import SourceError
from indexer.sources.web.entry import Entry
from indexer.sources.web.fetcher import Fetcher
from indexer.sources.web.gone import gone_articles
from indexer.sources.web.pages import from_page
from indexer.sources.web.reading import WebReading
from indexer.sources.web.source import WebSource, read_list
from tests.documents import pdf
from tests.unit.indexer.sources.web.conftest import FetcherFor
from tests.unit.indexer.sources.web.test_feeds import response
from tests.web_servers import Answer, Site, item, page, rss, sitemap

BRIDGE = (
    "Die alte Brücke über die Ühm bleibt bis zum Herbst gesperrt, teilte die Stadt mit.\n"
    "Es fehlt an Stahl und an Leuten, die ihn biegen können."
)
FERRY = BRIDGE.replace("Brücke", "Fähre")
FULL = "<content:encoded><![CDATA[{}]]></content:encoded>"


def paragraphs(text: str) -> str:
    return "".join(f"<p>{line}</p>" for line in text.split("\n"))


def reading(fetcher: Fetcher, *addresses: str, **given: Any) -> WebReading:
    return WebReading([WebSource.of(a) for a in addresses], fetcher, **given)


def read(fetcher: Fetcher, *addresses: str) -> tuple[list[Article], list[SourceError]]:
    found = list(reading(fetcher, *addresses).items())
    return (
        [one for one in found if isinstance(one, Article)],
        [one for one in found if isinstance(one, SourceError)],
    )


def only(fetcher: Fetcher, address: str) -> Article:
    (article,), errors = read(fetcher, address)
    assert errors == []
    return article


def failed(fetcher: Fetcher, address: str) -> str:
    articles, (error,) = read(fetcher, address)
    assert articles == []
    assert error.source.startswith("http://127.0.0.")
    return error.reason


# Pages


def test_a_page_is_an_article_by_its_address(site: Site, fetcher: Fetcher) -> None:
    site.pages["/a?utm_source=x"] = Answer(page("Brücke gesperrt", BRIDGE))
    found = only(fetcher, site.url("/a?utm_source=x#top"))
    assert found.id == found.url == found.source == site.url("/a")
    assert found.source_root == site.address
    assert found.text == f"Brücke gesperrt\n{BRIDGE}"
    assert (found.title, found.language) == ("Brücke gesperrt", "de")
    assert found.text[found.body_start :] == BRIDGE


@pytest.mark.parametrize(
    ("canonical", "path"),
    [
        ("/artikel/a", "/artikel/a"),
        ("artikel/a?id=1&utm_source=x", "/artikel/a?id=1"),
        ("https://welt.example/a", "/a"),  # another site has no say
        ("/", "/a"),  # every article of some sites claims to be the front page
        ("", "/a"),
        ("http://[", "/a"),
    ],
)
def test_the_canonical_address_counts_within_its_site(
    site: Site, fetcher: Fetcher, canonical: str, path: str
) -> None:
    head = f'<link rel="canonical" href="{canonical}">'
    site.pages["/a"] = Answer(page("Brücke gesperrt", BRIDGE, head=head))
    assert only(fetcher, site.url("/a")).id == site.url(path)


def test_a_page_that_moved_for_good_has_its_new_address(site: Site, fetcher: Fetcher) -> None:
    site.pages["/a"] = Answer(status=301, headers={"Location": "/b"})
    site.pages["/b"] = Answer(page("Brücke gesperrt", BRIDGE))
    site.pages["/c"] = Answer(status=302, headers={"Location": "/b"})
    assert only(fetcher, site.url("/a")).id == site.url("/b")
    assert only(fetcher, site.url("/c")).id == site.url("/c")


@pytest.mark.parametrize(
    ("header", "meta", "encoding"),
    [
        ("text/html; charset=iso-8859-1", "", "cp1252"),
        ("text/html; charset=windows-1251", "utf-8", "utf-8"),
        ("text/html; charset=utf-8", "iso-8859-1", "cp1252"),
        ("text/html", "iso-8859-1", "cp1252"),
        ("text/html; charset=nonsense", "", "utf-8"),
        ("text/html", "", "utf-8-sig"),
        ("text/html", "", "utf-16"),
    ],
)
def test_charsets(site: Site, fetcher: Fetcher, header: str, meta: str, encoding: str) -> None:
    declared = f'<meta charset="{meta}">' if meta else ""
    text = page("Brücke gesperrt", BRIDGE).replace('<meta charset="utf-8">', declared)
    site.pages["/a"] = Answer(text.encode(encoding), header)
    assert only(fetcher, site.url("/a")).text == f"Brücke gesperrt\n{BRIDGE}"


def test_a_charset_that_nobody_declares_is_not_guessed(site: Site, fetcher: Fetcher) -> None:
    text = page("Brücke gesperrt", BRIDGE).replace('<meta charset="utf-8">', "")
    site.pages["/a"] = Answer(text.encode("cp1252"), "text/html")
    assert "is not UTF-8" in failed(fetcher, site.url("/a"))


def test_a_text_is_an_article(site: Site, fetcher: Fetcher) -> None:
    site.pages["/a.txt"] = Answer(BRIDGE, "text/plain; charset=utf-8")
    found = only(fetcher, site.url("/a.txt"))
    assert (found.id, found.text, found.language) == (site.url("/a.txt"), BRIDGE, "de")


def test_a_pdf_is_an_article_and_a_feed_fills_what_it_lacks(site: Site, fetcher: Fetcher) -> None:
    made = pdf([("Brücke gesperrt", 20.0), "", *textwrap.wrap(BRIDGE, 80)], author="Ina Weber")
    site.pages["/a.pdf"] = Answer(made, "application/pdf")
    found = only(fetcher, site.url("/a.pdf"))
    assert (found.id, found.url, found.title) == (found.source, found.id, "Brücke gesperrt")
    assert (found.id, found.language) == (site.url("/a.pdf"), "de")
    assert BRIDGE.replace("\n", " ") in found.text
    assert found.metadata == {"author": "Ina Weber"}
    site.pages["/feed"] = rss(
        item(site.url("/a.pdf"), rest="<pubDate>Tue, 03 Mar 2026 08:00:00 +0100</pubDate>")
    )
    assert only(fetcher, site.url("/feed")).published_at == "2026-03-03T08:00:00+01:00"
    assert only(fetcher, site.url("/feed")).id == found.id


def test_a_page_without_text_names_its_feed(site: Site, fetcher: Fetcher) -> None:
    link = '<link rel="alternate" type="application/rss+xml" href="/feed">'
    site.pages["/"] = Answer(f"<html><head>{link}</head><body></body></html>")
    assert f"index its feed: {site.url('/feed')}" in failed(fetcher, site.url("/"))
    site.pages["/"] = Answer(page("Brücke", BRIDGE, head=link))
    assert only(fetcher, site.url("/")).text.endswith(BRIDGE)  # a page with a feed is a page


def test_what_is_no_page_is_an_error(site: Site, fetcher: Fetcher) -> None:
    site.pages["/a"] = Answer(b"\x89PNG\0", "image/png")
    assert "image/png" in failed(fetcher, site.url("/a"))
    site.pages["/a"] = Answer(b"%PDF-1.7", "application/pdf")
    assert "is damaged, or no PDF" in failed(fetcher, site.url("/a"))
    assert "status 404" in failed(fetcher, site.url("/none"))


# Feeds


def test_a_feed_leads_to_its_pages_and_fills_what_they_lack(site: Site, fetcher: Fetcher) -> None:
    rest = (
        "<pubDate>Mon, 06 Sep 2021 00:01:00 +0200</pubDate><dc:creator>Anna Ulm</dc:creator>"
        "<category>Verkehr</category><description>Kurz.</description>"
    )
    site.pages["/feed"] = rss(item("/a", "Aus dem Feed", rest), item("/b", "Fähre"))
    site.pages["/a"] = Answer(page("Brücke gesperrt", BRIDGE))
    site.pages["/b"] = Answer(page("Fähre", FERRY, head='<meta name="author" content="Otto Bär">'))
    first, second = read(fetcher, site.url("/feed"))[0]
    assert first.title == "Brücke gesperrt"  # the page goes first
    assert first.published_at == "2021-09-06T00:01:00+02:00"
    assert first.metadata == {"outlet": "Der Bote", "author": "Anna Ulm", "tags": ["Verkehr"]}
    assert second.metadata == {"outlet": "Der Bote", "author": "Otto Bär"}


def test_the_entry_stands_in_for_a_teaser(site: Site, fetcher: Fetcher) -> None:
    entry = item("/a", "Brücke", FULL.format(paragraphs(BRIDGE)))
    site.pages["/feed"] = rss(entry)
    teaser = page(
        "Brücke", BRIDGE.partition("\n")[0][:30], head='<meta name="author" content="Anna Ulm">'
    )
    site.pages["/a"] = Answer(teaser)
    found = only(fetcher, site.url("/feed"))
    assert (found.id, found.text) == (site.url("/a"), BRIDGE)
    assert found.metadata["author"] == "Anna Ulm"
    site.pages["/a"] = Answer(page("Brücke", BRIDGE + "\nUnd noch ein Satz."))
    assert only(fetcher, site.url("/feed")).text.endswith("Und noch ein Satz.")


@pytest.mark.parametrize("status", [403, 500])
def test_the_entry_stands_in_for_a_page_that_can_not_be_had(
    site: Site, fetcher: Fetcher, status: int
) -> None:
    site.pages["/feed"] = rss(
        item("/a", "Brücke", FULL.format(paragraphs(BRIDGE))),
        item("/b", "Fähre", "<description>Nur der Anfang.</description>"),
    )
    site.pages["/a"] = site.pages["/b"] = Answer(status=status)
    (found,), (error,) = read(fetcher, site.url("/feed"))
    assert (found.id, found.text, found.title) == (site.url("/a"), BRIDGE, "Brücke")
    assert (error.source, f"status {status}" in error.reason) == (site.url("/b"), True)


def test_a_page_read_before_is_not_given_up_for_a_shorter_entry(
    site: Site, fetcher: Fetcher
) -> None:
    site.pages["/feed"] = rss(item("/a", "Brücke", FULL.format("<p>Nur ein Auszug davon.</p>")))
    site.pages["/a"] = Answer(page("Brücke", BRIDGE))
    before = only(fetcher, site.url("/feed"))
    site.pages["/a"] = Answer(status=503)
    assert only(fetcher, site.url("/feed")) == before


def test_a_page_that_is_gone_is_not_replaced_by_its_entry(site: Site, fetcher: Fetcher) -> None:
    site.pages["/feed"] = rss(item("/a", "Brücke", FULL.format(paragraphs(BRIDGE))))
    site.pages["/a"] = Answer(status=410)
    found = reading(fetcher, site.url("/feed"))
    assert [str(e) for e in found.items()] == [f"{site.url('/a')}: is gone for good (status 410)"]
    assert found.gone == {site.url("/a")}


def test_entries_without_a_link(site: Site, fetcher: Fetcher) -> None:
    site.pages["/feed?x=1"] = rss(
        item(
            None,
            "Brücke",
            f"<guid isPermaLink='false'>urn:1</guid>{FULL.format(paragraphs(BRIDGE))}",
        ),
        item(None, "Fähre", "<description>Die Fähre fährt seit Freitag wieder.</description>"),
        item(None, "Ohne alles"),
    )
    (first, second), (error,) = read(fetcher, site.url("/feed?x=1"))
    assert (first.id, first.text) == (site.url("/feed?x=1#urn:1"), BRIDGE)
    assert second.text == "Die Fähre fährt seit Freitag wieder."
    assert second.id.startswith(site.url("/feed?x=1#"))
    assert "neither a link nor a text" in error.reason


def test_one_page_of_two_feeds_is_read_once(site: Site, fetcher: Fetcher) -> None:
    canonical = '<link rel="canonical" href="/a">'
    site.pages["/politik"] = rss(item("/a?utm_source=politik"), item("/b"))
    site.pages["/lokal"] = rss(item("/a?utm_source=lokal"), item("/print/a"))
    for path in ("/a?utm_source=politik", "/a?utm_source=lokal", "/print/a"):
        site.pages[path] = Answer(page("Brücke", BRIDGE, head=canonical))
    site.pages["/b"] = Answer(page("Fähre", FERRY))
    articles, errors = read(fetcher, site.url("/politik"), site.url("/lokal"))
    assert [a.id for a in articles] == [site.url("/a"), site.url("/b")]
    assert errors == []
    assert "/a?utm_source=lokal" not in site.paths()


def test_two_feeds_do_not_take_turns_in_naming_an_article(
    site: Site, fetcher_for: FetcherFor
) -> None:
    for name in ("politik", "lokal"):
        feed = rss(item("/a", "Brücke", f"<category>{name}</category>")).body
        assert isinstance(feed, str)
        site.pages[f"/{name}"] = Answer(feed.replace("Der Bote", f"Bote {name}"), "text/xml")
    site.pages["/a"] = Answer(page("Brücke", BRIDGE))
    first = only(fetcher_for(), site.url("/politik"))
    assert only(fetcher_for(), site.url("/lokal")) == first
    assert only(fetcher_for(), site.url("/a")) == first
    assert first.metadata == {"outlet": "Bote politik", "tags": ["politik"]}


def test_a_second_run_costs_small_answers_and_gives_the_same(
    site: Site, fetcher_for: FetcherFor
) -> None:
    site.pages["/feed"] = rss(item("/a"), item("/b"))
    site.pages["/a"] = Answer(page("Brücke", BRIDGE), etag='"a"')
    site.pages["/b"] = Answer(page("Fähre", FERRY), modified="Mon, 06 Sep 2021 00:01:00 GMT")
    first = read(fetcher_for(), site.url("/feed"))
    site.asked.clear()
    assert read(fetcher_for(), site.url("/feed")) == first
    assert site.paths(304) == ["/a", "/b"]


# Sitemaps


def test_a_sitemap_leads_to_its_pages(site: Site, fetcher: Fetcher) -> None:
    news = (
        f"<url><loc>{site.url('/a')}</loc><news:news><news:publication><news:name>Der Bote"
        "</news:name><news:language>de</news:language></news:publication><news:publication_date>"
        "2024-05-01</news:publication_date><news:title>x</news:title></news:news></url>"
    )
    site.pages["/sitemap.xml"] = sitemap(news, site.url("/b"), "https://welt.example/c")
    site.pages["/a"] = Answer(page("Brücke", BRIDGE))
    site.pages["/b"] = Answer(page("Fähre", FERRY))
    (first, second), (error,) = read(fetcher, site.url("/sitemap.xml"))
    assert (first.id, first.published_at) == (site.url("/a"), "2024-05-01")
    assert first.metadata == {"outlet": "Der Bote"}
    assert second.id == site.url("/b")
    assert "1 addresses in it are of other sites" in error.reason


def sitemap_index(*locations: str) -> Answer:
    entries = "".join(f"<sitemap><loc>{u}</loc></sitemap>" for u in locations)
    return Answer(f"<sitemapindex>{entries}</sitemapindex>", "application/xml")


def test_an_index_of_packed_sitemaps(site: Site, fetcher: Fetcher) -> None:
    index = site.url("/index.xml")
    site.pages["/index.xml"] = sitemap_index(
        site.url("/1.xml.gz"), site.url("/none.xml"), index, site.url("/2.xml")
    )
    one = sitemap(site.url("/a")).body
    assert isinstance(one, str)
    site.pages["/1.xml.gz"] = Answer(gzip.compress(one.encode()), "application/x-gzip")
    site.pages["/2.xml"] = sitemap(site.url("/b"), site.url("/a"))
    site.pages["/a"] = Answer(page("Brücke", BRIDGE))
    site.pages["/b"] = Answer(page("Fähre", FERRY))
    articles, errors = read(fetcher, index)
    assert [a.id for a in articles] == [site.url("/a"), site.url("/b")]
    assert [e.source for e in errors] == [site.url("/none.xml")]
    assert len(site.paths()) == len(set(site.paths())) + 1  # the index names itself, once


def test_sitemaps_without_end(site: Site, fetcher: Fetcher) -> None:
    for n in range(9):
        site.pages[f"/{n}.xml"] = sitemap_index(site.url(f"/{n + 1}.xml"))
    assert "more than 3 levels" in failed(fetcher, site.url("/0.xml"))
    assert len(site.paths()) == 3


def test_a_source_leads_to_so_many_pages(site: Site, fetcher_for: FetcherFor) -> None:
    site.pages["/s.xml"] = sitemap(*(site.url(f"/{n}") for n in range(5)))
    for n in range(5):
        site.pages[f"/{n}"] = Answer(page(f"Brücke {n}", BRIDGE))
    articles, (error,) = read(fetcher_for(max_pages=3), site.url("/s.xml"))
    assert [a.id for a in articles] == [site.url(f"/{n}") for n in range(3)]
    assert "FUNDSTELLE_WEB_MAX_PAGES" in error.reason


@pytest.mark.parametrize(("modified", "asked"), [("2001-01-01", 1), ("2999-01-01T00:00:00Z", 2)])
def test_a_page_that_its_sitemap_calls_unchanged_is_not_asked_for(
    site: Site, fetcher: Fetcher, modified: str, asked: int
) -> None:
    url = f"<url><loc>{site.url('/a')}</loc><lastmod>{modified}</lastmod></url>"
    site.pages["/s.xml"] = sitemap(url)
    site.pages["/a"] = Answer(page("Brücke", BRIDGE))
    first = only(fetcher, site.url("/s.xml"))
    assert only(fetcher, site.url("/s.xml")) == first
    assert site.paths().count("/a") == asked
    found = list(reading(fetcher, site.url("/s.xml"), trust_dates=False).items())
    assert found == [first]
    assert site.paths().count("/a") == asked + 1


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "<p>",
                "</p>",
                "<table>",
                "<base href='http://['>",
                "<link rel=canonical href='//['>",
                "<html lang='x'>",
                "<script type='application/ld+json'>{",
                "</script>",
                "<!--",
                "\x00",
                "<meta name=author content='a;b'>",
                "<title>",
                "\ud800",
                "&#xD800;",
                "<article>",
                "Satz.",
            ]
        )
        | st.text(max_size=10),
        max_size=20,
    ),
    st.sampled_from(["text/html", "text/html; charset=utf-16", "text/plain; charset=x", ""]),
)
def test_any_bytes_are_an_article_or_a_source_error(pieces: list[str], kind: str) -> None:
    body = "".join(pieces).encode("utf-8", "surrogatepass")
    try:
        found = from_page(response(body, kind), Entry(link="https://bote.example/a", title="x"))
    except SourceError:
        return
    assert found.id.startswith("https://bote.example/")
    assert found.text.strip()


# Several sources


def test_one_source_that_fails_does_not_stop_the_others(
    site: Site, other_site: Site, fetcher: Fetcher
) -> None:
    site.pages["/feed"] = rss(item("/a"), head="<ttl>60</ttl>")
    site.pages["/a"] = Answer(page("Brücke", BRIDGE))
    site.pages["/bad"] = Answer("<rss", "application/rss+xml")
    names = [other_site.url("/feed"), site.url("/none"), site.url("/bad"), site.url("/feed")]
    found = reading(fetcher, *names)
    *errors, article = found.items()
    assert [e.source for e in errors if isinstance(e, SourceError)] == names[:3]
    assert isinstance(article, Article)
    assert set(found.failures) == set(names[:2])
    assert found.refresh == {names[3]: 3600.0}
    assert other_site.asked == []


def test_credentials_are_in_no_article_and_no_error(site: Site, fetcher: Fetcher) -> None:
    def private(handler: Any) -> None:
        known = handler.headers.get("Authorization") == "Basic bWU6c2VocmdlaGVpbQ=="
        body = page("Brücke", BRIDGE).encode() if known else b""
        handler.send_response(200 if known else 401)
        handler.send_header("Content-Type", "text/html")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    site.pages["/a"] = private
    address = site.url("/a").replace("://", "://me:sehrgeheim@")
    found = only(fetcher, address)
    assert (found.id, found.text) == (site.url("/a"), f"Brücke\n{BRIDGE}")
    _, errors = read(fetcher, address, address.replace("/a", "/none"))
    assert "sehrgeheim" not in f"{found}{errors}{[str(e) for e in errors]}"


# What is gone


def gone(site: Site, fetcher: Fetcher, known: list[str], *paths: str) -> list[str]:
    found = reading(fetcher, *map(site.url, paths))
    list(found.items())
    return list(gone_articles([site.url(k) for k in known], found, fetcher))


def test_what_answers_404_or_410_or_moved_is_gone_and_nothing_else(
    site: Site, fetcher: Fetcher
) -> None:
    site.pages["/feed"] = rss(item("/a"), item("/weg"))
    site.pages["/a"] = Answer(page("Brücke", BRIDGE))
    site.pages["/weg"] = Answer(status=410)
    site.pages["/alt"] = Answer(page("Fähre", FERRY))  # dropped off the feed
    site.pages["/moved"] = Answer(status=301, headers={"Location": "/a"})
    site.pages["/away"] = Answer(status=301, headers={"Location": "/not-in-the-archive"})
    site.pages["/not-in-the-archive"] = Answer("x")
    site.pages["/busy"] = Answer(status=503)
    site.pages["/locked"] = Answer(status=403)
    site.pages["/no-head"] = Answer(status=405)
    known = ["/a", "/weg", "/alt", "/moved", "/away", "/busy", "/locked", "/no-head", "/none"]
    known.append("/feed#urn:1")
    found = gone(site, fetcher, known, "/feed")
    assert sorted(found) == [site.url(p) for p in ("/moved", "/none", "/weg")]


@pytest.mark.parametrize("status", [404, 503])
def test_on_a_site_in_trouble_nothing_else_is_looked_for(
    site: Site, fetcher: Fetcher, status: int
) -> None:
    site.pages["/feed"] = Answer(status=status)
    site.pages["/a"] = Answer(status=410)
    assert gone(site, fetcher, ["/a", "/none"], "/feed") == []
    assert gone(site, fetcher, ["/a", "/none"], "/feed", "/a") == [site.url("/a")]  # was named


def test_what_was_looked_for_longest_ago_is_looked_for_first(
    site: Site, fetcher_for: FetcherFor
) -> None:
    site.pages["/feed"] = rss()
    known = [f"/{n}" for n in range(5)]
    for path in known:
        site.pages[path] = Answer("x")
    for _ in range(3):
        assert gone(site, fetcher_for(prune_checks=2), known, "/feed") == []
    looked = [p for p in site.paths() if p != "/feed"]
    assert looked == ["/0", "/1", "/2", "/3", "/4", "/0"]


# Lists


def test_a_list_of_addresses() -> None:
    lines = [
        b"\xef\xbb\xbf# Feeds\n",
        b"https://bote.example/feed  # politics\n",
        b"\n",
        b"https://bote.example/a#b\r\n",
        b"bote.example/feed\n",
        b"https://bote.example/feed\n",
    ]
    first, second, wrong = read_list(lines, "liste.txt")
    assert isinstance(first, WebSource)
    assert isinstance(second, WebSource)
    assert (first.name, second.name) == ("https://bote.example/feed", "https://bote.example/a")
    assert isinstance(wrong, SourceError)
    assert (wrong.source, wrong.line) == ("liste.txt", 5)
