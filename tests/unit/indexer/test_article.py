"""Article, Span and Passage: identity, version and quotes."""

from __future__ import annotations

import hashlib
from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.article import Article, Passage, Span
from indexer.errors import SourceError

ARTICLE = Article(
    id="a.txt",
    text="Titel\n\nEin Satz. 😀 e\u0301",
    title="Titel",
    published_at="2025-01-31",
    url="https://example.org/a",
    language="de",
    metadata={"outlet": "Bote", "tags": ["x", "y"]},
    body_start=7,
    title_span=Span(0, 5),
    source_root="/archive",
    source="a.txt",
)


@pytest.mark.parametrize(
    "surrogate",
    [chr(0xD800), chr(0xDC80), chr(0xDFFF), f"ok {chr(0xD83D)} ok", chr(0xDE00) + chr(0xD83D)],
    ids=ascii,
)
@pytest.mark.parametrize("field", ["id", "text", "title"])
def test_a_lone_surrogate_is_refused(field: str, surrogate: str) -> None:
    fields: dict[str, Any] = {"id": "a", "text": "Text.", "source": "a.txt", field: surrogate}
    with pytest.raises(SourceError, match=f"the {field} holds a lone surrogate") as caught:
        Article(**fields)
    assert caught.value.source == "a.txt"


@pytest.mark.parametrize(
    "neighbour", ["\ud7ff", "\ue000", "\uffff", "\U00010000", "\U0010ffff", "\0"]
)
def test_what_is_next_to_a_surrogate_is_text(neighbour: str) -> None:
    assert Article("a", neighbour, title=neighbour).text == neighbour


def test_an_id_is_never_empty() -> None:
    with pytest.raises(SourceError, match="empty id"):
        Article("", "Text.")


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_the_hash_is_that_of_the_text_in_utf_8(text: str) -> None:
    assert Article("a", text).content_sha256 == hashlib.sha256(text.encode("utf-8")).hexdigest()


def test_nothing_is_normalised() -> None:
    composed, decomposed = Article("a", "\xe4"), Article("a", "a\u0308")
    assert composed.content_sha256 != decomposed.content_sha256
    assert Article("a", "\ufeffa\r\n\r\n").text == "\ufeffa\r\n\r\n"


@pytest.mark.parametrize(
    "change",
    [
        {"text": "Titel\n\nEin Satz. 😀 \xe9"},
        {"text": ARTICLE.text + "\n"},
        {"title": "Titel "},
        {"title": None},
        {"published_at": "2025-02-01"},
        {"published_at": None},
        {"url": "https://example.org/b"},
        {"url": None},
        {"language": "en"},
        {"language": None},
        {"metadata": {"outlet": "Bote", "tags": ["x"]}},
        {"metadata": {"outlet": "Bote", "tags": ["y", "x"]}},
        {"metadata": {"outlet": "bote", "tags": ["x", "y"]}},
        {"metadata": {}},
        {"body_start": 0},
        {"title_span": None},
        {"title_span": Span(0, 4)},
    ],
    ids=str,
)
def test_each_change_makes_another_version(change: dict[str, Any]) -> None:
    assert replace(ARTICLE, **change).version != ARTICLE.version


@pytest.mark.parametrize(
    "change",
    [
        {"source_root": "/elsewhere"},
        {"source": "b.txt"},
        {"metadata": {"tags": ["x", "y"], "outlet": "Bote"}},
    ],
    ids=["source-root", "source", "order-of-metadata"],
)
def test_where_it_was_read_is_no_part_of_the_version(change: dict[str, Any]) -> None:
    assert replace(ARTICLE, **change).version == ARTICLE.version


def test_fields_are_not_mixed_up_in_the_version() -> None:
    versions = {
        Article("a", "x", title="y").version,
        Article("a", "y", title="x").version,
        Article("a", "x", url="y").version,
        Article("a", "x", published_at="y").version,
        Article("a", "x", language="y").version,
    }
    assert len(versions) == 5


def test_a_version_is_the_same_in_every_release() -> None:
    assert (
        ARTICLE.version  # changing this re-indexes every archive: raise recipe.FORMAT with it
        == "e041a8d2f36bf4ddba43ab6a2739317ae0f0c6f4314579878213a40185865d32"
    )


def test_a_quote_counts_code_points() -> None:
    assert ARTICLE.quote(Span(7, 16)) == "Ein Satz."
    assert ARTICLE.quote(Span(17, 18)) == "😀"
    assert ARTICLE.quote(Span(19, 21)) == "e\u0301"
    assert ARTICLE.quote(Span(3, 3)) == ""
    assert ARTICLE.title_span is not None
    assert ARTICLE.quote(ARTICLE.title_span) == ARTICLE.title


def test_values_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        ARTICLE.text = "x"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        Passage("a", 0, 0, 1, "x").end = 2  # type: ignore[misc]
