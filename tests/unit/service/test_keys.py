"""``fundstelle keys`` in this process: what is printed, kept and refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from service.access.key_file import read_keys
from service.access.keyring import Keyring
from service.cli import main


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


def _keys(path: Path, verb: str, *arguments: str) -> int:
    return main(["keys", verb, *arguments, "--keys", str(path)])


def test_a_key_is_shown_once_and_opens(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ("--scope", "write", "--archive", "desk", "--expires", "90d", "--rate", "5")
    assert _keys(path, "add", "newsroom", *given) == 0
    printed = capsys.readouterr()
    found = Keyring(path).find(printed.out.rstrip("\n"))
    assert found
    assert (found.name, found.archive, found.scope, found.rate) == ("newsroom", "desk", "write", 5)
    assert found.expires_at
    assert abs(found.expires_at - datetime.now(UTC) - timedelta(days=90)) < timedelta(minutes=5)
    assert "shown this once" in printed.err
    assert _keys(path, "list", "--json") == 0
    listed = capsys.readouterr().out
    assert json.loads(listed)["keys"][0]["name"] == "newsroom"
    assert printed.out.strip() not in listed
    assert found.sha256 not in listed
    assert _keys(path, "list") == 0
    assert "newsroom" in capsys.readouterr().out


def test_the_last_day_of_a_key_counts(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _keys(path, "add", "a", "--expires", "2999-01-31", "--json") == 0
    assert json.loads(capsys.readouterr().out)["expires_at"] == "2999-02-01T00:00:00+00:00"


@pytest.mark.parametrize(("grace", "open_still"), [([], True), (["--grace", "0"], False)])
def test_a_rotation(
    grace: list[str], open_still: bool, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _keys(path, "add", "a")
    first = capsys.readouterr().out.strip()
    assert _keys(path, "rotate", "a", *grace) == 0
    second = capsys.readouterr().out.strip()
    ring = Keyring(path)
    assert (ring.find(first) is not None) is open_still
    assert ring.find(second)


def test_keys_are_removed_all_or_none(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in "abc":
        _keys(path, "add", name)
    assert _keys(path, "remove", "a", "x") == 2
    assert "no key 'x'" in capsys.readouterr().err
    assert list(read_keys(path)) == ["a", "b", "c"]
    assert _keys(path, "remove", "a", "c") == 0
    assert list(read_keys(path)) == ["b"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "a"), "there is a key 'a' already"),
        (("add", "b", "--archive", "Default"), "there is an archive 'default' already"),
        (("add", "b", "--archive", "../x"), "can't name an archive"),
        (("add", "b/c"), "can't name a key"),
        (("add", "b", "--expires", "soon"), "90d or 52w"),
        (("add", "b", "--expires", "0"), "90d or 52w"),
        (("add", "b", "--expires", "2020-01-01"), "expired"),
        (("rotate", "b"), "no key 'b'"),
        (("rotate", "a", "--grace", "99999999d"), "or 0 for none"),
    ],
)
def test_what_can_not_be_done_says_why(
    arguments: tuple[str, ...], said: str, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _keys(path, "add", "a")
    before = path.read_bytes()
    assert _keys(path, *arguments) == 2
    assert said in capsys.readouterr().err
    assert path.read_bytes() == before


def test_where_keys_are_has_to_be_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys", "list"]) == 2
    assert "FUNDSTELLE_KEYS" in capsys.readouterr().err
