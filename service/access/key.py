"""An API key as it is kept: what it opens, until when, and the hash of its text."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Annotated

import msgspec
from msgspec import Meta, structs

from indexer.generations import require_name
from service.access.scope import Scope
from service.access.secret import digest, new_secret
from service.errors import KeysError

_Moment = Annotated[datetime, Meta(tz=True)]
_Hash = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Former(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The text that a key had before it was rotated, and until when it still opens."""

    sha256: _Hash
    until: _Moment


class Key(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One key. ``rate`` is in requests a minute: 0 is no limit, None the service's own."""

    name: str
    archive: str
    scope: Scope
    sha256: _Hash
    made_at: _Moment
    expires_at: _Moment | None = None
    rate: Annotated[int, Meta(ge=0)] | None = None
    former: Former | None = None

    def has(self, presented: str) -> bool:
        """Whether a text with this hash is the key, or was until it was rotated.

        Takes as long whichever it is, and whichever character is wrong.
        """
        former = self.former.sha256 if self.former else self.sha256
        return compare_digest(presented, self.sha256) | compare_digest(presented, former)

    def is_valid(self, presented: str, now: datetime) -> bool:
        """Whether a text that it ``has`` still opens what it opened."""
        if self.expires_at is not None and now >= self.expires_at:
            return False
        # Not the current text, so the former one.
        return presented == self.sha256 or (self.former is not None and now < self.former.until)

    def rotated(self, now: datetime, grace: timedelta) -> tuple[Key, str]:
        """The key with another text, and that text; the one it had opens for ``grace`` longer."""
        secret = new_secret()
        former = Former(self.sha256, now + grace) if grace else None
        return structs.replace(self, sha256=digest(secret), former=former), secret


def new_key(
    name: str,
    archive: str,
    scope: Scope,
    now: datetime,
    *,
    expires_at: datetime | None = None,
    rate: int | None = None,
) -> tuple[Key, str]:
    """A key and its text. Raises KeysError or SettingsError for a name that can't be used."""
    if not _NAME.fullmatch(name):
        raise KeysError(
            f"{name!r} can't name a key: use up to 64 letters, digits, '.', '-' and '_'"
        )
    require_name(archive)
    if expires_at is not None and expires_at <= now:
        raise KeysError(f"the key would have expired at {expires_at.isoformat()} already")
    secret = new_secret()
    key = Key(
        name=name,
        archive=archive,
        scope=scope,
        sha256=digest(secret),
        made_at=now,
        expires_at=expires_at,
        rate=rate,
    )
    return key, secret
