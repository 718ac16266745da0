"""Every parser of outside data against bytes that nobody meant.

Only our own errors come out, soon, and an article that comes out keeps the contract: offsets within
its text, a text that is UTF-8, and dates, languages and addresses in their one form.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer.article import Article
from indexer.errors import FundstelleError, SourceError
from indexer.language import valid_code
from indexer.passages import PassageSettings, cut
from indexer.sources import dates, html, markdown, pdf, plaintext, read_jsonl
from indexer.sources.epub import read_epub
from indexer.sources.fields import is_web_address
from indexer.sources.web import feeds, sitemaps
from indexer.sources.web.response import Response
from indexer.sources.web.robots import RobotsRules
from service.api.chat_completions import ChatBody
from service.api.chat_request import question_of
from service.evaluation import parse_questions
from tests.attack.mutations import mutated
from tests.documents import epub, page
from tests.documents import pdf as made_pdf
from tests.web_servers import item, rss, sitemap

_BOUNDED = settings(
    deadline=timedelta(seconds=20),
    max_examples=120,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
_SEED = (
    " date 2025-11-19 Zwölf Punkte für den Fluß\n\nDer Rat tagt. Die Brücke bleibt zu.\n".encode()
)
_MARKDOWN = b"""---
title: "Die Br\xc3\xbccke"
date: 2025-01-02
tags: [Verkehr, Rat]
url: https://bote.example/a
---
# Die Br\xc3\xbccke

Sie bleibt **zu**. [Mehr](https://bote.example/b)
"""
_HTML = b"""<!doctype html><html lang="de"><head><meta charset="utf-8"><title>Br\xc3\xbccke</title>
<meta property="article:published_time" content="2024-05-01T08:00:00+02:00">
<script type="application/ld+json">{"@type": "NewsArticle", "datePublished": "2024-05-01"}</script>
<link rel="canonical" href="https://bote.example/a"></head><body><article><h1>Br\xc3\xbccke</h1>
<p>Die alte Br\xc3\xbccke am Markt bleibt bis Mai geschlossen, sagt der Rat der Stadt.</p></article>
</body></html>"""
_LINE = (
    b'{"id": "a/b", "text": "Der Hafen ist zu. Er bleibt zu.", "title": "Hafen", "language": "de",'
    b' "published_at": "2025-01-02T03:04:05Z", "url": "https://bote.example/a",'
    b' "author": ["Ida", "Urs"], "tags": ["See"]}'
)
_PDF = made_pdf(["Der Rat tagt am Montag.", "", "Die Bahn ruht."], title="Rat", author="Ida")
_EPUB = epub(
    {"a.xhtml": page("<h1>Rat</h1><p>Der Rat tagt.</p>"), "b.xhtml": page("<p>Die Bahn.</p>")},
    metadata="<dc:title>Band</dc:title><dc:date>2025-01-02</dc:date>",
)
_FEED = rss(
    item("/a", "Br&amp;cke", "<pubDate>Mon, 06 Sep 2021 00:01:00 +0200</pubDate><guid>7</guid>")
).body
_SITEMAP = sitemap("https://bote.example/a", "<url><loc>/b</loc><lastmod>2025</lastmod></url>").body
_ROBOTS = b"User-agent: *\nDisallow: /a*\nCrawl-delay: 3\nSitemap: https://bote.example/s.xml\n"
_CHAT = (
    b'{"model": "fundstelle", "n": 1, "messages": [{"role": "user", "content": "Wer?"}, {"role": '
    b'"assistant", "content": [{"type": "text", "text": "Der Rat [1](http://x/read/a)"}]}, '
    b'{"role": "user", "content": "Und wann?"}], "fundstelle": {"language": ["de"], "top_k": 3, '
    b'"published_after": "2025-01-01"}}'
)
_GOLD = (
    b'{"id": "1", "language": "de", "question": "Wer?", "article": "a", "answers": ["Der Rat"]}\n'
)


def _one(parse: Callable[..., Article], data: bytes) -> Iterator[Article]:
    yield parse(data, source_root="/archive", source="a.txt")


def _lines(data: bytes) -> Iterator[Article | SourceError]:
    yield from read_jsonl(data.splitlines(keepends=True))


def _book(data: bytes) -> Iterator[Article | SourceError]:
    yield from read_epub(data, source_root="/archive", source="a.epub")


_ARTICLES = {
    "seed": (partial(_one, plaintext.parse), (_SEED,)),
    "markdown": (partial(_one, markdown.parse), (_MARKDOWN,)),
    "html": (partial(_one, html.parse), (_HTML,)),
    "jsonl": (_lines, (_LINE, _LINE + b"\n" + _LINE, b"[" + _LINE + b"," + _LINE + b"]")),
    "pdf": (partial(_one, pdf.parse), (_PDF,)),
    "epub": (_book, (_EPUB,)),
}


@pytest.mark.parametrize("name", _ARTICLES)
def test_articles_keep_the_contract_or_are_refused(name: str) -> None:
    parse, samples = _ARTICLES[name]

    @_BOUNDED
    @given(mutated(*samples))
    def attack(data: bytes) -> None:
        with contextlib.suppress(SourceError):
            for found in parse(data):
                if isinstance(found, Article):
                    _check(found, data if name in ("seed", "markdown") else None)

    attack()


def _check(article: Article, file: bytes | None) -> None:
    text = article.text
    assert article.id
    assert text.strip()
    assert text.encode().decode() == text
    if file is not None:
        assert text == file.decode()
    assert 0 <= article.body_start <= len(text)
    if article.title_span is not None:
        start, end = article.title_span
        assert 0 <= start < end <= len(text)
    assert article.language is None or valid_code(article.language) == article.language
    assert article.url is None or is_web_address(article.url)
    if article.published_at is not None:
        assert dates.normalise(article.published_at) == article.published_at
    for passage in cut(article, PassageSettings(max_tokens=32, overlap_tokens=8)):
        # An article without prose is found by its headline.
        first = article.body_start if text[article.body_start :].strip() else 0
        assert first <= passage.start < passage.end <= len(text)
        assert passage.text == text[passage.start : passage.end]


def _response(data: bytes) -> Response:
    url = httpx.URL("https://bote.example/feed")
    return Response(url, url, {"content-type": "application/xml"}, data)


def _chat(data: bytes) -> None:
    try:
        body = msgspec.json.decode(data, type=ChatBody)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return  # what the framework refuses; test_openapi.py sends such bodies over HTTP
    question_of(body.messages, body.fundstelle, "auto")


@pytest.mark.parametrize(
    ("parse", "sample"),
    [
        pytest.param(lambda data: feeds.parse(_response(data)), _FEED, id="feed"),
        pytest.param(lambda data: sitemaps.parse(_response(data)), _SITEMAP, id="sitemap"),
        pytest.param(lambda data: RobotsRules.of(data).forbids("/a"), _ROBOTS, id="robots"),
        pytest.param(_chat, _CHAT, id="chat"),
        pytest.param(lambda data: parse_questions(data.splitlines(), "f"), _GOLD, id="gold"),
    ],
)
def test_whatever_is_wrong_is_told_by_an_error_of_ours(
    parse: Callable[[bytes], object], sample: str | bytes
) -> None:
    valid = sample.encode() if isinstance(sample, str) else sample
    parse(valid)

    @_BOUNDED
    @given(mutated(valid))
    def attack(data: bytes) -> None:
        with contextlib.suppress(FundstelleError, _refusal()):
            parse(data)

    attack()


def _refusal() -> type[Exception]:
    from litestar.exceptions import HTTPException

    return HTTPException


@_BOUNDED
@given(st.text(max_size=60))
def test_dates_are_read_or_refused(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert dates.normalise(dates.normalise(text)) == dates.normalise(text)
