"""The text of keys: random, recognised by scanners, and hashed."""

from __future__ import annotations

import re

import pytest

from service.access.secret import digest, is_secret, new_secret


def test_keys_are_what_the_documented_pattern_finds() -> None:
    made = {new_secret() for _ in range(500)}
    assert len(made) == 500
    assert all(re.fullmatch(r"fs_[0-9A-Za-z]{49}", secret) for secret in made)
    assert all(is_secret(secret) for secret in made)


@pytest.mark.parametrize("at", [3, 20, 45, 46, 51])
def test_a_slip_of_the_pen_is_noticed(at: int) -> None:
    secret = new_secret()
    other = "x" if secret[at] != "x" else "y"
    assert not is_secret(secret[:at] + other + secret[at + 1 :])


@pytest.mark.parametrize("text", ["", "fs_", "ghp_" + "a" * 49, "ü" * 52])
def test_other_texts_are_no_keys(text: str) -> None:
    assert not is_secret(text)
    assert not is_secret(new_secret() + "\n")


def test_the_hash_is_sha256_of_the_whole_text() -> None:
    assert digest("fs_abc") == "4842cc5917b608215ba6ba0a6575a3012a8e721892af2f4579c621cf7933873f"
    assert len(digest("\udcff")) == 64  # what isn't text is still only a wrong key
