"""JSON Lines and JSON arrays → articles, one an object.

Fields: ``id`` and ``text``, and optionally ``title, published_at, url, language,
outlet, author, section, tags``; others are ignored. A line that can't be used
becomes a SourceError and the next one is read. The HTTP API reads the bodies it
is sent through the same functions.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

from indexer.article import Article
from indexer.errors import SourceError
from indexer.language import detect, valid_code
from indexer.sources import fields
from indexer.sources.content import is_blank, not_utf8
from indexer.sources.source import Item

_BOM: Final = b"\xef\xbb\xbf"


def read_jsonl(
    stream: Iterable[bytes], *, source: str = "-", source_root: str = "-"
) -> Iterator[Item]:
    """One article, or one SourceError, for each object in ``stream`` (lines of bytes).

    Takes JSON Lines, which are streamed, and also one JSON array of objects or one
    object over several lines, which are read as a whole.
    """
    lines = iter(stream)
    head = _up_to_first_line(lines)
    if not head:
        yield SourceError(source, "is empty")
        return
    if not _is_object(head[-1]):
        data = b"".join(chain(head, lines))
        try:
            records = _whole(data, source)
        except SourceError as error:
            yield error
            return
        if records is not None:
            yield from _from_records(records, source, source_root)
            return
        head, lines = [], iter(io.BytesIO(data))
    for line_number, line in enumerate(chain(head, lines), start=1):
        if _stripped(line):
            try:
                yield parse_json_line(
                    line, source=source, source_root=source_root, line_number=line_number
                )
            except SourceError as error:
                yield error


def parse_json_line(
    line: bytes | str, *, source: str, source_root: str, line_number: int
) -> Article:
    """The article of one line. Raises SourceError with the line and the field at fault."""
    try:
        return _article(_load(line), source, source_root)
    except ValueError as error:
        raise SourceError(source, str(error), line=line_number) from error


def _from_records(records: list[object], source: str, source_root: str) -> Iterator[Item]:
    for number, record in enumerate(records, start=1):
        try:
            yield _article(record, source, source_root)
        except ValueError as error:
            yield SourceError(source, f"item {number}: {error}")


def _article(record: object, source: str, source_root: str) -> Article:
    if not isinstance(record, dict):
        raise ValueError(f"must be a JSON object with id and text, not {fields.kind(record)}")
    text = _required(record, "text")
    title = fields.title(record)
    given = valid_code(fields.string(record, "language"))
    return Article(
        id=_required(record, "id"),
        text=text,
        title=title,
        published_at=fields.published_at(record),
        url=fields.url(record),
        language=given or detect(f"{title or ''}\n{text}"),
        metadata=fields.metadata(record),
        source_root=source_root,
        source=source,
    )


def _required(record: dict[str, object], name: str) -> str:
    if name not in record:
        raise ValueError(f"{name!r} is missing")
    value = fields.string(record, name)
    if value is None or is_blank(value):
        what = "null" if record[name] is None else "empty"
        raise ValueError(f"{name!r} is {what}")
    return value


def _load(data: bytes | str) -> object:
    """Any JSON value. Raises ValueError, whatever is wrong."""
    try:
        text = data.removeprefix(_BOM).decode() if isinstance(data, bytes) else data
        return json.loads(text.removeprefix("\ufeff").rstrip("\r\n"))
    except UnicodeDecodeError as error:
        raise ValueError(not_utf8(error)) from error
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON: {error.msg} at column {error.colno}") from error
    except RecursionError as error:
        raise ValueError("is nested too deeply") from error


def _whole(data: bytes, source: str) -> list[object] | None:
    """The objects of a document; None where it is better read line by line.

    Raises SourceError for an array that is broken: its lines alone mean nothing.
    """
    is_array = _stripped(data[:4096]).startswith(b"[")
    try:
        value = json.loads(data.removeprefix(_BOM).decode())
    except UnicodeDecodeError as error:
        if is_array:
            raise SourceError(source, not_utf8(error)) from error
        return None
    except json.JSONDecodeError as error:
        # "Extra data": a whole value came first, so these are lines after all.
        if not is_array or error.msg == "Extra data":
            return None
        reason = f"the JSON array is broken: {error.msg} at column {error.colno}"
        raise SourceError(source, reason, line=error.lineno) from error
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, list) else [value]


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(_load(line), dict)
    except ValueError:
        return False


def _up_to_first_line(lines: Iterator[bytes]) -> list[bytes]:
    """Blank lines and the first that is not blank; nothing if there is none."""
    head = []
    for line in lines:
        head.append(line)
        if _stripped(line):
            return head
    return []


def _stripped(line: bytes) -> bytes:
    return line.removeprefix(_BOM).strip()
