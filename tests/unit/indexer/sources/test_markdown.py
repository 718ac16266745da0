"""Markdown: front matter and headings, in a text that stays the file."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.article import Article
from indexer.errors import SourceError
from indexer.sources import read, resolve
from indexer.sources.markdown import parse


def article(text: str, source: str = "a.md") -> Article:
    return parse(text.encode(), source_root="/archive", source=source)


FULL = """---
title: "Brücke gesperrt"
date: 2024-05-31 18:00:00 +0200
url: https://bote.example/bruecke
language: de-CH
outlet: Der Bote
author: [Anna Ulm, Peter Mär]
section: Lokales
tags:
  - Verkehr
  - Brücken
---

# Brücke gesperrt #

Die Stadt wartet auf Stahl.
"""


def test_front_matter_gives_every_field() -> None:
    found = article(FULL)
    assert found.title == "Brücke gesperrt"
    assert found.published_at == "2024-05-31T18:00:00+02:00"
    assert found.url == "https://bote.example/bruecke"
    assert found.language == "de"
    assert found.metadata == {
        "outlet": "Der Bote",
        "author": ["Anna Ulm", "Peter Mär"],
        "section": "Lokales",
        "tags": ["Verkehr", "Brücken"],
    }


def test_the_body_begins_after_front_matter_and_title() -> None:
    found = article(FULL)
    assert found.text == FULL
    assert found.text[found.body_start :] == "Die Stadt wartet auf Stahl.\n"
    assert found.title_span is not None
    assert found.quote(found.title_span) == found.title
    assert found.title_span.start > FULL.index("# Brücke")


def test_another_heading_than_the_title_stays_in_the_body() -> None:
    found = article("---\ntitle: Brücke gesperrt\n---\n# Hintergrund\n\nEs fehlt Stahl.")
    assert found.title == "Brücke gesperrt"
    assert found.text[found.body_start :].startswith("# Hintergrund")
    assert found.title_span == (11, 26)
    assert found.quote(found.title_span) == "Brücke gesperrt"


def test_a_title_that_escapes_make_unlike_its_line_has_no_span() -> None:
    found = article('---\ntitle: "Die \\"Fähre\\""\n---\nSie fährt.')
    assert (found.title, found.title_span) == ('Die "Fähre"', None)


def test_the_first_heading_is_the_title() -> None:
    found = article("# Fähre fährt\n\nSie fährt wieder.\n\n# Wetter\n")
    assert (found.title, found.title_span) == ("Fähre fährt", (2, 13))
    assert found.text[found.body_start :].startswith("Sie fährt")


def test_a_heading_further_down_keeps_what_stands_before_it() -> None:
    found = article("Vorspann.\n\n# Fähre fährt\n\nText.")
    assert (found.title, found.body_start) == ("Fähre fährt", 0)


@pytest.mark.parametrize("fence", ["```", "~~~"])
def test_a_comment_in_code_is_no_heading(fence: str) -> None:
    found = article(f"Text.\n\n{fence}sh\n# comment\n{fence}\n\n# Titel\n")
    assert found.title == "Titel"


@pytest.mark.parametrize("line", ["#Titel", "## Titel", "    # Titel", "#", "\\# Titel"])
def test_what_is_no_first_level_heading(line: str) -> None:
    assert article(f"{line}\n\nEin Text.").title is None


def test_the_file_name_gives_the_date_where_the_front_matter_does_not() -> None:
    assert article("Text.", "posts/2024-05-31-faehre.md").published_at == "2024-05-31"
    dated = article("---\ndate: 2020-01-02\n---\nText.", "posts/2024-05-31-faehre.md")
    assert dated.published_at == "2020-01-02"


def test_the_language_is_detected_where_none_is_given() -> None:
    assert article("# Bridge\n\nThe old bridge will be closed until autumn.").language == "en"
    given = article("---\nlang: fr\n---\nThe old bridge will be closed until autumn.")
    assert given.language == "fr"


@pytest.mark.parametrize("url", ["/2024/bruecke", "javascript:alert(1)", "bote.example"])
def test_only_a_whole_address_is_a_url(url: str) -> None:
    assert article(f"---\nurl: {url}\n---\nText.").url is None


@pytest.mark.parametrize("field", ["date: tomorrow", "date: [2024-05-31]", "section: [a, b]"])
def test_a_wrong_field_is_named(field: str) -> None:
    with pytest.raises(SourceError, match=r"a\.md: front matter: .*(published_at|section)"):
        article(f"---\n{field}\n---\nText.")


@settings(deadline=None)
@given(
    mark=st.sampled_from(["", "\ufeff"]),
    lines=st.lists(
        st.sampled_from(["---", "title: Ü 😀", "# Ü 😀", "  # Kopf ##", "", "Ein Satz.", "```"]),
        min_size=1,
        max_size=8,
    ),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_offsets_are_those_of_the_file(mark: str, lines: list[str], end: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.md")
        path.write_bytes((mark + end.join([*lines, "Schluss"])).encode())
        (item,) = read(resolve([str(path)])[0])
        with path.open(encoding="utf-8", newline="") as file:
            expected = file.read()
    assert isinstance(item, Article)
    assert item.text == expected
    assert 0 <= item.body_start <= len(item.text)
    if item.title_span:
        assert item.quote(item.title_span) == item.title
