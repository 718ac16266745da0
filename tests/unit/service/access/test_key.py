"""What opens a key, and until when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from indexer.errors import SettingsError
from service.access.key import new_key
from service.access.scope import Scope
from service.access.secret import digest
from service.errors import KeysError

_NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
_HOUR = timedelta(hours=1)


def test_its_text_opens_a_key_and_nothing_else_does() -> None:
    key, secret = new_key("newsroom", "default", Scope.READ, _NOW)
    assert key.has(digest(secret))
    assert key.is_valid(digest(secret), _NOW)
    assert not key.has(digest(secret + "x"))
    assert secret not in repr(key)


def test_a_key_opens_until_it_expires() -> None:
    key, secret = new_key("guest", "default", Scope.READ, _NOW, expires_at=_NOW + _HOUR)
    assert key.is_valid(digest(secret), _NOW + _HOUR - timedelta(seconds=1))
    assert not key.is_valid(digest(secret), _NOW + _HOUR)


def test_the_former_text_opens_for_a_while_after_a_rotation() -> None:
    key, first = new_key("newsroom", "default", Scope.READ, _NOW)
    key, second = key.rotated(_NOW, _HOUR)
    key_again, third = key.rotated(_NOW, _HOUR)
    for secret, opens in ((first, True), (second, True), (third, False)):
        assert key.has(digest(secret)) is opens
    assert key.is_valid(digest(first), _NOW + _HOUR - timedelta(seconds=1))
    assert not key.is_valid(digest(first), _NOW + _HOUR)
    assert key.is_valid(digest(second), _NOW + 1000 * _HOUR)
    assert not key_again.has(digest(first))  # one former text, not all of them


def test_a_rotation_without_grace_ends_the_former_text() -> None:
    key, first = new_key("newsroom", "default", Scope.READ, _NOW)
    key, second = key.rotated(_NOW, timedelta())
    assert not key.has(digest(first))
    assert key.has(digest(second))


@pytest.mark.parametrize("name", ["", "a b", "a/b", "ü", "-a", "a" * 65, "a\n"])
def test_a_name_that_is_none(name: str) -> None:
    with pytest.raises(KeysError, match="can't name a key"):
        new_key(name, "default", Scope.READ, _NOW)


def test_an_archive_that_is_none() -> None:
    with pytest.raises(SettingsError, match="can't name an archive"):
        new_key("a", "../b", Scope.READ, _NOW)


def test_an_end_that_is_past() -> None:
    with pytest.raises(KeysError, match="expired"):
        new_key("a", "default", Scope.READ, _NOW, expires_at=_NOW)


@pytest.mark.parametrize(
    ("scope", "allows"),
    [
        (Scope.READ, {Scope.READ}),
        (Scope.WRITE, {Scope.READ, Scope.WRITE}),
        (Scope.ADMIN, {Scope.READ, Scope.WRITE, Scope.ADMIN, Scope.METRICS}),
        (Scope.METRICS, {Scope.METRICS}),
    ],
)
def test_scopes(scope: Scope, allows: set[Scope]) -> None:
    assert {needed for needed in Scope if scope.allows(needed)} == allows
