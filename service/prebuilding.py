"""Everything that any machine may run the default models from, built ahead: for an image.

``python -m service.prebuilding FOLDER`` fills a cache that may be read-only afterwards.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import get_args

from indexer.graph import Precision
from indexer.graphs import embedding_graph
from indexer.models import default_model, default_tokenizer
from service.reader import ADAPTER
from service.reader_graph import reader_graph


def build_all(cache: Path) -> None:
    """Build the graphs of each precision, the tokenizer, and the folder for PyTorch."""
    default_tokenizer(cache)
    default_model(cache)
    for precision in get_args(Precision):
        embedding_graph(cache, precision)
        reader_graph(ADAPTER, cache, precision)


if __name__ == "__main__":
    build_all(Path(sys.argv[1]))
