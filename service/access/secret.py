"""The text of an API key: made, recognised, and hashed. What it opens is left to ``key.py``.

``fs_``, 43 letters and digits for 256 random bits, and six for their CRC-32, so that a scanner
of repositories finds keys (``fs_[0-9A-Za-z]{49}``) and tells them from what only looks alike,
as GitHub's tokens do.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import zlib

PREFIX = "fs_"
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM, _CHECK = 43, 6
_FORM = re.compile(rf"{PREFIX}([0-9A-Za-z]{{{_RANDOM}}})([0-9A-Za-z]{{{_CHECK}}})")


def new_secret() -> str:
    """A key that nobody has."""
    random = _base62(secrets.randbits(256), _RANDOM)
    return f"{PREFIX}{random}{_checksum(random)}"


def is_secret(text: str) -> bool:
    """Whether it has the form and the checksum of a key."""
    found = _FORM.fullmatch(text)
    return found is not None and _checksum(found[1]) == found[2]


def digest(secret: str) -> str:
    """What is kept of a key: its SHA-256, in hexadecimal.

    A slow hash with salt is for passwords, which can be guessed. 256 random bits can't, however
    quick the hash; and a slow one would be paid for with every request.
    """
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def _checksum(random: str) -> str:
    return _base62(zlib.crc32(random.encode()), _CHECK)


def _base62(number: int, width: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, len(_DIGITS))
        digits = _DIGITS[rest] + digits
    return digits.rjust(width, _DIGITS[0])
