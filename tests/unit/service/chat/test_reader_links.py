"""Links to the reader page."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.answer import Place, Source
from service.chat.reader_links import ReaderLinks, reader_links


def _place(article_id: str) -> Place:
    return Place(article_id, None, None, None, None, 3, 9)


@pytest.mark.parametrize(
    ("article_id", "path"),
    [
        ("a-1", "a-1"),
        ("a/b ü%2F?#😀", "a%2Fb%20%C3%BC%252F%3F%23%F0%9F%98%80"),
        ("..", "%2E%2E"),
        ("a)b](x", "a%29b%5D%28x"),
    ],
)
def test_a_link_names_the_span(article_id: str, path: str) -> None:
    link = ReaderLinks("https://n.example/archive").to(_place(article_id))
    assert link == f"https://n.example/archive/read/{path}?start=3&end=9#quote"


def test_a_link_to_a_quote_names_the_version() -> None:
    source = Source("a", None, None, None, None, 3, 7, "Kiew", "0123456789abcdef" * 4, "Kiew", 3)
    link = ReaderLinks("http://n").to(source)
    assert link == "http://n/read/a?start=3&end=7&content_sha256=0123456789ab#quote"


@given(article_id=st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_id_is_one_segment(article_id: str) -> None:
    link = ReaderLinks("http://n").to(_place(article_id))
    assert link.isascii()
    assert not set(link) & set(' ()<>[]\\`"')
    path = urlsplit(link).path.removeprefix("/read/")
    assert "/" not in path
    assert unquote(path) == article_id


@pytest.mark.parametrize(
    ("public_url", "scheme", "host", "base"),
    [
        ("https://n.example/archive/", "http", "x:1", "https://n.example/archive"),
        (None, "http", "localhost:8000", "http://localhost:8000"),
        (None, "https", "n.example", "https://n.example"),
        (None, "http", "[::1]:8000", "http://[::1]:8000"),
        (None, "javascript", "n.example", "http://n.example"),
        (None, "http", "x)](http://evil.example", "http://127.0.0.1:8000"),
        (None, "http", "", "http://127.0.0.1:8000"),
        (None, "http", None, "http://127.0.0.1:8000"),
    ],
)
def test_where_readers_reach_it(
    public_url: str | None, scheme: str, host: str | None, base: str
) -> None:
    assert reader_links(public_url, scheme, host, 8000).base == base
