"""Settings of the service, and the check that no variable of ours is misspelt."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import urlsplit

from indexer.errors import SettingsError
from indexer.models import DEFAULT_MODEL
from indexer.settings import (
    PREFIX,
    ArchiveSettings,
    FromEnvironment,
    number,
    one_of,
    setting,
    settings_of,
    whole_number,
    yes_or_no,
)
from indexer.sources.web.settings import WebSettings
from service.support.judge import DEFAULT_SUPPORT_THRESHOLD
from service.telemetry.settings import TelemetrySettings

Unverified = Literal["drop", "flag"]

_TEST_PREFIX = f"{PREFIX}TEST_"
_HOST = re.compile(r"[a-z0-9._-]+|\[[0-9a-f:.]+\]")


def _web_address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("it must begin with http:// or https:// and name a host")
    return text.rstrip("/")


def _hosts(text: str) -> tuple[str, ...]:
    """Names without ports, which are any."""
    names = tuple(name.strip().lower() for name in text.split(",") if name.strip())
    for name in names:
        if name != "*" and not _HOST.fullmatch(name):
            raise ValueError(f"{name!r} is no host; write names or addresses without a port")
    return names


def _origins(text: str) -> tuple[str, ...]:
    """Origins as browsers send them."""
    found = []
    for given in filter(None, (part.strip() for part in text.split(","))):
        address = _web_address(given)
        parts = urlsplit(address)
        if parts.path or parts.query or parts.fragment or "*" in address or "@" in parts.netloc:
            raise ValueError(f"{given!r} is no origin; write https://name or https://name:port")
        found.append(f"{parts.scheme}://{parts.netloc.lower()}")
    return tuple(found)


@dataclass(frozen=True)
class ServiceSettings(FromEnvironment):
    """How questions are answered, and where.

    ``threshold`` is the least confidence with which an answer is given;
    ``passages_read`` how many passages the reader reads a question; ``reader_model``
    is the copy of multilingual-e5-small that its adapter is merged into, ``reader_adapter`` an
    adapter of one's own; ``workers``
    how many requests are worked on at once, ``queue`` how many more may be under way;
    ``client_timeout`` how many seconds a client may take to send next to nothing;
    ``drain_timeout`` how many seconds those who are being answered have when the service is
    stopped; ``group`` whether copies of a story are
    shown as one; ``recency`` what an article of today gains over one of long ago, in standard
    deviations of the scores found, and half of it for every ``recency_days`` that it is
    older; ``public_url`` is where readers reach the
    service, for links in chat answers.

    ``llm_url`` is where an OpenAI-compatible chat model answers (up to and with
    ``/v1``), ``llm_timeout`` how many seconds one answer of it may take,
    ``llm_context_tokens`` how many tokens of passages it is shown. It is asked where the
    confidence of the extractive answer is at least ``generation_threshold``. ``unverified`` says
    what becomes of a sentence of it that no passage supports with a probability of
    ``support_threshold``.

    ``feedback`` is the file that readers' ratings are added to; without it none are kept.

    ``keys`` is the file of the API keys; without it nobody is asked for one, and only this
    machine may ask, unless ``allow_unprotected``. ``rate`` is how many requests a minute a key
    may make that says nothing else, 0 for any number. ``allowed_hosts`` are names that the
    service answers to beside its own, ``*`` for any; ``allowed_origins`` are other sites whose
    pages may use it.
    """

    host: str = setting("HOST", "127.0.0.1")
    port: int = setting("PORT", 8000, whole_number(0))
    threshold: float = setting("THRESHOLD", 0.4, number(0, 1))
    passages_read: int = setting("PASSAGES_READ", 8, whole_number(1))
    reader_model: str = setting("READER_MODEL", DEFAULT_MODEL)
    reader_adapter: Path | None = setting("READER_ADAPTER", None, Path)
    group: bool = setting("GROUP", True, yes_or_no)
    recency: float = setting("RECENCY", 0.0, number(0, 10))
    recency_days: float = setting("RECENCY_DAYS", 365.0, number(0.1, 36_500))
    workers: int = setting("WORKERS", 4, whole_number(1))
    queue: int = setting("QUEUE", 64, whole_number(1))
    client_timeout: float = setting("CLIENT_TIMEOUT", 30.0, number(0.1, 3600))
    drain_timeout: float = setting("DRAIN_TIMEOUT", 20.0, number(0, 3600))
    max_body_bytes: int = setting("MAX_BODY_BYTES", 64 * 1024 * 1024, whole_number(1024))
    public_url: str | None = setting("PUBLIC_URL", None, _web_address)
    llm_url: str | None = setting("LLM_URL", None, _web_address)
    llm_model: str | None = setting("LLM_MODEL", None)
    llm_api_key: str | None = setting("LLM_API_KEY", None, secret=True)
    llm_timeout: float = setting("LLM_TIMEOUT", 60.0, number(0.1, 3600))
    llm_max_tokens: int = setting("LLM_MAX_TOKENS", 512, whole_number(16))
    llm_context_tokens: int = setting("LLM_CONTEXT_TOKENS", 2400, whole_number(64))
    generation_threshold: float = setting("GENERATION_THRESHOLD", 0.1, number(0, 1))
    unverified: Unverified = setting("UNVERIFIED", "drop", one_of(*get_args(Unverified)))
    support_threshold: float = setting("SUPPORT_THRESHOLD", DEFAULT_SUPPORT_THRESHOLD, number(0, 1))
    feedback: Path | None = setting("FEEDBACK", None, Path)
    telemetry: TelemetrySettings = settings_of(TelemetrySettings)
    keys: Path | None = setting("KEYS", None, Path)
    allow_unprotected: bool = setting("ALLOW_UNPROTECTED", False, yes_or_no)
    rate: int = setting("RATE", 600, whole_number(0))
    allowed_hosts: tuple[str, ...] = setting("ALLOWED_HOSTS", (), _hosts)
    allowed_origins: tuple[str, ...] = setting("ALLOWED_ORIGINS", (), _origins)

    def __post_init__(self) -> None:
        if bool(self.llm_url) != bool(self.llm_model):
            missing, given = ("MODEL", "URL") if self.llm_url else ("URL", "MODEL")
            raise SettingsError(
                f"{PREFIX}LLM_{given} is set, {PREFIX}LLM_{missing} is not; a chat model needs both"
            )


def secrets_of(archive: ArchiveSettings, service: ServiceSettings) -> list[str | None]:
    """What no log may show."""
    found: list[str | None] = []
    for settings in (archive, service):
        for spec in fields(settings):
            value = getattr(settings, spec.name)
            if not spec.repr:
                found.append(value)
            elif isinstance(value, str) and "://" in value:
                found.append(urlsplit(value).password)
    return found


def refuse_unknown(environment: Mapping[str, str]) -> None:
    """Raise SettingsError for a variable under our prefix that nothing reads."""
    known = ArchiveSettings.variables() | WebSettings.variables() | ServiceSettings.variables()
    for name in sorted(environment):
        if name.startswith(PREFIX) and not name.startswith(_TEST_PREFIX) and name not in known:
            # Without the prefix, in which all are alike.
            ours = {variable.removeprefix(PREFIX) for variable in known}
            close = get_close_matches(name.removeprefix(PREFIX), ours, n=1)
            hint = f"did you mean {PREFIX}{close[0]}?" if close else "docs/settings.md lists them"
            raise SettingsError(f"the environment variable {name} is not known; {hint}")
