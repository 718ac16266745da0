"""Archives with models of their own share what is loaded, and keep what any of them needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.models import DEFAULT_MODEL
from indexer.settings import ArchiveSettings
from service.loaded_models import LoadedModels
from service.settings import ServiceSettings

pytestmark = [pytest.mark.model, pytest.mark.long]


class User:
    """Someone who needs a model."""


def test_a_model_is_kept_for_as_long_as_someone_needs_it(cache: Path, other_model: Path) -> None:
    models = LoadedModels(ArchiveSettings(cache=cache), ServiceSettings())
    one, two, other = User(), User(), str(other_model)
    models.needed_by(one, DEFAULT_MODEL)
    models.needed_by(two, other)
    first, second = models.embedder(DEFAULT_MODEL), models.embedder(other)
    models.drop_unneeded()
    assert models.embedder(DEFAULT_MODEL) is first
    assert models.embedder(other) is second
    models.needed_by(one, other)  # it went over to another generation
    models.drop_unneeded()
    assert models.embedder(other) is second
    assert models.embedder(DEFAULT_MODEL) is not first
    models.needed_by(one, DEFAULT_MODEL)
    del two  # closed and gone: nobody needs its model now
    models.drop_unneeded()
    assert models.embedder(other) is not second
