"""Which place a link means, and when it has none."""

from __future__ import annotations

import pytest

from indexer.article import Article, Span
from indexer.store import StoredArticle
from service.web import exact
from service.web.highlight import Highlight, highlight

_ARTICLE = Article("a", "Eins 😀 zwei.")
_STORED = StoredArticle(_ARTICLE, _ARTICLE.version, _ARTICLE.content_sha256, 1, "2026-01-01")


def test_a_place_that_is_there() -> None:
    found = highlight(_STORED, "5", "6", None)
    assert found == Highlight(Span(5, 6))
    assert _ARTICLE.quote(found.span or Span(0, 0)) == "😀"
    whole = highlight(_STORED, "0", str(len(_ARTICLE.text)), _ARTICLE.content_sha256.upper())
    assert whole.span == Span(0, len(_ARTICLE.text))


def test_no_place_was_asked_for() -> None:
    assert highlight(_STORED, None, None, None) == Highlight()
    assert highlight(_STORED, None, None, "") == Highlight()


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("5", None),
        (None, "6"),
        ("6", "5"),
        ("5", "5"),
        ("-1", "5"),
        ("0", "13"),
        ("٥", "٦"),
        ("", ""),
    ],
)
def test_a_place_that_is_not_there(start: str | None, end: str | None) -> None:
    assert highlight(_STORED, start, end, None) == Highlight(problem="outside")


def test_another_version_of_the_article() -> None:
    other = highlight(_STORED, "5", "99999", "0" * 64)
    assert other == Highlight(problem="changed", cited=Span(5, 99999))
    assert highlight(_STORED, None, None, "0" * 64) == Highlight(problem="changed")


def test_what_a_browser_would_change_is_written_so_that_it_does_not() -> None:
    assert exact('<&>"\r\n\r') == "&lt;&amp;&gt;&#34;&#13;\n&#13;"
    assert exact("a\0b") == "a\ufffdb"


def test_a_version_is_named_by_the_first_digits_of_its_hash() -> None:
    digits = _ARTICLE.content_sha256
    assert highlight(_STORED, "5", "6", digits[:12]).span == Span(5, 6)
    for other in (digits[:7], digits[:11] + ("0" if digits[11] != "0" else "1"), digits + "0"):
        assert highlight(_STORED, "5", "6", other).problem == "changed"
