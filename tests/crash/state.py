"""Everything that an embedded index holds, read with Qdrant Edge and not with our own code.

Two states are equal when every article, passage, vector, replaced text and the journal are;
only when that was written is left out. Says as well what is wrong with an index that a writer was
killed over, measured by the states before and after.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import qdrant_edge as edge

from indexer.stores.edge_settling import shard_in_use

_PAGE = 500


@dataclass(frozen=True)
class State:
    """Points by their ids: payloads, for passages with their vectors."""

    articles: dict[str, dict[str, Any]]
    passages: dict[str, tuple[dict[str, Any], Any]]
    superseded: dict[str, dict[str, Any]]
    journal: list[str]

    @classmethod
    def read(cls, index: Path, archive: str = "default") -> State:
        """The state of an index that nobody has open."""
        generation = index / archive / (index / archive / "current").read_text()
        shard = edge.EdgeShard.load(str(shard_in_use(generation)))
        try:
            return cls._of(shard)
        finally:
            shard.close()

    @classmethod
    def _of(cls, shard: edge.EdgeShard) -> State:
        state = cls({}, {}, {}, [])
        seen: set[str] = set()
        offset = None
        while True:
            request = edge.ScrollRequest(
                offset=offset, limit=_PAGE, with_payload=True, with_vector=True
            )
            records, offset = shard.scroll(request)
            for record in records:
                key, payload = str(record.id), dict(record.payload or {})
                assert key not in seen, f"the point {key} is there twice"
                seen.add(key)
                for moment in ("indexed_at", "superseded_at"):
                    payload.pop(moment, None)
                match payload["kind"]:
                    case "article":
                        state.articles[key] = payload
                    case "passage":
                        state.passages[key] = payload, _plain(record.vector)
                    case "superseded":
                        state.superseded[key] = payload
                    case "journal":
                        state.journal.extend(payload["articles"])
                    case kind:
                        raise AssertionError(f"a point of the unknown kind {kind}")
            if offset is None:
                return state

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

    def without_vectors(self) -> State:
        """The same but for the dense vectors, whose last bits depend on what was embedded along."""
        passages = {key: (payload, ({}, v[1])) for key, (payload, v) in self.passages.items()}
        return State(self.articles, passages, self.superseded, self.journal)

    def farthest(self, *others: State) -> float:
        """The greatest distance (1 less the cosine) of a passage's vector from that elsewhere."""
        elsewhere = {key: point for other in others for key, point in other.passages.items()}
        pairs = [
            (point[1][0]["dense"], elsewhere[key][1][0]["dense"])
            for key, point in self.passages.items()
        ]
        return float(max(1 - np.dot(one, other) for one, other in pairs))

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
        kept, wanted = (_kept(which, article_id) for which in (state, after))
        if own == new != old and kept != wanted:
            wrong.append(f"{article_id} was replaced, and its old text is not kept")
        if not kept.items() <= wanted.items() and article_id not in state.journal:
            wrong.append(f"{article_id} has old texts that were never replaced")
    return wrong


def _kept(state: State, article_id: str) -> dict[str, dict[str, Any]]:
    return {k: p for k, p in state.superseded.items() if p["article_id"] == article_id}


def _plain(vector: Any) -> Any:
    """Vectors as values that compare: dense ones by name, then sparse ones by name."""
    named = dict(vector)
    terms = {
        name: sorted(zip(found.indices, found.values, strict=True))
        for name, found in named.items()
        if isinstance(found, edge.SparseVector)
    }
    return {name: found for name, found in named.items() if name not in terms}, terms
