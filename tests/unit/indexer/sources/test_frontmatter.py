"""Front matter: the part of YAML that people write by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.sources.frontmatter import read


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("key: plain words", "plain words"),
        ("key: with # a comment", "with"),
        ("key: C# stays", "C# stays"),
        ("key: at 10:30", "at 10:30"),
        ('key: "quoted: \\"yes\\" # here" # not', 'quoted: "yes" # here'),
        ("key: 'it''s'", "it's"),
        ('key: "never closed', '"never closed'),
        ("key: [a, b c, 'd, e']", ["a", "b c", "d, e"]),
        ("key: [a, b] # two", ["a", "b"]),
        ('key:\n  - a\n- "b"\n', ["a", "b"]),
        ("KEY: x", "x"),
    ],
)
def test_values(line: str, value: str | list[str]) -> None:
    assert read(f"---\n{line}\n---\n").values == {"key": value}


@pytest.mark.parametrize(
    "line",
    ["key: |", "key: >-", "key: {a: b}", "key: !!python/object x", "key: *a", "key:", "key: []"],
)
def test_what_is_beyond_it_counts_as_absent(line: str) -> None:
    assert read(f"---\n{line}\n  further\nother: x\n---\n").values == {"other": "x"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Text\n---\na: b\n---\n",
        "---\na: b\n",
        "----\na: b\n----\n",
        "---\nOnly prose here\n---\n",
    ],
)
def test_text_without_front_matter(text: str) -> None:
    assert read(text) == ({}, {}, 0)


def test_a_list_ends_with_the_next_key() -> None:
    text = "---\ntags:\n- a\nother: x\n- b\nfolded: >\n- c\n---\n"
    assert read(text).values == {"tags": ["a"], "other": "x"}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("closing", ["---", "...", "--- "])
def test_where_lines_begin_and_where_it_ends(end: str, mark: str, closing: str) -> None:
    text = mark + end.join(["---", "a: 1", "b: 2", closing, "Text"])
    found = read(text)
    assert text[found.end :] == "Text"
    assert {key: text[start] for key, start in found.starts.items()} == {"a": "a", "b": "b"}


@given(st.text(st.sampled_from("-:[]\"'\\#, a\n\r|")))
def test_no_text_trips_it(text: str) -> None:
    whole = f"---\n{text}\n---\n"
    found = read(whole)
    assert 0 <= found.end <= len(whole)
    assert all(found.values.values())
