"""Bytes → text: unchanged, or refused with the byte at fault."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.errors import SourceError
from indexer.sources.content import decode, is_blank, line_bounds, skip_blanks


@given(st.text(st.characters(exclude_categories=["Cs"])).filter(lambda text: not is_blank(text)))
def test_text_is_what_open_reads(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.txt")
        path.write_bytes(text.encode())
        with path.open(encoding="utf-8", newline="") as file:
            assert decode(path.read_bytes(), "a.txt") == file.read()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b" \r\n\t\n", "holds nothing but blanks"),
        (b"\xef\xbb\xbf\n", "holds nothing but blanks"),
        ("Fähre".encode("latin-1"), "is not UTF-8 at byte 1 (0xE4)"),
        (b"gut\xc3", "is not UTF-8 at byte 3 (0xC3)"),
        (b"\xed\xa0\x80", "is not UTF-8 at byte 0 (0xED)"),
        ("Fähre".encode("utf-16"), "is UTF-16; save it as UTF-8"),
    ],
)
def test_what_is_no_text_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(SourceError) as caught:
        decode(data, "a.txt")
    assert (caught.value.source, caught.value.reason) == ("a.txt", reason)


@given(st.text(st.sampled_from("a \u2028\x0b\r\n")))
def test_lines_tile_the_text_and_end_as_files_do(text: str) -> None:
    lines, start = [], 0
    while start < len(text):
        end, following = line_bounds(text, start)
        assert end <= following
        lines.append(text[start:following])
        start = following
    # splitlines() would also cut at U+2028 and at vertical tabs.
    assert lines == [line.decode() for line in text.encode().splitlines(keepends=True)]


@given(st.text(st.sampled_from("a \n\u00a0")), st.integers(0, 5))
def test_skipping_blanks(text: str, start: int) -> None:
    start = min(start, len(text))
    position = skip_blanks(text, start)
    assert not text[start:position].strip()
    assert position == len(text) or not text[position].isspace()
