"""A log line: one object, nothing secret, nobody's words."""

from __future__ import annotations

import json
import logging
import sys
from types import TracebackType
from typing import Any

import pytest

from indexer.errors import StoreError
from service.telemetry.log_lines import Lines

WORDS = "Who is hiding in Trondheim?"
Raised = tuple[type[BaseException], BaseException, TracebackType | None]


def line(
    event: str = "it failed", *args: object, name: str = "service.x", **more: Any
) -> logging.LogRecord:
    record = logging.LogRecord(name, logging.ERROR, "x.py", 1, event, args, more.get("error"))
    record.facts = more.get("facts", {})
    return record


def written(record: logging.LogRecord, *secrets: str, **options: Any) -> str:
    lines = Lines(**{"as_json": True, "questions": False} | options)
    for secret in secrets:
        lines.strike_out(secret)
    return lines.format(record)


def raised() -> Raised:
    """A foreign exception that came of another, and ours that came of that; two quote words."""
    try:
        try:
            try:
                {}[WORDS]
            except KeyError as error:
                raise ValueError(f"can't look up {WORDS}") from error
        except ValueError as error:
            raise StoreError("the store is gone; start it again") from error
    except StoreError as error:
        return type(error), error, sys.exc_info()[2]


def test_a_line_is_an_object_with_what_everyone_looks_for() -> None:
    told = json.loads(written(line("%s of %d", "one", 2, facts={"ms": 3.5})))
    assert told.pop("time").endswith("Z")
    expected = {"level": "error", "logger": "service.x", "event": "one of 2", "ms": 3.5}
    assert told == expected


@pytest.mark.parametrize("as_json", [True, False])
def test_no_text_begins_a_line_of_its_own_or_turns_the_writing(as_json: bool) -> None:
    nasty = "a\nb\r\x1b[2J\u2028\u202e\x85"
    told = written(line("read %s", nasty, facts={"key": nasty}), as_json=as_json)
    assert len(told.splitlines()) == 1
    assert not set(told) & set("\n\r\x1b\u2028\u202e\x85")
    if as_json:
        assert json.loads(told)["key"] == nasty


def test_what_an_error_is_and_where_it_was_raised_but_not_what_it_quotes() -> None:
    told = written(line(error=raised()))
    assert "Trondheim" not in told
    chain = json.loads(told)["exception"]
    assert [e["type"] for e in chain] == [
        "indexer.errors.StoreError",
        "builtins.ValueError",
        "builtins.KeyError",
    ]
    assert [e.get("message") for e in chain] == ["the store is gone; start it again", None, None]
    assert any("test_log_lines" in frame and "raised" in frame for frame in chain[2]["frames"])


def test_who_asks_for_questions_gets_the_messages() -> None:
    chain = json.loads(written(line(error=raised()), questions=True))["exception"]
    assert WORDS in chain[1]["message"]


def test_of_others_only_the_first_line_is_kept() -> None:
    said = f"Task exception was never retrieved\nfuture: ValueError({WORDS!r})"
    assert "Trondheim" not in written(line(said, name="asyncio"))
    assert json.loads(written(line(said, name="service.x")))["event"] == said


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize("secret", ["s3cret-key", 'quo"ted\\key', "schlüssel\tmit tab"])
def test_secrets_are_struck_out_wherever_they_stand(secret: str, as_json: bool) -> None:
    error = StoreError(f"refused the key {secret}")
    record = line(f"sent {secret}", error=(StoreError, error, None), facts={"url": f"x:{secret}@y"})
    told = written(record, secret, as_json=as_json)
    assert secret not in told
    assert json.dumps(secret, ensure_ascii=False)[1:-1] not in told
    assert told.count("[secret]") >= 3


def test_too_short_a_secret_would_strike_out_everything() -> None:
    assert "[secret]" not in written(line(), "e")


def test_text_has_the_facts_behind_the_event() -> None:
    told = written(line("served", facts={"ms": 3.5, "note": "two words"}), as_json=False)
    assert told.endswith(' ERROR service.x: served ms=3.5 note="two words"')
