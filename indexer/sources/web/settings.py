"""Settings of reading from the web: frozen, built once from an environment mapping."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from indexer.settings import FromEnvironment, number, setting, whole_number
from indexer.sources.web.addresses import allowed_hosts


def _header_text(text: str) -> str:
    """Reads a text that can stand in an HTTP header."""
    if not text.isascii() or not text.isprintable() or set("()<>") & set(text):
        raise ValueError("it must be plain ASCII without brackets")
    return text


@dataclass(frozen=True)
class WebSettings(FromEnvironment):
    """How pages, feeds and sitemaps are fetched.

    ``allow_private_hosts`` are hosts and networks that may be read from although they are
    not public; ``delay`` the seconds between two requests to a host, ``timeout`` those that
    one answer may take in all; ``max_bytes`` the largest page, unpacked; ``max_pages`` how
    many pages one source may lead to in a run; ``hosts`` how many sites are read at once;
    ``prune_checks`` how many pages that its sources no longer name a run with
    ``--prune`` looks for; ``cache`` the file in which answers are kept, None for the one in
    the cache folder; ``contact`` an address of the operator, for the owners of the sites.
    """

    allow_private_hosts: tuple[str, ...] = setting("ALLOW_PRIVATE_HOSTS", (), allowed_hosts)
    delay: float = setting("WEB_DELAY", 1.0, number(0, 3600))
    timeout: float = setting("WEB_TIMEOUT", 30.0, number(0.1, 3600))
    max_bytes: int = setting("WEB_MAX_BYTES", 10 * 1024 * 1024, whole_number(1024))
    max_pages: int = setting("WEB_MAX_PAGES", 10_000, whole_number(1))
    prune_checks: int = setting("WEB_PRUNE_CHECKS", 200, whole_number(0))
    hosts: int = setting("WEB_HOSTS", 8, whole_number(1))
    cache: Path | None = setting("WEB_CACHE", None, Path)
    contact: str | None = setting("WEB_CONTACT", None, _header_text)
