"""Report: what a run of indexing did, alone or added up over its parts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from indexer.errors import SourceError

Change = Literal["added", "updated", "removed"]


@dataclass
class Report:
    """What a run did. ``seconds`` is wall-clock time; ``passages`` counts those written.

    ``changes`` names the articles that were added, updated and removed.
    """

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    passages: int = 0
    seconds: float = 0.0
    skipped: list[SourceError] = field(default_factory=list)
    changes: list[tuple[Change, str]] = field(default_factory=list)

    def merge(self, other: Report) -> None:
        """Add what another part of the same run did."""
        for name in ("added", "updated", "unchanged", "removed", "passages", "seconds"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.skipped.extend(other.skipped)
        self.changes.extend(other.changes)

    def to_json(self, *, changes: bool = False) -> dict[str, Any]:
        """As ``fundstelle index --json`` prints it; with ``changes`` for our own client."""
        return ({"changes": self.changes} if changes else {}) | {
            "articles": {
                "added": self.added,
                "updated": self.updated,
                "unchanged": self.unchanged,
                "removed": self.removed,
                "skipped": len(self.skipped),
            },
            "passages": self.passages,
            "seconds": round(self.seconds, 3),
            "skipped": [
                {"source": e.source, "line": e.line, "reason": e.reason} for e in self.skipped
            ],
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Report:
        """What ``to_json`` made."""
        counts = {k: v for k, v in value["articles"].items() if k != "skipped"}
        skipped = [SourceError(s["source"], s["reason"], line=s["line"]) for s in value["skipped"]]
        changes = [(kind, article_id) for kind, article_id in value.get("changes", [])]
        return cls(
            **counts,
            passages=value["passages"],
            seconds=value["seconds"],
            skipped=skipped,
            changes=changes,
        )
