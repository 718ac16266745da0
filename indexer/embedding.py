"""Dense vectors: texts in, unit vectors out.

What text stands for a passage is decided here, so that cutting and embedding can't
disagree about it, and every text is composed (NFC) before a model sees it. The models
are in ``encoders/``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path

from indexer.article import Article
from indexer.encoders import Vectors, open_encoder
from indexer.settings import Backend, DataType

__all__ = ["Embedder", "Vectors", "passage_input"]


def passage_input(article: Article, passage: str) -> str:
    """What is embedded for a passage: its article's heading in front, for context."""
    return f"{article.heading}\n{passage}" if article.heading else passage


class Embedder:
    """One loaded embedding model.

    Vectors are float32 of shape ``(texts, dimension)`` and unit length. Safe to
    use from several threads. Raises ModelError where the model can't be loaded, and
    SettingsError where it can't be loaded as asked.
    """

    def __init__(
        self,
        model: str,
        cache: Path,
        *,
        data_type: DataType = "auto",
        device: str | None = None,
        backend: Backend = "auto",
        threads: int = 0,
    ) -> None:
        self.model = model
        self._encoder = open_encoder(
            model, cache, data_type=data_type, device=device, backend=backend, threads=threads
        )
        self.device = self._encoder.device
        self.data_type = self._encoder.data_type
        self.max_tokens = self._encoder.max_tokens
        self.dimension = self._encoder.dimension

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages, in the order given."""
        return self._encoder.encode([_composed(text) for text in texts], "passage")

    def embed_questions(self, texts: Sequence[str]) -> Vectors:
        """Vectors of questions, in the order given."""
        return self._encoder.encode([_composed(text) for text in texts], "question")

    def fits(self, text: str) -> bool:
        """Whether the model reads the whole of a passage's text, its prompt included."""
        return self._encoder.length(_composed(text)) <= self.max_tokens


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)
