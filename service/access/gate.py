"""What every door asks before it answers: whose request is this, and may they do that?

Host and origin first, then the key, its rate and its scope. Without keys everyone who gets as
far as this may do everything; that nobody else does is for ``binding.py`` to see to.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Mapping

from service.access.allowance import Allowances
from service.access.boundary import SAFE, Boundary
from service.access.caller import Caller
from service.access.key import Key
from service.access.keyring import Keyring
from service.access.scope import Scope
from service.access.secret import is_secret
from service.errors import AccessRefused

#: What a browser keeps a key in (``service/web/signing_in.py``).
COOKIE = "fundstelle_key"
#: Which archive the command line of an index means, and whether it may be made.
ARCHIVE_HEADER, CREATE_HEADER = "fundstelle-archive", "fundstelle-create"
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="fundstelle"'}


class Gate:
    """Admits requests. ``archive`` is the one that those without a key ask about.

    ``rate`` is how many requests a minute a key may make that says nothing else, 0 for any
    number; ``owner_token`` is what the command line of the same index proves itself with.
    """

    def __init__(
        self,
        boundary: Boundary,
        archive: str,
        keyring: Keyring | None = None,
        *,
        rate: int = 0,
        owner_token: str | None = None,
    ) -> None:
        self.boundary = boundary
        self._archive = archive
        self._keyring = keyring
        self._rate = rate
        self._owner_token = owner_token
        self._allowances = Allowances()

    @property
    def has_keys(self) -> bool:
        """Whether a key is asked for."""
        return self._keyring is not None

    def admit(
        self,
        method: str,
        headers: Mapping[str, str],
        needed: Scope | None,
        safe: frozenset[str] = SAFE,
    ) -> Caller | None:
        """Who sent the request; None where nothing is ``needed``, and so nobody asked for a key.

        ``safe`` are the methods that pages of other sites may have a browser send. Raises
        AccessRefused where it may not be answered.
        """
        self.boundary.check(method, headers, safe)
        if needed is None:
            return None
        caller = self.caller(headers)
        wait = self._allowances.wait(caller.key, caller.rate) if caller.key else 0.0
        if wait:
            raise AccessRefused(
                429,
                "rate_limit_exceeded",
                f"the key {caller.key!r} may make {caller.rate} requests a minute; try again in "
                f"{math.ceil(wait)} s",
                {"Retry-After": str(math.ceil(wait))},
            )
        if not caller.scope.allows(needed):
            raise AccessRefused(
                403,
                "insufficient_scope",
                f"the key {caller.key!r} has the scope {caller.scope}, and this needs {needed}",
                {
                    "WWW-Authenticate": f"{_CHALLENGE['WWW-Authenticate']}, "
                    f'error="insufficient_scope", scope="{needed}"'
                },
            )
        return caller

    def key(self, secret: str) -> Key | None:
        """The key with this text, None where there is none or none is asked for."""
        return self._keyring.find(secret) if self._keyring is not None else None

    def caller(self, headers: Mapping[str, str]) -> Caller:
        """Whose request it is. Raises AccessRefused where a key is asked for and none fits."""
        if self._is_owner(_bearer(headers)):
            return self._owner(headers)
        if self._keyring is None:
            return Caller(self._archive, Scope.ADMIN)
        presented = _presented(headers)
        if presented is None:
            raise _unknown("missing_api_key", "send a key: Authorization: Bearer fs_…")
        key = self.key(presented)
        if key is None:
            mistyped = "" if is_secret(presented) else "; it is mistyped, or no key of Fundstelle"
            raise _unknown("invalid_api_key", f"this key opens nothing, or no longer{mistyped}")
        rate = self._rate if key.rate is None else key.rate
        return Caller(key.archive, key.scope, key.name, rate)

    def _is_owner(self, presented: str | None) -> bool:
        return (
            self._owner_token is not None
            and presented is not None
            and secrets.compare_digest(
                presented.encode(errors="surrogatepass"), self._owner_token.encode()
            )
        )

    def _owner(self, headers: Mapping[str, str]) -> Caller:
        """The command line; without keys there is one archive only, whichever it names."""
        named = headers.get(ARCHIVE_HEADER) if self._keyring is not None else None
        archive = named or self._archive
        return Caller(
            archive, Scope.ADMIN, owner=True, may_create=headers.get(CREATE_HEADER) == "yes"
        )


def _bearer(headers: Mapping[str, str]) -> str | None:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def _presented(headers: Mapping[str, str]) -> str | None:
    """The key of a request: as OpenAI's clients send it, as Anthropic's do, or a browser."""
    bearer = _bearer(headers)
    if bearer is not None:
        return bearer
    if "x-api-key" in headers:
        return headers["x-api-key"].strip()
    for part in headers.get("cookie", "").split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE:
            return value
    return None


def _unknown(code: str, detail: str) -> AccessRefused:
    return AccessRefused(401, code, detail, _CHALLENGE)
