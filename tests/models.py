"""A second embedding model for the tests that change models: the first, seen from another side.

The default model's vectors turned by a fixed random projection and made shorter, saved as
a folder of its own: a real model with real neighbours, and another dimension.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.models import DEFAULT_MODEL, resolve

DIMENSION = 192


@pytest.fixture(scope="session")
def other_model(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its folder."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Dense

    whole = SentenceTransformer(resolve(DEFAULT_MODEL, cache), device="cpu").float()
    width = whole.get_embedding_dimension()
    assert width is not None
    torch.manual_seed(1)
    shorter = Dense(width, DIMENSION, bias=False, activation_function=torch.nn.Identity())
    torch.nn.init.orthogonal_(shorter.linear.weight)
    whole.add_module("shorter", shorter)
    folder = tmp_path_factory.mktemp("model") / "another-e5"
    whole.save(str(folder))
    return folder
