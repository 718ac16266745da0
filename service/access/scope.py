"""What a key allows, and what a route asks for."""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """``read`` asks and reads, ``write`` adds and removes articles too, ``admin`` all of it.

    ``metrics`` reads the figures of the service, and none of its articles.
    """

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"
    METRICS = "metrics"

    def allows(self, needed: Scope) -> bool:
        """Whether a key of this scope may do what asks for ``needed``."""
        return needed in _ALLOWED[self]


_ALLOWED = {
    Scope.READ: {Scope.READ},
    Scope.WRITE: {Scope.READ, Scope.WRITE},
    Scope.ADMIN: set(Scope),
    Scope.METRICS: {Scope.METRICS},
}
