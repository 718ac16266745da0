"""The two models, loaded when this module is imported by the process that others fork from.

One thread: the threads of torch do not outlive a fork. What is forked finds the models
loaded and is otherwise as it always is.
"""

from __future__ import annotations

import os
from pathlib import Path

import torch

import service.loaded_models
from indexer.embedding import Embedder
from indexer.models import DEFAULT_MODEL
from service.reader import Reader

torch.set_num_threads(1)
_CACHE = Path(os.environ["FUNDSTELLE_CACHE"])
_EMBEDDER = Embedder(DEFAULT_MODEL, _CACHE)
_READER = Reader(_CACHE)


def be_warm() -> None:
    """Let this process use them instead of loading its own."""
    service.loaded_models.Embedder = lambda *_, **__: _EMBEDDER  # type: ignore[assignment, misc]
    service.loaded_models.Reader = lambda *_, **__: _READER  # type: ignore[assignment, misc]
