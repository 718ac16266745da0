"""Everything that an embedded index holds, read with Qdrant Edge and not with our own code.

Two states are equal when every article, every passage, every vector and the journal are;
``indexed_at`` alone is left out. Says as well what is wrong with an index that a writer was
killed over, measured by the states before and after.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import qdrant_edge as edge

_PAGE = 500


@dataclass(frozen=True)
class State:
    """Points by their ids: payloads, for passages with their vectors."""

    articles: dict[str, dict[str, Any]]
    passages: dict[str, tuple[dict[str, Any], Any]]
    journal: list[str]

    @classmethod
    def read(cls, index: Path, archive: str = "default") -> State:
        """The state of an index that nobody has open."""
        folder = index / archive
        shard = edge.EdgeShard.load(str(folder / (folder / "current").read_text() / "shard"))
        try:
            return cls._of(shard)
        finally:
            shard.close()

    @classmethod
    def _of(cls, shard: edge.EdgeShard) -> State:
        articles: dict[str, dict[str, Any]] = {}
        passages: dict[str, tuple[dict[str, Any], Any]] = {}
        journal: list[str] = []
        offset = None
        while True:
            request = edge.ScrollRequest(
                offset=offset, limit=_PAGE, with_payload=True, with_vector=True
            )
            records, offset = shard.scroll(request)
            for record in records:
                payload = dict(record.payload or {})
                payload.pop("indexed_at", None)
                key = str(record.id)
                assert key not in articles, f"the point {key} is there twice"
                assert key not in passages, f"the point {key} is there twice"
                if payload["kind"] == "article":
                    articles[key] = payload
                elif payload["kind"] == "passage":
                    passages[key] = payload, _plain(record.vector)
                else:
                    journal += payload["articles"]
            if offset is None:
                return cls(articles, passages, journal)

    @cached_property
    def versions(self) -> dict[str, str]:
        """The version that each article has committed, by its id."""
        found = {p["article_id"]: p["version"] for p in self.articles.values()}
        assert len(found) == len(self.articles), "an article is there twice"
        return found

    @cached_property
    def points(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Points by article id, then by version: its own point and its passages."""
        grouped: dict[str, dict[str, dict[str, Any]]] = {}
        payloads = [(key, p, p) for key, p in self.articles.items()]
        payloads += [(key, point[0], point) for key, point in self.passages.items()]
        for key, payload, point in payloads:
            own = grouped.setdefault(payload["article_id"], {})
            own.setdefault(payload["version"], {})[key] = point
        return grouped

    def committed(self, article_id: str) -> dict[str, Any]:
        """The points of an article's committed version; none where it has none."""
        return self.points.get(article_id, {}).get(self.versions.get(article_id, ""), {})


def wrong_between(state: State, before: State, after: State, confirmed: set[str]) -> list[str]:
    """What is wrong with an index whose writer was on the way from ``before`` to ``after``.

    Each article is whole as it was before or whole as it shall be, ``confirmed`` ones the
    latter; passages of other versions are there only of articles that the journal names.
    """
    wrong = []
    for article_id in sorted({*state.points, *before.points, *after.points}):
        own = state.committed(article_id)
        old, new = before.committed(article_id), after.committed(article_id)
        if own not in (old, new):
            wrong.append(f"{article_id} is neither as before nor as after")
        if article_id in confirmed and own != new:
            wrong.append(f"{article_id} was confirmed, and is not there")
        stray = state.points.get(article_id, {}).keys() - {state.versions.get(article_id)}
        if stray and article_id not in state.journal:
            wrong.append(f"{article_id} has passages that nothing committed and no journal names")
    return wrong


def _plain(vector: Any) -> Any:
    """Vectors as values that compare; the dense one is float32 in the store already."""
    named = dict(vector)
    sparse = named.pop("bm25")
    return named, sorted(zip(sparse.indices, sparse.values, strict=True))
