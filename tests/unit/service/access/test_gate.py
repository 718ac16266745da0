"""Whom the gate admits, and what it says to the others."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.access.boundary import Boundary
from service.access.gate import Gate
from service.access.key import new_key
from service.access.key_file import changing
from service.access.keyring import Keyring
from service.access.scope import Scope
from service.access.secret import new_secret
from service.errors import AccessRefused
from service.settings import ServiceSettings

_BOUNDARY = Boundary.of(ServiceSettings(), "127.0.0.1")
_TOKEN = "owner-token"  # noqa: S105


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


@pytest.fixture
def secret(path: Path) -> str:
    key, secret = new_key("desk", "news", Scope.READ, datetime.now(UTC), rate=2)
    with changing(path) as keys:
        keys[key.name] = key
    return secret


@pytest.fixture
def gate(path: Path, secret: str) -> Gate:
    return Gate(_BOUNDARY, "default", Keyring(path), owner_token=_TOKEN)


def _refused(
    gate: Gate, headers: dict[str, str], needed: Scope = Scope.READ, method: str = "GET"
) -> AccessRefused:
    with pytest.raises(AccessRefused) as raised:
        gate.admit(method, headers, needed)
    return raised.value


@pytest.mark.parametrize(
    "header",
    [
        ("authorization", "Bearer {}"),
        ("authorization", "bearer  {} "),
        ("x-api-key", "{}"),
        ("cookie", "theme=dark; fundstelle_key={}; x"),
    ],
)
def test_a_key_is_taken_from_wherever_clients_send_it(
    header: tuple[str, str], gate: Gate, secret: str
) -> None:
    caller = gate.admit("GET", {header[0]: header[1].format(secret)}, Scope.READ)
    assert caller
    assert (caller.archive, caller.scope, caller.key) == ("news", Scope.READ, "desk")
    assert not caller.owner


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "missing_api_key"),
        ({"authorization": "Basic YTpi"}, "missing_api_key"),
        ({"authorization": "Bearer "}, "missing_api_key"),
        ({"authorization": "Bearer nonsense"}, "invalid_api_key"),
        ({"authorization": f"Bearer {new_secret()}"}, "invalid_api_key"),
        ({"x-api-key": ""}, "invalid_api_key"),
        ({"x-api-key": "\udcff"}, "invalid_api_key"),
        ({"authorization": f"Bearer {_TOKEN}x"}, "invalid_api_key"),
    ],
)
def test_others_are_told_that_they_need_one(headers: dict[str, str], code: str, gate: Gate) -> None:
    refused = _refused(gate, headers)
    assert (refused.status, refused.code) == (401, code)
    assert refused.headers["WWW-Authenticate"].startswith("Bearer ")


def test_a_wrong_key_is_not_mended_by_a_right_one_elsewhere(gate: Gate, secret: str) -> None:
    headers = {"authorization": f"Bearer {new_secret()}", "cookie": f"fundstelle_key={secret}"}
    assert _refused(gate, headers).status == 401


def test_a_scope_that_is_missing(gate: Gate, secret: str) -> None:
    refused = _refused(gate, {"x-api-key": secret}, Scope.WRITE)
    assert (refused.status, refused.code) == (403, "insufficient_scope")
    assert 'scope="write"' in refused.headers["WWW-Authenticate"]
    assert "'desk'" in str(refused)
    assert secret not in str(refused)


def test_a_key_has_its_rate_whatever_it_asks_for(gate: Gate, secret: str) -> None:
    headers = {"x-api-key": secret}
    gate.admit("GET", headers, Scope.READ)
    assert _refused(gate, headers, Scope.WRITE).status == 403
    refused = _refused(gate, headers)
    assert refused.status == 429
    assert int(refused.headers["Retry-After"]) == 30
    owner = {"authorization": f"Bearer {_TOKEN}"}
    assert all(gate.admit("GET", owner, Scope.READ) for _ in range(10))


def test_what_is_open_is_open_but_not_to_other_hosts(gate: Gate) -> None:
    assert gate.admit("GET", {}, None) is None
    with pytest.raises(AccessRefused) as raised:
        gate.admit("GET", {"host": "evil.example"}, None)
    assert raised.value.status == 421


def test_the_owner_may_name_any_archive_and_a_key_may_not(gate: Gate, secret: str) -> None:
    named = {"fundstelle-archive": "other", "fundstelle-create": "no"}
    owner = gate.admit("GET", named | {"authorization": f"Bearer {_TOKEN}"}, Scope.ADMIN)
    assert owner
    assert (owner.archive, owner.owner, owner.may_create) == ("other", True, False)
    caller = gate.admit("GET", named | {"x-api-key": secret}, Scope.READ)
    assert caller
    assert caller.archive == "news"


def test_without_keys_everyone_may_do_everything_in_the_one_archive() -> None:
    gate = Gate(_BOUNDARY, "default", owner_token=_TOKEN)
    for headers in ({}, {"authorization": "Bearer whatever"}, {"fundstelle-archive": "other"}):
        caller = gate.admit("DELETE", headers, Scope.ADMIN)
        assert caller
        assert (caller.archive, caller.owner, caller.key) == ("default", False, None)
    assert not gate.has_keys
    owner = gate.caller({"authorization": f"Bearer {_TOKEN}", "fundstelle-archive": "other"})
    assert (owner.archive, owner.owner) == ("default", True)
