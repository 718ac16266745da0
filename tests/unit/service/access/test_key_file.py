"""The file of keys: for its owner alone, whole, and never half written."""

from __future__ import annotations

import json
import stat
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.access.key import new_key
from service.access.key_file import changing, read_keys
from service.access.scope import Scope
from service.errors import KeysError

_NOW = datetime.now(UTC)


def _add(path: Path, name: str) -> str:
    key, secret = new_key(name, "default", Scope.READ, _NOW)
    with changing(path) as keys:
        keys[name] = key
    return secret


def test_what_was_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a" / "keys.json"
    secrets = [_add(path, "one"), _add(path, "two")]
    assert list(read_keys(path)) == ["one", "two"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not any(secret in path.read_text("utf-8") for secret in secrets)


def test_a_change_that_fails_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    _add(path, "one")
    before = path.read_bytes()
    with pytest.raises(KeyError), changing(path) as keys:
        del keys["one"], keys["two"]
    assert path.read_bytes() == before


def test_changes_at_the_same_time_are_all_kept(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    threads = [threading.Thread(target=_add, args=(path, f"k{i}")) for i in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(read_keys(path)) == 12


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_file_open_to_others_is_refused(mode: int, tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    _add(path, "one")
    path.chmod(mode)
    with pytest.raises(KeysError, match="chmod 600"):
        read_keys(path)
    with pytest.raises(KeysError, match="chmod 600"):
        _add(path, "two")


def test_a_file_that_is_not_there_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(KeysError, match="fundstelle keys add NAME --keys"):
        read_keys(tmp_path / "keys.json")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(KeysError, match="can't be read"):
        read_keys(tmp_path)


def _damaged(path: Path) -> list[bytes]:
    whole = json.loads(path.read_bytes())
    key = whole["keys"][0]

    def changed(**fields: object) -> bytes:
        return json.dumps(whole | {"keys": [key | fields]}).encode()

    return [
        *(b"", b"{", b"[]", b"\xff", path.read_bytes()[:-20], b'{"format": 2, "keys": []}'),
        *(changed(sha256="abc"), changed(scope="all"), changed(archive="../x"), changed(new=1)),
        *(changed(expires_at="2026-01-01T00:00:00"), changed(rate=-1)),
        json.dumps(whole | {"keys": [key, key]}).encode(),
    ]


def test_a_damaged_file_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    _add(path, "one")
    for content in _damaged(path):
        path.write_bytes(content)
        with pytest.raises(KeysError, match="is damaged"):
            read_keys(path)
        with pytest.raises(KeysError, match="is damaged"):
            _add(path, "two")
        assert path.read_bytes() == content


def test_a_place_that_can_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(KeysError, match="can't be written"):
        _add(tmp_path / "file" / "keys.json", "one")
