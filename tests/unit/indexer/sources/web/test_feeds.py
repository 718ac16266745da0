"""Feeds: what an entry says, in every dialect, and that nothing in one does harm."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.errors import SourceError
from indexer.sources.web import feeds
from indexer.sources.web.entry import Entry
from indexer.sources.web.response import Response
from tests.web_servers import Answer, item, rss

ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="fr" xml:base="https://bote.example/base/">
<title>Le Messager</title><author><name>Anna Ulm</name></author>
<entry xml:base="lokal/"><title type="html">Pont &lt;i&gt;fermé&lt;/i&gt; &amp;amp; fini</title>
 <link rel="alternate" href="pont"/><id>tag:bote.example,2024:1</id>
 <published>2024-05-01T23:30:00+02:00</published><updated>2024-06-01T10:00:00Z</updated>
 <category term="Ponts"/><category term="Ponts"/>
 <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Le pont est fermé.</p></div>
 </content></entry>
<entry><title>Sans date</title><link href="https://bote.example/b"/>
 <updated>2024-06-01T10:00:00Z</updated><summary>Court</summary>
 <author><name>Bert</name></author></entry></feed>"""
RDF = """<?xml version="1.0" encoding="iso-8859-1"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="x"><title>Böte</title></channel>
<item rdf:about="http://bote.example/a"><title>Brücke</title><link>http://bote.example/a</link>
<dc:date>2004-05-01</dc:date><dc:creator>Anna</dc:creator></item></rdf:RDF>"""


def response(
    body: str | bytes, kind: str = "application/xml", url: str = "https://bote.example/feed"
) -> Response:
    data = body.encode() if isinstance(body, str) else body
    return Response(httpx.URL(url), httpx.URL(url), {"content-type": kind}, data)


def entries(answer: Answer | str) -> tuple[Entry, ...]:
    body = answer.body if isinstance(answer, Answer) else answer
    return feeds.parse(response(body)).entries


def test_rss() -> None:
    (found,) = entries(
        rss(
            item(
                "/a",
                "Brücke gesperrt",
                "<pubDate>Mon, 06 Sep 2021 00:01:00 +0200</pubDate><category>Verkehr</category>"
                "<dc:creator>Anna Ulm</dc:creator><dc:creator>Bert</dc:creator>"
                '<guid isPermaLink="false">urn:7</guid><description>Kurz.</description>'
                "<content:encoded><![CDATA[<p>Lang.</p>]]></content:encoded>",
            )
        )
    )
    assert found == Entry(
        link="https://bote.example/a",
        identity="urn:7",
        title="Brücke gesperrt",
        published_at="2021-09-06T00:01:00+02:00",  # the day it was there, not in London
        authors=("Anna Ulm", "Bert"),
        tags=("Verkehr",),
        language="de",
        outlet="Der Bote",
        content="<p>Lang.</p>",
        summary="Kurz.",
    )


def test_atom() -> None:
    first, second = entries(ATOM)
    assert first.link == "https://bote.example/base/lokal/pont"
    assert first.title == "Pont fermé & fini"
    assert first.published_at == "2024-05-01T23:30:00+02:00"
    assert (first.authors, first.tags) == (("Anna Ulm",), ("Ponts",))
    assert (first.language, first.outlet) == ("fr", "Le Messager")
    assert first.content is not None
    assert "Le pont est fermé." in first.content
    assert (second.content, second.summary, second.authors) == (
        None,
        "<p>Court</p>",
        ("Bert",),
    )
    assert second.published_at is None  # the day of the last change is another thing


def test_rss_1_in_another_charset() -> None:
    (found,) = feeds.parse(response(RDF.encode("latin-1"))).entries
    assert found == Entry(
        link="http://bote.example/a",
        identity="http://bote.example/a",
        title="Brücke",
        published_at="2004-05-01",
        authors=("Anna",),
        outlet="Böte",
    )


@pytest.mark.parametrize(
    ("rest", "link"),
    [
        ("<guid>https://bote.example/g</guid>", "https://bote.example/g"),
        ('<guid isPermaLink="true">https://bote.example/g</guid>', "https://bote.example/g"),
        ('<guid isPermaLink="false">https://bote.example/g</guid>', None),
        ("<link>mailto:anna@bote.example</link>", None),
        ("<link>javascript:alert(1)</link>", None),
        ("<link>  ../b?x=1#y </link>", "https://bote.example/b?x=1"),
    ],
)
def test_what_leads_to_the_page(rest: str, link: str | None) -> None:
    (found,) = entries(rss(item(None, "Brücke", rest)))
    assert found.link == link


@pytest.mark.parametrize(
    ("date", "published_at"),
    [
        ("Mon, 06 Sep 2021 00:01:00 GMT", "2021-09-06T00:01:00+00:00"),
        ("6 Sep 2021 00:01 EST", "2021-09-06T00:01:00-05:00"),
        ("2021-09-06T00:01:00+02:00", "2021-09-06T00:01:00+02:00"),
        ("gestern", None),
        ("", None),
        ("Mon, 99 Sep 2021 00:01:00 GMT", None),
    ],
)
def test_dates(date: str, published_at: str | None) -> None:
    (found,) = entries(rss(item("/a", "x", f"<pubDate>{date}</pubDate>")))
    assert found.published_at == published_at


@pytest.mark.parametrize(
    ("head", "refresh"),
    [("<ttl>60</ttl>", 3600.0), ("<ttl>x</ttl>", None), ("<ttl>-5</ttl>", None), ("", None)],
)
def test_how_often_a_feed_wants_to_be_read(head: str, refresh: float | None) -> None:
    assert feeds.parse(response(rss(head=head).body)).refresh == refresh


def test_a_feed_that_is_not_well_formed_is_read_as_far_as_can_be() -> None:
    body = rss(item("/a", "Brücke"), item("/b", "Fähre & Co")).body
    assert isinstance(body, str)
    assert [e.link for e in entries(body[:-20])] == [
        "https://bote.example/a",
        "https://bote.example/b",
    ]


@pytest.mark.parametrize("body", ["", "not XML", "<html><p>x</p></html>", "<rss", "{}"])
def test_what_is_no_feed_is_an_error(body: str) -> None:
    with pytest.raises(SourceError, match=r"bote\.example/feed: holds no RSS or Atom feed"):
        feeds.parse(response(body))


def bomb(root: str, secret: Path) -> str:
    """A document type whose entity ``x`` is a file, and ``a11`` a hundred gigabytes."""
    levels = "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">'
        for n in range(1, 12)  # each ten of the one below
    )
    return f'<!DOCTYPE {root} [<!ENTITY a0 "/h"><!ENTITY x SYSTEM "{secret.as_uri()}">{levels}]>'


def test_entities_are_not_expanded(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("geheim", "utf-8")
    doctype = bomb("rss", secret)
    body = rss(item("/a", "&x;|&a11;")).body
    assert isinstance(body, str)
    started = time.monotonic()
    found = entries(body.replace("<rss", f"{doctype}<rss", 1))
    assert time.monotonic() - started < 5
    assert "geheim" not in f"{found}"
    assert len(f"{found}") < 10_000


PIECES = st.sampled_from(
    [
        *("<rss>", "</rss>", "<channel>", "<item>", "</item>", "<title>", "</title>", "<feed>"),
        *("<entry>", "<link>", "</link>", "<link href='a'/>", "<![CDATA[", "]]>", "<!--", "-->"),
        *(
            "<!DOCTYPE rss [",
            "]>",
            "&amp;",
            "&x;",
            "&#0;",
            "<content:encoded>",
            "<pubDate>",
            "\x00",
        ),
        *("<?xml version='1.0' encoding='utf-16'?>", "<guid isPermaLink='x'>", "xml:base='//['"),
        *("<ttl>9</ttl>", "http://[", "<rdf:RDF>", "<content type='base64'>", "%%%", "\ud83d"),
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES | st.text(max_size=12), max_size=25), st.booleans())
def test_any_bytes_are_entries_or_a_source_error(pieces: list[str], framed: bool) -> None:
    text = "".join(pieces)
    body = f"<rss version='2.0'><channel>{text}</channel></rss>" if framed else text
    data = body.encode("utf-8", "surrogatepass")
    try:
        found = feeds.parse(response(data, kind="text/xml; charset=nonsense"))
    except SourceError:
        pass
    else:
        assert all(isinstance(entry, Entry) for entry in found.entries)
