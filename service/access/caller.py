"""Who sent a request: which archive it is about, and what they may do there."""

from __future__ import annotations

from dataclasses import dataclass

from service.access.scope import Scope


@dataclass(frozen=True)
class Caller:
    """Whoever holds a key, the command line of the same index, or, without keys, anyone.

    ``key`` is the name of the key, None for those without one. The ``owner`` proved to be the
    command line; ``may_create`` says whether an archive that is not there yet is made for them.
    """

    archive: str
    scope: Scope
    key: str | None = None
    rate: int = 0
    owner: bool = False
    may_create: bool = True

    @property
    def sees_paths(self) -> bool:
        """Whether they may know where on the machine things lie."""
        return self.scope is Scope.ADMIN
