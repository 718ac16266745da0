"""A log record → one line, as a JSON object or as text; nothing in it begins another line.

A line holds what was written for it in our own code: a fixed sentence, facts, and the kind
of an error. The message of a foreign exception is left out, since it may quote a question,
an article or a key, and so is all but the first line of what other packages log. What is
known to be secret is struck out of the whole line besides.
"""

from __future__ import annotations

import logging
import re
import traceback
from datetime import UTC, datetime
from typing import Any

import msgspec

from indexer.errors import FundstelleError
from service.telemetry.record import request_id

_OURS = ("service", "indexer")
_STRUCK_OUT = "[secret]"
_SHORTEST = 6  # characters: striking out less would strike out half of every line
_FRAMES = 20
_CAUSES = 5
# Controls, and marks that begin a line or turn the direction of writing on some terminals.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_PLAIN = re.compile(r"[^\s=\"]+")


class Lines(logging.Formatter):
    """``questions`` lets the messages of exceptions in."""

    def __init__(self, *, as_json: bool, questions: bool) -> None:
        super().__init__()
        self._as_json = as_json
        self._questions = questions
        self._secrets: set[str] = set()

    def strike_out(self, secret: str | None) -> None:
        """Let this text appear in no line from now on."""
        if secret and len(secret) >= _SHORTEST:
            self._secrets.add(secret)

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        facts = self._without_secrets(self._facts(record))
        line = msgspec.json.encode(facts, enc_hook=str).decode() if self._as_json else _text(facts)
        return _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", line)

    def _facts(self, record: logging.LogRecord) -> dict[str, Any]:
        moment = datetime.fromtimestamp(record.created, UTC)
        facts: dict[str, Any] = {
            "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": self._event(record),
        }
        known = request_id()
        if known:
            facts["request_id"] = known
        facts |= getattr(record, "facts", {})
        if record.exc_info and record.exc_info[1] is not None:
            facts["exception"] = self._exception(record.exc_info[1])
        return facts

    def _without_secrets(self, value: Any) -> Any:
        if isinstance(value, str):
            for secret in self._secrets:
                value = value.replace(secret, _STRUCK_OUT)
            return value
        if isinstance(value, dict):
            return {key: self._without_secrets(of) for key, of in value.items()}
        if isinstance(value, list):
            return [self._without_secrets(part) for part in value]
        return value

    def _event(self, record: logging.LogRecord) -> str:
        said = record.getMessage().strip()
        if record.name.partition(".")[0] in _OURS or self._questions:
            return said
        return said.partition("\n")[0]

    def _exception(self, error: BaseException) -> list[dict[str, Any]]:
        """The error and what it came of, each with where it was raised."""
        chain: list[dict[str, Any]] = []
        cause: BaseException | None = error
        while cause is not None and len(chain) < _CAUSES:
            told: dict[str, Any] = {"type": f"{type(cause).__module__}.{type(cause).__qualname__}"}
            if self._questions or isinstance(cause, FundstelleError):
                told["message"] = str(cause)
            told["frames"] = [
                f"{frame.f_globals.get('__name__', '?')}:{line} {frame.f_code.co_name}"
                for frame, line in traceback.walk_tb(cause.__traceback__)
            ][-_FRAMES:]
            chain.append(told)
            cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
        return chain


def _text(facts: dict[str, Any]) -> str:
    """``TIME LEVEL LOGGER: EVENT key=value …``"""
    moment, level, name, event = (facts[key] for key in ("time", "level", "logger", "event"))
    rest = [f"{key}={_value(value)}" for key, value in list(facts.items())[4:]]
    return " ".join([f"{moment} {level.upper()} {name}: {event}", *rest])


def _value(value: Any) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value, enc_hook=str).decode()
    return text if _PLAIN.fullmatch(text) else msgspec.json.encode(text).decode()
