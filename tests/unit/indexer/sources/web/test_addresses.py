"""Which machines may be asked."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import pytest

from indexer.errors import FetchError
from indexer.sources.web.addresses import AddressGuard, allowed_hosts, is_public

PRIVATE = [
    *("0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254"),
    *("172.16.0.1", "192.0.0.1", "192.0.2.1", "192.168.1.1", "198.18.0.1", "224.0.0.1"),
    *("239.1.1.1", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254"),
    *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::1"),
    *("2001:0:7f00:1::", "2001:db8::1", "fc00::1", "fd12:3456::1", "fe80::1", "fec0::1", "ff02::1"),
    *("100::1", "::127.0.0.1", "::ffff:0:127.0.0.1"),
]
PUBLIC = ["1.1.1.1", "193.99.144.80", "2606:4700::1111", "2a02:2e0:3fe:1001::1", "::ffff:1.1.1.1"]


def resolver(*addresses: str) -> Any:
    def look_up(_: str, port: int, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in addresses]

    return look_up


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_of_the_internet_is_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_of_the_internet_is_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", PRIVATE)
def test_a_name_with_a_private_address_is_refused(address: str) -> None:
    guard = AddressGuard(look_up=resolver("1.1.1.1", address))
    with pytest.raises(FetchError, match="FUNDSTELLE_ALLOW_PRIVATE_HOSTS") as caught:
        guard.resolve("bote.example", 80)
    assert not caught.value.transient


def test_all_addresses_of_a_public_name_are_given() -> None:
    guard = AddressGuard(look_up=resolver("1.1.1.1", "1.0.0.1", "1.1.1.1"))
    assert guard.resolve("bote.example", 80) == ["1.1.1.1", "1.0.0.1"]


@pytest.mark.parametrize(
    ("allowed", "host", "address", "passes"),
    [
        ("intranet", "intranet", "10.0.0.1", True),
        ("Intranet", "INTRANET", "10.0.0.1", True),
        ("intranet", "other", "10.0.0.1", False),
        ("10.0.0.1", "other", "10.0.0.1", True),
        ("10.0.0.0/8", "other", "10.9.9.9", True),
        ("10.0.0.0/8", "other", "::ffff:10.9.9.9", True),
        ("10.0.0.0/8", "other", "192.168.0.1", False),
        ("fd00::/8", "other", "fd12::1", True),
        ("::1", "localhost", "::1", True),
        ("127.0.0.1", "localhost", "::1", False),
        ("fe80::/10", "printer", "fe80::1%eth0", True),
    ],
)
def test_what_the_operator_allows(allowed: str, host: str, address: str, passes: bool) -> None:
    guard = AddressGuard(allowed_hosts(allowed), look_up=resolver(address))
    if passes:
        assert guard.resolve(host, 80) == [address]
    else:
        with pytest.raises(FetchError):
            guard.resolve(host, 80)


def test_the_real_localhost_is_refused() -> None:
    with pytest.raises(FetchError, match="localhost has"):
        AddressGuard().resolve("localhost", 80)


def test_a_name_that_nobody_has() -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    def not_now(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    with pytest.raises(FetchError, match="not known") as caught:
        AddressGuard(look_up=unknown).resolve("nobody.example", 80)
    assert not caught.value.transient
    with pytest.raises(FetchError, match="Temporary") as caught:
        AddressGuard(look_up=not_now).resolve("bote.example", 80)
    assert caught.value.transient


def test_a_list_of_hosts() -> None:
    read = allowed_hosts(" intranet, 10.0.0.0/8 ,[::1],, news-1.lan ")
    assert read == ("intranet", "10.0.0.0/8", "::1", "news-1.lan")
    for wrong in ("http://intranet/", "10.0.0.0/99", "a b"):
        with pytest.raises(ValueError, match="neither a host name nor a network"):
            allowed_hosts(wrong)
