"""A conversation's last question → one that can be understood alone."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec


class Turn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was said before: ``role`` is ``user`` or ``assistant``."""

    role: str
    content: str


def self_contained(question: str, history: Sequence[Turn]) -> str | None:
    """The question with what it leaves unsaid carried over, None where it stands alone."""
    return None
