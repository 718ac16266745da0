"""The reader on ONNX Runtime: the default model's graph with the adapter merged into it.

Built once into the cache, under a name that holds the adapter's checksum, and again where
it is damaged. What the numbers mean is for ``reader.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from indexer.built_folder import built, sha256
from indexer.graph import Precision, TokenHead, write_graph
from indexer.graph_session import GraphSession
from indexer.graphs import GRAPH_BUILD, GRAPH_FILE, default_weights, fast_precision
from indexer.models import MODELS
from service.adapter import load_adapter


class GraphForward:
    """Token ids → start and end logits, of shape ``(tokens, 2)`` a text."""

    def __init__(self, adapter: Path, cache: Path, data_type: str, *, threads: int = 0) -> None:
        precision: Precision = "int8" if data_type == "int8" else "float32"
        if data_type == "auto":
            precision = fast_precision()
        self._session = GraphSession(reader_graph(adapter, cache, precision), threads=threads)
        self.at_once = self._session.threads

    def __call__(self, texts: Sequence[Sequence[int]]) -> list[npt.NDArray[np.float32]]:
        """Logits, in the order given."""
        return self._session.run(texts)


def reader_graph(adapter: Path, cache: Path, precision: Precision) -> Path:
    """The file of the reader's graph. Raises ModelError where what it is made of is damaged."""

    def write(draft: Path) -> None:
        found = load_adapter(adapter)
        head = TokenHead(found.head_weight, found.head_bias)
        weights = default_weights()
        merged = replace(weights, tensors=found.merged(weights.tensors))
        write_graph(merged, draft / GRAPH_FILE, precision, head)

    name = f"reader-{sha256(adapter)[:12]}-{precision}-{GRAPH_BUILD}"
    return built(cache / MODELS / name, write) / GRAPH_FILE
