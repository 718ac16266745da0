"""Hosts and origins, as browsers and programs send them."""

from __future__ import annotations

import pytest

from service.access.boundary import Boundary
from service.errors import AccessRefused
from service.settings import ServiceSettings


def _status(boundary: Boundary, method: str = "GET", **headers: str) -> int:
    try:
        boundary.check(method, {name.replace("_", "-"): value for name, value in headers.items()})
    except AccessRefused as refused:
        said = "FUNDSTELLE_ALLOWED_" in str(refused)
        return refused.status if said else -1
    return 200


_LOOPBACK = Boundary.of(ServiceSettings(), "127.0.0.1")
_PUBLIC = Boundary.of(ServiceSettings(public_url="https://archive.example/news"), "0.0.0.0")


@pytest.mark.parametrize(
    ("host", "on_loopback", "in_public"),
    [
        *[(h, 200, 200) for h in ("127.0.0.1", "127.0.0.1:8000", "localhost:1", "LOCALHOST")],
        *[(h, 200, 200) for h in ("[::1]:8000", "127.0.0.2", "")],
        *[(h, 421, 200) for h in ("192.168.1.5:8000", "[fe80::1]", "0.0.0.0:8000")],
        *[(h, 421, 200) for h in ("archive.example", "ARCHIVE.example:443")],
        *[(h, 421, 421) for h in ("evil.example", "evil.example:8000", "localhost.evil.example")],
        *[(h, 421, 421) for h in ("127.0.0.1.evil.example", "archive.example.evil.example")],
        *[(h, 421, 421) for h in ("127.0.0.1@evil.example", "127.0.0.1:80:90", "[::1", "a b", "ü")],
        *[(h, 421, 421) for h in ("2130706433", "0x7f.1", "127.1")],
    ],
)
def test_hosts(host: str, on_loopback: int, in_public: int) -> None:
    headers = {"host": host} if host else {}
    assert _status(_LOOPBACK, **headers) == on_loopback
    assert _status(_PUBLIC, **headers) == in_public


def test_hosts_that_are_set() -> None:
    named = Boundary.of(ServiceSettings(allowed_hosts=("archive.lan", "[fd00::1]")), "127.0.0.1")
    assert _status(named, host="Archive.LAN:8000") == 200
    assert _status(named, host="[fd00::1]:8000") == 200
    assert _status(named, host="other.lan") == 421
    assert _status(Boundary.of(ServiceSettings(allowed_hosts=("*",)), "::1"), host="a.b") == 200
    assert _status(Boundary.of(ServiceSettings(), "192.168.1.5"), host="192.168.1.5:80") == 200
    assert _status(Boundary.of(ServiceSettings(), "192.168.1.5"), host="192.168.1.6:80") == 421
    assert _status(Boundary.of(ServiceSettings(), None), host="10.0.0.1:80") == 200


_HERE = "127.0.0.1:8000"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),  # no browser
        ({"origin": "http://127.0.0.1:8000"}, 200),
        ({"origin": "https://127.0.0.1:8000"}, 200),  # a proxy speaks TLS
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://127.0.0.1:9000"}, 403),  # another program of this machine
        ({"origin": "http://localhost:8000"}, 403),
        ({"origin": "http://127.0.0.1:8000.evil.example"}, 403),
        ({"sec_fetch_site": "same-origin", "origin": "https://archive.example"}, 200),
        ({"sec_fetch_site": "none"}, 200),  # typed in
        ({"sec_fetch_site": "same-site"}, 403),
        ({"sec_fetch_site": "cross-site"}, 403),
        ({"sec_fetch_site": "cross-site", "origin": "http://127.0.0.1:8000"}, 403),
    ],
)
def test_origins(headers: dict[str, str], status: int) -> None:
    for method in ("POST", "DELETE", "PUT"):
        assert _status(_LOOPBACK, method, host=_HERE, **headers) == status
    assert _status(_LOOPBACK, "GET", host=_HERE, **headers) == 200


def test_origins_that_are_set() -> None:
    settings = ServiceSettings.from_environment(
        {"FUNDSTELLE_ALLOWED_ORIGINS": "https://Desk.example, http://localhost:3000/"}
    )
    boundary = Boundary.of(settings, "127.0.0.1")
    for origin, status in (
        ("https://desk.example", 200),
        ("http://localhost:3000", 200),
        ("http://desk.example", 403),
        ("https://desk.example:444", 403),
    ):
        site = {"sec_fetch_site": "cross-site"}
        assert _status(boundary, "POST", host=_HERE, origin=origin, **site) == status
    assert _status(_PUBLIC, "POST", host="10.0.0.1", origin="https://archive.example") == 200


def test_a_page_that_points_its_name_here_is_refused_although_it_is_its_own_origin() -> None:
    headers = {"origin": "http://evil.example:8000", "sec_fetch_site": "same-origin"}
    assert _status(_LOOPBACK, "POST", host="evil.example:8000", **headers) == 421
