"""Text files: the file unchanged, with a title where one can be told."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.article import Article
from indexer.errors import SourceError
from indexer.sources import read, resolve
from indexer.sources.plaintext import parse

LINES = st.sampled_from(
    ["", " ", "Brücke gesperrt", "date 2024-05-31 Fähre", " date 2024-05-31 Ü😀", "Ein Satz."]
)


def article(text: str, source: str = "a.txt") -> Article:
    return parse(text.encode(), source_root="/archive", source=source)


@settings(deadline=None)  # the first example loads the language model
@given(
    mark=st.sampled_from(["", "\ufeff"]),
    lines=st.lists(LINES, min_size=1, max_size=6),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_offsets_are_those_of_the_file(mark: str, lines: list[str], end: str) -> None:
    written = mark + end.join(lines)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.txt")
        path.write_bytes(written.encode())
        (item,) = read(resolve([str(path)])[0])
        with path.open(encoding="utf-8", newline="") as file:
            expected = file.read()
    if not written.replace("\ufeff", "").strip():
        assert isinstance(item, SourceError)
        return
    assert isinstance(item, Article)
    assert item.text == expected == written
    assert (item.title is None) == (item.title_span is None)
    if item.title_span:
        assert item.quote(item.title_span) == item.title
        assert item.title_span.end <= item.body_start <= len(item.text)


def test_the_first_line_before_a_blank_one_is_the_title() -> None:
    found = article("\ufeffBrücke bleibt gesperrt \r\n\r\nDie Stadt wartet auf Stahl.")
    assert found.title == "Brücke bleibt gesperrt"
    assert found.title_span == (1, 23)
    assert found.text[found.body_start :] == "Die Stadt wartet auf Stahl."
    assert found.language == "de"
    assert found.published_at is None


@pytest.mark.parametrize(
    "text",
    [
        "Eine Zeile\nund noch eine, ohne Absatz dazwischen",
        "x" * 201 + "\n\nText",
        "Nur eine Zeile\n\n",
        "Der erste Absatz ist ein ganzer Satz.\n\nDer zweite auch.",
    ],
    ids=["no blank line", "too long", "no body", "a sentence"],
)
def test_without_a_title_nothing_is_kept_out_of_the_body(text: str) -> None:
    found = article(text)
    assert (found.title, found.title_span, found.body_start) == (None, None, 0)


def test_a_title_of_200_characters_is_one() -> None:
    assert article("x" * 200 + "\n\nText").title == "x" * 200


def test_a_seed_header_gives_title_and_date() -> None:
    found = article(" date 2024-05-31 Fähre fährt wieder\n\nSeit Freitag.", "2001-01-01-x.txt")
    assert (found.title, found.published_at) == ("Fähre fährt wieder", "2024-05-31")
    assert found.text[found.body_start :] == "Seit Freitag."


def test_a_header_alone_is_an_article() -> None:
    found = article("date 2024-05-31 Fähre fährt wieder")
    assert found.title == "Fähre fährt wieder"
    assert found.body_start == len(found.text)


def test_the_file_name_may_give_the_date() -> None:
    assert article("Ein Text.", "politik/2024-05-31-rat.txt").published_at == "2024-05-31"


def test_the_source_is_the_id() -> None:
    found = article("Ein Text.", "politik/rat.txt")
    assert (found.id, found.source, found.source_root) == ("politik/rat.txt",) * 2 + ("/archive",)
