"""Whether a service may listen where others reach it: with keys, or where that is asked for."""

from __future__ import annotations

import socket
from ipaddress import ip_address

from indexer.errors import SettingsError
from service.settings import ServiceSettings

_HOW = (
    "make a key with 'fundstelle keys add NAME --keys FILE' and set FUNDSTELLE_KEYS=FILE; or, "
    "where something before it asks who they are, set FUNDSTELLE_ALLOW_UNPROTECTED=1 "
    "(docs/access.md)"
)


def require_protection(host: str | None, settings: ServiceSettings) -> None:
    """Raise SettingsError for a host that others reach, or that is not known, without keys."""
    if settings.keys is not None or settings.allow_unprotected:
        return
    if host is None:
        raise SettingsError(f"whoever reaches this service could change the archive: {_HOW}")
    if not _is_loopback(host):
        raise SettingsError(
            f"others could reach the service on {host or 'every address'} and change the archive: "
            f"{_HOW}"
        )


def _is_loopback(host: str) -> bool:
    try:
        # Passive: no host at all stands for every address, as it does to who listens.
        found = socket.getaddrinfo(
            host or None, 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (OSError, UnicodeError):
        return True  # nobody can listen there: that is told where it is tried
    return all(ip_address(str(entry[4][0]).partition("%")[0]).is_loopback for entry in found)
