"""``fundstelle keys``: make, list, rotate and remove API keys. A key is shown once."""

from __future__ import annotations

import argparse
import re
import sys
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from indexer.errors import SettingsError
from service import terminal
from service.access.key import Key, new_key
from service.access.key_file import changing, read_keys
from service.access.scope import Scope
from service.errors import KeysError
from service.exit_status import ExitStatus
from service.given import Environment, archive_settings, print_json, settings

_SPAN = re.compile(r"([1-9][0-9]{0,4})([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def keys(given: argparse.Namespace, environment: Environment) -> int:
    """Run one of the commands below."""
    verbs = {"add": _add, "list": _list, "remove": _remove, "rotate": _rotate}
    return verbs[given.verb](given, environment)


def _add(given: argparse.Namespace, environment: Environment) -> int:
    now = datetime.now(UTC)
    key, secret = new_key(
        given.name,
        archive_settings(given, environment).archive,
        Scope(given.scope),
        now,
        expires_at=_end(given.expires, now),
        rate=given.rate,
    )
    path = _file(given, environment)
    with changing(path) as known:
        if key.name in known:
            raise KeysError(
                f"there is a key {key.name!r} already; rotate it with 'fundstelle keys rotate "
                f"{key.name}', or choose another name"
            )
        _require_distinct(known, key.archive)
        known[key.name] = key
    _show_secret(given, key, secret, path)
    return ExitStatus.DONE


def _list(given: argparse.Namespace, environment: Environment) -> int:
    found = sorted(read_keys(_file(given, environment)).values(), key=lambda key: key.name)
    if given.json:
        print_json({"keys": [_told(key) for key in found]})
    else:
        terminal.show_keys([_told(key) for key in found])
    return ExitStatus.DONE


def _remove(given: argparse.Namespace, environment: Environment) -> int:
    path = _file(given, environment)
    names = list(dict.fromkeys(given.names))
    with changing(path) as known:
        for name in names:
            _require(known, name, path)
            del known[name]
    if given.json:
        print_json({"removed": names})
    else:
        print(f"removed: {', '.join(names)}")
    return ExitStatus.DONE


def _rotate(given: argparse.Namespace, environment: Environment) -> int:
    path = _file(given, environment)
    now = datetime.now(UTC)
    with changing(path) as known:
        key, secret = _require(known, given.name, path).rotated(now, _span(given.grace))
        known[key.name] = key
    _show_secret(given, key, secret, path)
    return ExitStatus.DONE


def _require(known: dict[str, Key], name: str, path: Path) -> Key:
    if name not in known:
        raise KeysError(f"{path} has no key {name!r}; 'fundstelle keys list' names those it has")
    return known[name]


def _require_distinct(known: dict[str, Key], archive: str) -> None:
    """Some file systems take ``News`` and ``news`` for the same folder."""
    for other in {key.archive for key in known.values()} - {archive}:
        if other.lower() == archive.lower():
            raise KeysError(f"there is an archive {other!r} already; choose another name")


def _file(given: argparse.Namespace, environment: Environment) -> Path:
    path: Path | None = given.keys or settings(given, environment)[1].keys
    if path is None:
        raise SettingsError("say where keys are kept: --keys FILE, or FUNDSTELLE_KEYS=FILE")
    return path


def _show_secret(given: argparse.Namespace, key: Key, secret: str, path: Path) -> None:
    if given.json:
        print_json({"key": secret} | _told(key))
        return
    print(secret)
    former = f"; the key before it opens until {_minute(key.former.until)}" if key.former else ""
    until = f" until {_minute(key.expires_at)}" if key.expires_at else ""
    print(
        f"The key {key.name!r} ({key.scope} of the archive {key.archive!r}){until}. It is shown "
        f"this once: {path} keeps only its hash{former}.",
        file=sys.stderr,
    )


def _told(key: Key) -> dict[str, object]:
    """A key without its hashes."""
    return {
        "name": key.name,
        "archive": key.archive,
        "scope": key.scope.value,
        "rate": key.rate,
        "made_at": key.made_at.isoformat(timespec="seconds"),
        "expires_at": key.expires_at and key.expires_at.isoformat(timespec="seconds"),
        "former_until": key.former and key.former.until.isoformat(timespec="seconds"),
    }


def _end(text: str | None, now: datetime) -> datetime | None:
    """The end of a stretch of time that begins now, or of a day in UTC."""
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return now + _span(text, or_day=True)
    return datetime.combine(day, time(), UTC) + timedelta(days=1)


def _span(text: str, *, or_day: bool = False) -> timedelta:
    found = _SPAN.fullmatch(text)
    if found is None and (text != "0" or or_day):
        ends = ", or its last day as 2027-01-31" if or_day else ", or 0 for none"
        raise SettingsError(f"{text!r} is no stretch of time; write 30m, 24h, 90d or 52w{ends}")
    return timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else timedelta()


def _minute(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M UTC")
