"""The keys of a running service follow their file."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec import structs

from service.access.key import new_key
from service.access.key_file import changing
from service.access.keyring import Keyring
from service.access.scope import Scope
from service.errors import KeysError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


def _add(path: Path, name: str, archive: str = "default") -> str:
    key, secret = new_key(name, archive, Scope.READ, datetime.now(UTC))
    with changing(path) as keys:
        keys[name] = key
    return secret


def test_keys_are_found_by_their_text_as_soon_as_they_are_added(path: Path) -> None:
    one = _add(path, "one")
    ring = Keyring(path)
    two = _add(path, "two", "other")
    for secret, name, archive in ((one, "one", "default"), (two, "two", "other")):
        found = ring.find(secret)
        assert found
        assert (found.name, found.archive) == (name, archive)
    assert ring.archives == {"default", "other"}
    assert len(ring) == 2


def test_a_key_that_was_removed_opens_nothing_from_then_on(path: Path) -> None:
    one = _add(path, "one")
    ring = Keyring(path)
    assert ring.find(one)
    with changing(path) as keys:
        del keys["one"]
    assert ring.find(one) is None


def test_both_texts_open_during_a_rotation(path: Path) -> None:
    first = _add(path, "one")
    ring = Keyring(path)
    with changing(path) as keys:
        keys["one"], second = keys["one"].rotated(datetime.now(UTC), timedelta(hours=1))
    assert ring.find(first)
    assert ring.find(second)


def test_an_expired_key_is_not_found(path: Path) -> None:
    secret = _add(path, "one")
    with changing(path) as keys:
        past = datetime.now(UTC) - timedelta(seconds=1)
        keys["one"] = structs.replace(keys["one"], expires_at=past)
    assert Keyring(path).find(secret) is None


@pytest.mark.parametrize("damage", ["cut", "gone", "open"])
def test_the_keys_of_before_count_while_the_file_can_not_be_used(
    damage: str, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    one = _add(path, "one")
    ring = Keyring(path)
    whole = path.read_bytes()
    if damage == "cut":
        path.write_bytes(whole[:40])
    elif damage == "gone":
        path.unlink()
    else:
        path.chmod(0o644)
    with caplog.at_level(logging.ERROR):
        assert ring.find(one)
        assert ring.find(one)
    assert [record.getMessage().count("go on counting") for record in caplog.records] == [1]
    path.unlink(missing_ok=True)
    two = _add(path, "two")
    assert ring.find(two)
    assert ring.find(one) is None


def test_at_the_start_a_file_that_can_not_be_used_is_refused(path: Path) -> None:
    with pytest.raises(KeysError):
        Keyring(path)
