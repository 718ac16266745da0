"""Settings of what an operator sees: how logs look, what they may hold, where traces go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args
from urllib.parse import urlsplit

from indexer.environment import FromEnvironment, one_of, setting, yes_or_no

LogFormat = Literal["auto", "json", "text"]
LogLevel = Literal["debug", "info", "warning", "error"]


def _collector(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("it must begin with http:// or https:// and name a host")
    return text.rstrip("/")


@dataclass(frozen=True)
class TelemetrySettings(FromEnvironment):
    """``log_format`` ``auto`` is text on a terminal and JSON elsewhere.

    ``log_questions`` lets the logs hold questions, and the messages of exceptions, which
    may quote them. ``otlp_url`` is where a collector takes traces over OTLP/HTTP, without
    ``/v1/traces``; not set, none are sent.
    """

    log_format: LogFormat = setting("LOG_FORMAT", "auto", one_of(*get_args(LogFormat)))
    log_level: LogLevel = setting("LOG_LEVEL", "info", one_of(*get_args(LogLevel)))
    log_questions: bool = setting("LOG_QUESTIONS", False, yes_or_no)
    otlp_url: str | None = setting("OTLP_URL", None, _collector)
