"""The date of a page: what it declares, never what its text happens to mention."""

from __future__ import annotations

import pytest
from trafilatura import load_html

from indexer.sources.html_date import published_at

BODY = "<p>Am 2019-05-01 tagte der Rat, am 12. Juni 2020 wieder.</p><footer>© 2024</footer>"


def date_of(head: str = "", body: str = BODY, url: str | None = None) -> str | None:
    return published_at(load_html(f"<html><head>{head}</head><body>{body}</body></html>"), url)


def test_dates_in_running_text_are_not_taken() -> None:
    assert date_of() is None


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (
            '<meta property="article:published_time" content="2024-05-31T23:30:00-05:00">',
            "2024-05-31T23:30:00-05:00",
        ),
        ('<meta name="DC.date" content="1890-03-04">', "1890-03-04"),
        ('<meta itemprop="datePublished" content="2024-05-31">', "2024-05-31"),
        (
            '<script type="application/ld+json">{"@graph": [{"@type": "Person"}, '
            '{"@type": "NewsArticle", "datePublished": "2024-05-31T10:00:00Z"}]}</script>',
            "2024-05-31T10:00:00+00:00",
        ),
    ],
)
def test_declared_in_the_head(head: str, expected: str) -> None:
    assert date_of(head) == expected


@pytest.mark.parametrize(
    "element",
    [
        '<span itemprop="datePublished">2024-05-31</span>',
        '<time itemprop="datePublished" datetime="2024-05-31">Freitag</time>',
        '<time pubdate datetime="2024-05-31">Freitag</time>',
        '<article><time datetime="2024-05-31">Fr</time>'
        '<time datetime="2024-06-02">So</time></article>',
    ],
)
def test_declared_in_the_body(element: str) -> None:
    assert date_of(body=element + BODY) == "2024-05-31"


@pytest.mark.parametrize("path", ["2024/05/31/rat", "2024/05/31", "2024-05-31/rat"])
def test_in_the_address(path: str) -> None:
    assert date_of(url=f"https://bote.example/{path}") == "2024-05-31"


def test_a_modified_date_is_not_the_published_one() -> None:
    assert date_of('<meta property="article:modified_time" content="2024-06-01">') is None


def test_what_is_no_date_gives_way_to_the_next() -> None:
    head = (
        '<script type="application/ld+json">{"datePublished": "gestern"}</script>'
        '<meta name="date" content="2024-05-31">'
    )
    assert date_of(head) == "2024-05-31"


@pytest.mark.parametrize("script", ["", "{", "[" * 100_000, '{"datePublished": 3}', "null"])
def test_broken_json_is_passed_over(script: str) -> None:
    head = f'<script type="application/ld+json">{script}</script>'
    assert date_of(head + '<meta name="date" content="2024-05-31">') == "2024-05-31"
