"""A graph of ``graph.py``, loaded and run by ONNX Runtime.

A text is one run on one processor thread, and several texts run side by side: that needs
no padding, and wastes less than threads that share one text's small matrices. What goes
in and what comes out means is left to those who call.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt

from indexer.errors import ModelError

Outputs = list[npt.NDArray[np.float32]]


class GraphSession:
    """One loaded graph. Safe to use from several threads, which do not wait for one another.

    ``threads`` is how many texts run at once; 0: as many as this process has processors.
    Raises ModelError where the file can't be loaded.
    """

    def __init__(self, path: Path, *, threads: int = 0) -> None:
        import onnxruntime as runtime

        self.threads = threads or available_processors()
        options = runtime.SessionOptions()
        options.intra_op_num_threads = 1
        # The graph is written as it is to run; looking for more in it takes longer than loading.
        options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.enable_mem_pattern = False  # it would keep a plan for every length of text
        options.log_severity_level = 3  # errors
        try:
            self._session = runtime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # its exceptions have no root of their own
            raise ModelError(
                f"{path} could not be loaded: {error}. Remove it, and it is made anew"
            ) from error
        self._input = self._session.get_inputs()[0].name

    def run(self, texts: Sequence[Sequence[int]]) -> Outputs:
        """What the graph makes of the token ids of each text, in the order given."""
        workers = min(self.threads, len(texts))
        if workers <= 1:
            return [self._run(ids) for ids in texts]
        # The longest first, so that all are done at about the same time.
        order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
        # Threads of its own: a question does not wait for the passages that are being indexed.
        with ThreadPoolExecutor(workers) as pool:
            found = dict(zip(order, pool.map(lambda i: self._run(texts[i]), order), strict=True))
        return [found[i] for i in range(len(texts))]

    def _run(self, ids: Sequence[int]) -> npt.NDArray[np.float32]:
        (output,) = self._session.run(None, {self._input: np.array([ids], np.int64)})
        found: npt.NDArray[np.float32] = output[0]
        return found


def available_processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
