"""Addresses: what can be read, one spelling for each, and who belongs to whom."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.errors import SourceError
from indexer.sources.web import urls


@pytest.mark.parametrize(
    ("address", "canonical"),
    [
        ("https://bote.example", "https://bote.example/"),
        ("HTTPS://Bote.Example:443/A", "https://bote.example/A"),
        ("http://bote.example:80/a/", "http://bote.example/a/"),
        ("http://bote.example:8080/a", "http://bote.example:8080/a"),
        ("https://bote.example/a#kommentare", "https://bote.example/a"),
        ("https://bote.example/a?utm_source=x&UTM_Medium=y&fbclid=z", "https://bote.example/a"),
        ("https://bote.example/a?id=7&utm_source=x&cid=3", "https://bote.example/a?id=7&cid=3"),
        ("https://bote.example/a?b=2&a=1", "https://bote.example/a?b=2&a=1"),
        (
            "https://bote.example/a?source=archive&uid=9",
            "https://bote.example/a?source=archive&uid=9",
        ),
        ("https://bote.example/a?q=%C3%BC%26b", "https://bote.example/a?q=%C3%BC%26b"),
        ("https://me:secret@bote.example/a", "https://bote.example/a"),
        ("https://bücher.example/straße", "https://xn--bcher-kva.example/stra%C3%9Fe"),
        ("https://bote.example/a/../b/./c", "https://bote.example/b/c"),
        ("http://[::1]:8000/a", "http://[::1]:8000/a"),
    ],
)
def test_one_spelling(address: str, canonical: str) -> None:
    assert urls.canonical(urls.parse(address)) == canonical
    assert urls.canonical(urls.parse(canonical)) == canonical


@pytest.mark.parametrize(
    "address",
    [
        "ftp://bote.example/a",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://",
        "http:///a",
        "http://[",
        "http://bote.example:99999/",
        "http://bote.example:0/",
        "http://bo te.example/",
        "http://a%00b.example/",
        "/a",
        "",
        "http://bote.example/" + "a" * 2050,
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(SourceError) as caught:
        urls.parse(address)
    assert caught.value.reason


def test_a_refusal_names_no_password() -> None:
    with pytest.raises(SourceError) as caught:
        urls.parse("ftp://me:secret@bote.example/a")
    assert "secret" not in str(caught.value)


@settings(deadline=None)
@given(st.text(max_size=80))
def test_any_text_is_an_address_or_a_source_error(text: str) -> None:
    for address in (text, f"http://{text}", f"http://bote.example/{text}"):
        try:
            url = urls.parse(address)
        except SourceError:
            continue
        canonical = urls.canonical(url)
        assert urls.canonical(urls.parse(canonical)) == canonical
        assert canonical.startswith(urls.origin(url) + "/")
        canonical.encode("ascii")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://www.bote.co.uk/", "https://news.bote.co.uk/", True),
        ("https://bote.co.uk/", "https://welt.co.uk/", False),
        ("https://anna.github.io/", "https://bert.github.io/", False),
        ("http://127.0.0.1:1/", "http://127.0.0.1:2/", True),
        ("http://127.0.0.1/", "http://127.0.0.2/", False),
        ("http://localhost/", "http://intranet/", False),
    ],
)
def test_who_belongs_to_one_site(one: str, other: str, same: bool) -> None:
    assert urls.same_site(httpx.URL(one), httpx.URL(other)) is same


def test_credentials_are_read_and_not_shown() -> None:
    url = urls.parse("https://me:s%40cret@bote.example/feed?x=1")
    assert urls.authorization(url) == "Basic bWU6c0BjcmV0"  # me:s@cret
    assert urls.shown(url) == "https://bote.example/feed?x=1"
    assert urls.authorization(urls.parse("https://bote.example/")) is None


def test_links_are_resolved_against_their_page() -> None:
    base = urls.parse("https://me:secret@bote.example/a/b?c=1")
    assert str(urls.resolve(base, " ../d ")) == "https://bote.example/d"
    assert str(urls.resolve(base, "//welt.example/x")) == "https://welt.example/x"
    with pytest.raises(SourceError):
        urls.resolve(base, "mailto:anna@bote.example")


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("https://x/", True),
        ("FTP://x", True),
        ("seeds", False),
        ("a:b", False),
        ("./http://x", False),
    ],
)
def test_what_the_user_means_as_an_address(name: str, address: bool) -> None:
    assert urls.is_address(name) is address
