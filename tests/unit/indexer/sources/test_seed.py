"""The seed format: a header that is found, and text that only looks like one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.article import Span
from indexer.errors import SourceError
from indexer.sources.seed import header

TITLES = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1).filter(
    lambda title: title == title.strip()
)


@given(
    mark=st.sampled_from(["", "\ufeff"]),
    indent=st.sampled_from(["", " ", "  ", "\t"]),
    gap=st.sampled_from([" ", "   ", "\t"]),
    title=TITLES,
    trailing=st.sampled_from(["", " ", " \t"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    body=st.sampled_from(["", "Der Text.", "Erster Absatz.\n\nZweiter."]),
)
def test_title_and_body_are_where_the_header_says(
    *, mark: str, indent: str, gap: str, title: str, trailing: str, end: str, body: str
) -> None:
    text = f"{mark}{indent}date{gap}2024-05-31{gap}{title}{trailing}{end}{end}{body}"
    found = header(text, "a.txt")
    assert found is not None
    assert found.published_at == "2024-05-31"
    assert found.title_span is not None
    assert text[found.title_span.start : found.title_span.end] == title
    assert text[found.body_start :] == body


def test_a_header_alone_has_a_title_and_an_empty_body() -> None:
    text = " date 1890-01-01 Kaiser reist ab"
    assert header(text, "a.txt") == ("1890-01-01", Span(17, 32), len(text))
    assert text[17:32] == "Kaiser reist ab"


def test_a_title_that_repeats_the_date() -> None:
    text = "date 2024-05-31 2024-05-31\n\nText"
    found = header(text, "a.txt")
    assert found is not None
    assert found.title_span == Span(16, 26)


def test_a_header_without_a_title() -> None:
    assert header("date 2024-05-31\n\nText", "a.txt") == ("2024-05-31", None, 17)


def test_a_missing_blank_line_does_not_hide_the_header() -> None:
    text = " date 2024-05-31 Titel\nText"
    found = header(text, "a.txt")
    assert found is not None
    assert text[found.body_start :] == "Text"


@pytest.mark.parametrize(
    "text",
    [
        "Titel\n\n date 2024-05-31 Titel\n\nText",
        "\n date 2024-05-31 Titel\n\nText",
        "dated 2024-05-31 Titel\n\nText",
        "date 2024-5-31 Titel\n\nText",
        "date 2024-05-311 Titel\n\nText",
        "date\n2024-05-31 Titel\n\nText",
        "date 2025-02-30 is not a day\nthat anyone has seen.",
    ],
)
def test_text_that_only_looks_like_a_header(text: str) -> None:
    assert header(text, "a.txt") is None


@pytest.mark.parametrize("rest", ["\n\nText", "\n \nText", "", "\n"])
def test_an_impossible_date_in_a_header_is_named(rest: str) -> None:
    with pytest.raises(SourceError, match=r"a\.txt:1: '2025-02-30' is not an ISO 8601 date"):
        header(f" date 2025-02-30 Titel{rest}", "a.txt")
