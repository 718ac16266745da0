"""Which hosts the service answers to, and whose pages may have it do something.

On loopback too: a page of any site can send requests to this machine, and with a name of its
own that it lets point here (DNS rebinding) would read the answers. The check of origins is
that of Go's ``net/http.CrossOriginProtection``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from service.errors import AccessRefused
from service.settings import ServiceSettings

_HOST = re.compile(r"([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
#: Methods that change nothing, whoever has a browser send them.
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Boundary:
    """Names of hosts (in lower case, ``*`` for any) and origins beside the service's own.

    ``any_address``: every address counts as the service's own. No page can be at one that is
    not its host's, so only names can be made to point here.
    """

    hosts: frozenset[str]
    origins: frozenset[str]
    any_address: bool

    @classmethod
    def of(cls, settings: ServiceSettings, bound: str | None) -> Boundary:
        """As the settings say, for a service that listens on ``bound``, None where that is
        not known.
        """
        hosts, origins = set(settings.allowed_hosts), set(settings.allowed_origins)
        if settings.public_url is not None:
            public = urlsplit(settings.public_url)
            hosts.add(_bracketed(public.hostname or ""))
            origins.add(f"{public.scheme}://{public.netloc}".lower())
        if bound is not None:
            hosts.add(_bracketed(bound.lower()))
        unspecified = bound in (None, "", "0.0.0.0", "::")  # noqa: S104 - compared, not listened on
        return cls(frozenset(hosts), frozenset(origins), unspecified)

    def check(self, method: str, headers: Mapping[str, str], safe: frozenset[str] = SAFE) -> None:
        """Raise AccessRefused for a host that is not ours, and for a page that is not allowed."""
        host = headers.get("host", "").lower()
        if host and not self._is_ours(host):
            raise AccessRefused(
                421,
                "wrong_host",
                f"this service is not {host[:100]!r}; ask for it by an address or a name that it "
                "knows (FUNDSTELLE_ALLOWED_HOSTS adds some)",
            )
        if method not in safe and not self._is_welcome(host, headers):
            raise AccessRefused(
                403,
                "wrong_origin",
                "pages of other sites may not use this service; FUNDSTELLE_ALLOWED_ORIGINS lists "
                "those that may",
            )

    def _is_ours(self, host: str) -> bool:
        found = _HOST.fullmatch(host)
        if found is None:
            return False
        name = found[1]
        if name == "localhost" or name in self.hosts or "*" in self.hosts:
            return True
        try:
            address = ip_address(name.strip("[]"))
        except ValueError:
            return False
        return address.is_loopback or self.any_address

    def _is_welcome(self, host: str, headers: Mapping[str, str]) -> bool:
        """Whether a request comes from no page, from ours, or from one that is allowed."""
        origin = headers.get("origin", "").lower()
        if origin in self.origins:
            return True
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site in ("same-origin", "none")
        # By the host alone: a proxy may speak https where we speak http.
        return not origin or origin.partition("://")[2] == host


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
