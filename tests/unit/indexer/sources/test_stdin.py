"""Standard input: JSON where it begins like JSON, else one text."""

from __future__ import annotations

import io
import json

import pytest

from indexer.article import Article
from indexer.errors import SourceError
from indexer.sources import Item, read, resolve

OBJECT = json.dumps({"id": "a1", "text": "Die Fähre fährt wieder."})


def items(data: str | bytes) -> list[Item]:
    stream = io.BytesIO(data.encode() if isinstance(data, str) else data)
    (source,) = resolve(["-"])
    return list(read(source, stdin=stream))


@pytest.mark.parametrize(
    "data", [OBJECT, f"\n  {OBJECT}\n", f"\ufeff{OBJECT}", f"[{OBJECT}]", f"\n[\n{OBJECT}\n]\n"]
)
def test_json_is_read_as_json(data: str) -> None:
    (found,) = items(data)
    assert isinstance(found, Article)
    assert (found.id, found.source, found.source_root) == ("a1", "-", "-")


def test_a_bad_line_keeps_its_number() -> None:
    found = items(f"\n{OBJECT}\n{{\n{OBJECT}")
    assert [item.line for item in found if isinstance(item, SourceError)] == [3]
    assert len(found) == 3


def test_anything_else_is_one_text() -> None:
    text = "\ufeff\r\n date 2024-05-31\r\n"
    (found,) = items(text)
    assert isinstance(found, Article)
    assert (found.id, found.text) == ("stdin", text)
    assert (found.source, found.source_root) == ("-", "-")


def test_a_seed_file_may_be_piped_in() -> None:
    (found,) = items(" date 2024-05-31 Fähre fährt wieder\n\nSeit Freitag.")
    assert isinstance(found, Article)
    assert (found.id, found.title) == ("stdin", "Fähre fährt wieder")
    assert found.published_at == "2024-05-31"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "-: is empty"),
        (b"\n \n", "-: holds nothing but blanks"),
        (b"F\xe4hre", "-: is not UTF-8 at byte 1 (0xE4)"),
    ],
)
def test_what_is_no_text_is_an_error(data: bytes, message: str) -> None:
    assert [str(item) for item in items(data)] == [message]


def test_the_process_stands_in_where_no_stream_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(OBJECT.encode())))
    (found,) = read(resolve(["-"])[0])
    assert isinstance(found, Article)
    assert found.id == "a1"
