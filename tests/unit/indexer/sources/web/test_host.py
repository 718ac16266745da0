"""One site: the machine that was checked is the one that is asked, over TLS too."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from indexer.errors import FetchError
from indexer.sources.web.addresses import AddressGuard
from indexer.sources.web.host import Host
from tests.web_servers import Answer, Site, running_site

NAME = "bote.example"


class Rebinding:
    """A name server that tells another address each time."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = list(addresses)

    def __call__(self, _: str, port: int, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (self.addresses.pop(0), port))]


def certificate(folder: Path) -> Path:
    """A certificate for ``bote.example``, signed by itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "bote.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    return certificate(tmp_path)


@pytest.fixture
def secure_site(pem: Path) -> Iterator[Site]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with running_site(trust=context) as site:
        site.pages["/a"] = Answer("Die Brücke ist offen.")
        yield site


def ask(host: Host, url: str) -> bytes:
    try:
        return host.ask("GET", httpx.URL(url), {}, most_bytes=1000).body
    finally:
        host.close()


def host(look_up: Any, trust: ssl.SSLContext | None = None) -> Host:
    guard = AddressGuard(("127.0.0.1",), look_up=look_up)
    trust = trust or ssl.create_default_context()
    return Host(guard, trust, timeout=5.0, stopping=threading.Event())


def test_the_address_that_was_checked_is_the_one_connected_to(site: Site) -> None:
    site.pages["/a"] = Answer("Die Brücke ist offen.")
    names = Rebinding("127.0.0.1", "127.0.0.2")
    assert ask(host(names), f"http://{NAME}:{site.port}/a").decode() == "Die Brücke ist offen."
    assert names.addresses == ["127.0.0.2"]  # nobody asked a second time
    assert site.asked[-1].headers["host"] == f"{NAME}:{site.port}"


def test_a_name_that_turns_to_a_private_address_is_refused(other_site: Site) -> None:
    with pytest.raises(FetchError, match=r"bote\.example has 127\.0\.0\.2"):
        ask(host(Rebinding("127.0.0.2")), f"http://{NAME}:{other_site.port}/a")
    assert other_site.asked == []


def test_the_certificate_is_checked_against_the_name(secure_site: Site, pem: Path) -> None:
    trust = ssl.create_default_context(cafile=str(pem))
    address = f"https://{NAME}:{secure_site.port}/a"
    found = ask(host(Rebinding("127.0.0.1"), trust), address)
    assert found.decode() == "Die Brücke ist offen."
    with pytest.raises(FetchError, match=r"can't be trusted.*welt\.example"):
        ask(host(Rebinding("127.0.0.1"), trust), address.replace("bote", "welt"))


def test_a_certificate_of_nobody_is_not_trusted(secure_site: Site) -> None:
    with pytest.raises(FetchError, match="certificate can't be trusted") as caught:
        ask(host(Rebinding("127.0.0.1")), f"https://{NAME}:{secure_site.port}/a")
    assert not caught.value.transient


def test_nobody_listens(site: Site) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(FetchError, match="can't be reached") as caught:
            ask(host(Rebinding("127.0.0.1")), f"http://{NAME}:{port}/a")
    assert caught.value.transient
    assert caught.value.source == f"http://{NAME}:{port}/a"
