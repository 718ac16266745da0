"""The default model on ONNX Runtime: no PyTorch, and one text a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from indexer.encoders import Kind, Vectors
from indexer.graph import Precision
from indexer.graph_session import GraphSession
from indexer.graphs import embedding_graph, fast_precision
from indexer.models import DEFAULT_DIMENSION, DEFAULT_TOKENS, default_tokenizer

_PROMPTS: dict[Kind, str] = {"question": "query: ", "passage": "passage: "}


class OnnxEncoder:
    """See ``Encoder``. ``threads`` is how many texts are read at once; 0: one a processor."""

    batches = False  # each is a run of its own

    def __init__(self, cache: Path, data_type: str, *, threads: int = 0) -> None:
        precision: Precision = "int8" if data_type == "int8" else "float32"
        if data_type == "auto":
            precision = fast_precision()
        self.device = "cpu"
        self.data_type: str = precision
        self.max_tokens = DEFAULT_TOKENS
        self.dimension = DEFAULT_DIMENSION
        self._session = GraphSession(embedding_graph(cache, precision), threads=threads)
        self._tokenizer = default_tokenizer(cache)

    def encode(self, texts: Sequence[str], kind: Kind) -> Vectors:
        """One vector a text."""
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        prompt = _PROMPTS[kind]
        encoded = self._tokenizer.encode_batch([prompt + text for text in texts])
        return np.stack(self._session.run([self._cut(each.ids) for each in encoded]))

    def length(self, text: str) -> int:
        """Tokens of a passage, its prompt and both ends included."""
        return len(self._tokenizer.encode_batch([_PROMPTS["passage"] + text])[0].ids)

    def warm(self) -> None:
        """Make all of the tokenizer now."""
        self._tokenizer.load()

    def _cut(self, ids: list[int]) -> list[int]:
        """What the model reads: too long a text loses its end, but not the mark of it."""
        return ids if len(ids) <= self.max_tokens else [*ids[: self.max_tokens - 1], ids[-1]]
