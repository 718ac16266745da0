"""Fields: what is accepted, and how what is not gets its name."""

from __future__ import annotations

import pytest

from indexer.sources import fields


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (True, "true or false"),
        (3, "a number"),
        (0.5, "a number"),
        ([], "a list"),
        ({}, "an object"),
    ],
)
def test_a_wrong_type_is_named(value: object, name: str) -> None:
    with pytest.raises(ValueError, match=f"^'title' must be a string, not {name}$"):
        fields.title({"title": value})


@pytest.mark.parametrize("value", [None, "", "  \n"])
def test_null_and_blank_count_as_absent(value: object) -> None:
    record = dict.fromkeys(("title", "url", "published_at", "outlet", "author", "tags"), value)
    assert fields.title(record) is None
    assert fields.url(record) is None
    assert fields.published_at(record) is None
    assert fields.metadata(record) == {}


def test_metadata_keeps_what_is_there() -> None:
    record = {"outlet": " Bote ", "author": ["A ", "", "B"], "tags": "eins", "colour": "red"}
    assert fields.metadata(record) == {"outlet": "Bote", "author": ["A", "B"], "tags": ["eins"]}


def test_only_author_and_tags_may_be_lists() -> None:
    with pytest.raises(ValueError, match="'outlet' must be a string, not a list"):
        fields.metadata({"outlet": ["Bote"]})
    with pytest.raises(ValueError, match="'tags' must be a list of strings, but holds a number"):
        fields.metadata({"tags": ["a", 1]})


@pytest.mark.parametrize("name", ["outlet", "author", "section", "tags"])
def test_a_lone_surrogate_is_refused_in_every_field(name: str) -> None:
    with pytest.raises(ValueError, match=f"'{name}' holds a lone surrogate"):
        fields.metadata({name: "\ud800"})


def test_a_lone_surrogate_is_refused_in_a_list() -> None:
    with pytest.raises(ValueError, match="'tags' holds a lone surrogate"):
        fields.metadata({"tags": ["gut", "\udfff"]})


@pytest.mark.parametrize(
    "url", ["https://bote.example/a?b=c#d", "http://127.0.0.1:8000/", "https://bücher.example/ä"]
)
def test_web_addresses(url: str) -> None:
    assert fields.url({"url": f" {url} "}) == url


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "bote.example/a",
        "//bote.example/a",
        "https://",
        "https:///a",
        "http://[::1",
        'https://bote.example/"onclick=x',
        "https://bote.example/a b",
        "https://bote.example/a\nb",
        "https://bote.example/\u202eb",
    ],
)
def test_what_a_reader_should_not_click_on(url: str) -> None:
    with pytest.raises(ValueError, match="'url' must be a whole address"):
        fields.url({"url": url})


def test_a_wrong_date_names_the_field() -> None:
    with pytest.raises(ValueError, match="'published_at': '2025-02-30' is not an ISO 8601 date"):
        fields.published_at({"published_at": "2025-02-30"})
