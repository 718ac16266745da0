"""The recipe of an index: everything that its vectors and offsets depend on.

Stored beside the points and compared whenever the index is opened, so that an
index is never searched with another model than it was built with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from indexer import lexical
from indexer.errors import RecipeMismatch
from indexer.tokens import TOKENIZER

#: Raised when points are written in a way that earlier releases can't read.
FORMAT = 2
#: From here on every language has a sparse vector of its own; earlier indexes are read as they are.
VECTOR_A_LANGUAGE = 2


@dataclass(frozen=True)
class Recipe:
    """What an index is built with. ``lexical`` is ``indexer.lexical.SETTINGS``."""

    model: str
    dimension: int
    passage_tokens: int
    passage_overlap: int
    tokenizer: str = TOKENIZER
    lexical: Mapping[str, Any] = field(default_factory=lambda: dict(lexical.SETTINGS))
    format: int = FORMAT

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self) | {"lexical": dict(self.lexical)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Recipe:
        """The recipe an index remembers.

        Raises RecipeMismatch where a newer release wrote it.
        """
        if value.get("format", 0) > FORMAT:
            raise RecipeMismatch(
                f"the index has format {value['format']}, this release of Fundstelle reads up to "
                f"{FORMAT}: upgrade Fundstelle, or index again into another folder"
            )
        known = {f.name for f in fields(cls)}
        return cls(**{key: item for key, item in value.items() if key in known})

    def require_settings(
        self, model: str | None, tokens: int | None, overlap: int | None, place: str
    ) -> None:
        """Raise RecipeMismatch unless this release, with these settings, would build the same.

        None asks for whatever the index has.
        """
        asked = Recipe(
            self.model if model is None else model,
            self.dimension,
            self.passage_tokens if tokens is None else tokens,
            self.passage_overlap if overlap is None else overlap,
            format=self.format,  # an earlier one goes on as it is
        )
        self.require(asked, place)

    def require(self, asked: Recipe, place: str) -> None:
        """Raise RecipeMismatch where ``asked`` differs from what the index at ``place`` has."""
        mine, theirs = self.to_json(), asked.to_json()
        differences = [
            f"{key} {mine[key]!r} (asked for: {theirs[key]!r})"
            for key in mine
            if mine[key] != theirs[key]
        ]
        if differences:
            raise RecipeMismatch(
                f"the index at {place} was built with {', '.join(differences)}; leave that setting "
                "out to go on with it, or build the index anew with it: 'fundstelle reindex'"
            )
