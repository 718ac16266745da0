"""JSON Lines and arrays: every object an article or an error that names its place."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.article import Article
from indexer.errors import SourceError
from indexer.sources import Item, parse_json_line, read_jsonl

GOOD = {"id": "a1", "text": "Die alte Brücke bleibt bis zum Herbst gesperrt."}


def items(data: bytes | str) -> list[Item]:
    stream = io.BytesIO(data.encode() if isinstance(data, str) else data)
    return list(read_jsonl(stream, source="news.jsonl", source_root="/archive"))


def outline(found: list[Item]) -> list[str]:
    """Ids of articles, and the errors as a user reads them."""
    return [item.id if isinstance(item, Article) else str(item) for item in found]


def line(**changes: object) -> str:
    return json.dumps({**GOOD, **changes})


def test_every_field_arrives() -> None:
    (found,) = items(
        line(
            title=" Brücke zu ",
            published_at="2024-05-31T18:00:00Z",
            url="https://bote.example/1",
            language="DE",
            outlet="Der Bote",
            author="Anna Ulm",
            section="Lokales",
            tags=["Verkehr"],
            unknown={"ignored": True},
        )
    )
    assert found == Article(
        id="a1",
        text=GOOD["text"],
        title="Brücke zu",
        published_at="2024-05-31T18:00:00+00:00",
        url="https://bote.example/1",
        language="de",
        metadata={
            "outlet": "Der Bote",
            "author": "Anna Ulm",
            "section": "Lokales",
            "tags": ["Verkehr"],
        },
        source_root="/archive",
        source="news.jsonl",
    )


def test_text_is_kept_to_the_character() -> None:
    text = "\ufeff  Zeile\r\n\u2028 zwei \x00 é e\u0301 😀 \n"
    (found,) = items(line(text=text))
    assert isinstance(found, Article)
    assert found.text == text
    assert (found.body_start, found.title_span) == (0, None)


def test_a_given_language_is_believed() -> None:
    (found,) = items(line(language="fr-CH"))
    assert isinstance(found, Article)
    assert found.language == "fr"


def test_the_language_is_detected_where_none_is_given() -> None:
    (plain,) = items(line())
    (unknown,) = items(line(language="und"))
    assert isinstance(plain, Article)
    assert isinstance(unknown, Article)
    assert plain.language == unknown.language == "de"


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("{", "is not JSON: Expecting property name enclosed in double quotes at column 2"),
        ("nonsense", "is not JSON: Expecting value at column 1"),
        ("[1, 2]", "must be a JSON object with id and text, not a list"),
        ('"text"', "must be a JSON object with id and text, not a string"),
        ("null", "must be a JSON object with id and text, not null"),
        ('{"text": "x"}', "'id' is missing"),
        ('{"id": "x"}', "'text' is missing"),
        (line(id=7), "'id' must be a string, not a number"),
        (line(id=""), "'id' is empty"),
        (line(id=None), "'id' is null"),
        (line(text=["x"]), "'text' must be a string, not a list"),
        (line(text=" \n\ufeff"), "'text' is empty"),
        (line(text="\ud800"), "'text' holds a lone surrogate, which is not text"),
        (line(id="\ud800"), "'id' holds a lone surrogate, which is not text"),
        (line(title=1), "'title' must be a string, not a number"),
        (line(language=1), "'language' must be a string, not a number"),
        (line(published_at=1717171717), "'published_at' must be a string, not a number"),
        (line(url="javascript:alert(1)"), "'url' must be a whole address"),
        (line(published_at="31.05.2024"), "'published_at': '31.05.2024' is not an ISO 8601 date"),
        ("[" * 1_000_000, "is nested too deeply"),
        (line(n=0)[:-2] + "9" * 5000 + "}", "Exceeds the limit"),
    ],
    ids=lambda value: value[:40],
)
@pytest.mark.parametrize("position", [1, 2])
def test_a_bad_line_is_named_and_the_others_are_read(bad: str, reason: str, position: int) -> None:
    lines = [line(id="first"), "", line(id="last")]
    lines.insert(position - 1, bad)
    found = items("\n".join(lines))
    errors = [item for item in found if isinstance(item, SourceError)]
    assert [(error.source, error.line) for error in errors] == [("news.jsonl", position)]
    assert errors[0].reason.startswith(reason)
    assert [item.id for item in found if isinstance(item, Article)] == ["first", "last"]


@pytest.mark.parametrize("position", [1, 2])
def test_bytes_that_are_not_utf_8_spoil_one_line_only(position: int) -> None:
    lines = [line(id="first").encode(), line(id="last").encode()]
    lines.insert(position - 1, b'{"id": "\xe4"}')
    found = outline(items(b"\n".join(lines)))
    assert f"news.jsonl:{position}: is not UTF-8 at byte 8 (0xE4)" in found
    assert [name for name in found if "UTF-8" not in name] == ["first", "last"]


def test_lines_end_with_line_feeds_only() -> None:
    data = json.dumps({**GOOD, "text": "eins\u2028zwei\u0085drei"}, ensure_ascii=False)
    (found,) = items(f"\ufeff\r\n{data}\r\n \r\n")
    assert isinstance(found, Article)
    assert found.text == "eins\u2028zwei\u0085drei"


def test_line_numbers_count_blank_lines() -> None:
    found = outline(items(f"\n\n{line()}\n\n{{\n"))
    assert found[0] == "a1"
    assert found[1].startswith("news.jsonl:5: is not JSON")


def test_a_line_of_ten_megabytes() -> None:
    text = "Zeile ä " * 1_250_000
    (found,) = items(line(text=text))
    assert isinstance(found, Article)
    assert found.text == text


def test_lines_are_streamed() -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield line().encode()

    stream = read_jsonl(endless())
    assert [next(stream), next(stream)]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("mark", ["", "\ufeff", "\n\n"])
def test_an_array_is_read_as_a_whole(indent: int | None, mark: str) -> None:
    data = json.dumps([GOOD, {"id": "a2"}, 3, {**GOOD, "id": "a3"}], indent=indent)
    assert outline(items(mark + data)) == [
        "a1",
        "news.jsonl: item 2: 'text' is missing",
        "news.jsonl: item 3: must be a JSON object with id and text, not a number",
        "a3",
    ]


def test_one_object_over_several_lines() -> None:
    assert outline(items(json.dumps(GOOD, indent=2))) == ["a1"]


def test_an_empty_array_holds_nothing() -> None:
    assert items("[]") == []


def test_a_broken_array_is_one_error() -> None:
    data = json.dumps([GOOD, GOOD], indent=2)[:-4]
    (found,) = items(data)
    assert isinstance(found, SourceError)
    assert found.reason.startswith("the JSON array is broken")
    assert found.line == data.count("\n") + 1


def test_an_array_in_another_encoding_is_one_error() -> None:
    data = json.dumps([GOOD], indent=2, ensure_ascii=False).encode("latin-1")
    (found,) = items(data)
    assert isinstance(found, SourceError)
    assert found.reason == f"is not UTF-8 at byte {data.index(0xFC)} (0xFC)"


@pytest.mark.parametrize("data", ["", "\n \r\n", "\ufeff"])
def test_nothing_at_all_is_an_error(data: str) -> None:
    assert outline(items(data)) == ["news.jsonl: is empty"]


def test_a_single_line_raises() -> None:
    with pytest.raises(SourceError, match=r"^api:3: 'text' is missing$"):
        parse_json_line('{"id": "x"}', source="api", source_root="-", line_number=3)
    found = parse_json_line(line().encode(), source="api", source_root="-", line_number=1)
    assert (found.id, found.source, found.source_root) == ("a1", "api", "-")


def test_the_source_is_standard_input_unless_named() -> None:
    (found,) = read_jsonl([line().encode()])
    assert isinstance(found, Article)
    assert (found.source, found.source_root) == ("-", "-")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*GOOD, "tags", "url"]), inner),
    max_leaves=8,
)


@settings(deadline=None)
@given(JSON)
def test_no_value_trips_it(value: object) -> None:
    data = json.dumps(value)
    found = items(f"{line(id='before')}\n{data}\n{line(id='after')}")
    assert len(found) == 3
    assert outline(found)[::2] == ["before", "after"]


@settings(deadline=None)
@given(st.binary())
def test_no_bytes_trip_it(data: bytes) -> None:
    found = items(line().encode() + b"\n" + data)
    assert outline(found)[0] == "a1"
    assert all(isinstance(item, SourceError) for item in found[1:])
