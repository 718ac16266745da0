"""Which machines may be asked: the internet, and what the operator has allowed.

An address in a feed is written by others, and must not lead into the network that
we run in. Each name is resolved here and the results are what is connected to, so
that a name can't be checked as one machine and then reached as another.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from indexer.errors import FetchError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_HINT: Final = (
    "is no public address; if you mean it, allow the host with FUNDSTELLE_ALLOW_PRIVATE_HOSTS"
)


@dataclass(frozen=True)
class AddressGuard:
    """Resolves names to addresses that may be connected to.

    ``allowed`` are host names, addresses and networks (``10.1.0.0/16``) that may be
    reached although they are not public. ``look_up`` is how a name becomes addresses.
    """

    allowed: tuple[str, ...] = ()
    look_up: Callable[..., Sequence[Any]] = socket.getaddrinfo

    def resolve(self, host: str, port: int) -> list[str]:
        """The addresses of a host, all of them checked.

        Raises FetchError where the name is not known, and where any of its
        addresses must not be reached: a name with one foot in our network is a trap.
        """
        try:
            found = self.look_up(host, port, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            unknown = error.errno == socket.EAI_NONAME
            reason = "the host is not known; check the address"
            raise FetchError(
                host,
                reason if unknown else f"the name of the host can't be looked up: {error.strerror}",
                transient=not unknown,
            ) from error
        except (OSError, UnicodeError) as error:
            raise FetchError(host, f"the host can't be looked up: {error}") from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        for address in addresses:
            self.require(host, address)
        return addresses

    def require(self, host: str, address: str) -> None:
        """Raise FetchError where this address of a host must not be connected to."""
        # fe80::1%eth0: the zone is of no matter, but ip_address keeps it.
        parsed = ipaddress.ip_address(address.partition("%")[0])
        if not is_public(parsed) and not self._is_allowed(host, parsed):
            shown = address if host == address else f"the host {host} has {address}, which"
            raise FetchError(host, f"{shown} {_HINT}")

    def _is_allowed(self, host: str, address: Address) -> bool:
        mapped = getattr(address, "ipv4_mapped", None) or address
        for entry in self.allowed:
            network = network_of(entry)
            if network is None:
                if entry.lower() == host.lower():
                    return True
            elif mapped in network or address in network:
                return True
        return False


def is_public(address: Address) -> bool:
    """Whether an address is of the internet at large, whatever it is wrapped in."""
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        teredo = address.teredo or ()
        wrapped = [address.ipv4_mapped, address.sixtofour, *teredo]
        if any(inner is not None and not is_public(inner) for inner in wrapped):
            return False
        if address.ipv4_mapped is not None:
            return True  # as public as what it wraps
        if address.is_site_local:
            return False
    # Python counts multicast as global, and the reserved block as private.
    return address.is_global and not address.is_multicast and not address.is_reserved


def network_of(
    entry: str,
) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """The network that an entry names, None for a host name."""
    try:
        return ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return None


def allowed_hosts(text: str) -> tuple[str, ...]:
    """Reads a list of hosts and networks, with commas. Raises ValueError for what is neither."""
    entries = tuple(part.strip().strip("[]") for part in text.split(",") if part.strip())
    for entry in entries:
        if network_of(entry) is None and not _is_host_name(entry):
            raise ValueError(f"{entry!r} is neither a host name nor a network such as 10.1.0.0/16")
    return entries


def _is_host_name(entry: str) -> bool:
    return all(c.isalnum() or c in "-._" for c in entry)
