"""The recipe that an index is to have, from what was asked for."""

from __future__ import annotations

from indexer.models import DEFAULT_DIMENSION, DEFAULT_MODEL
from indexer.passages import PassageSettings
from indexer.recipe import Recipe
from indexer.settings import ArchiveSettings
from service.loaded_models import LoadedModels


def recipe_for(
    asked: ArchiveSettings, models: LoadedModels, former: Recipe | None = None
) -> Recipe:
    """The recipe that this release builds with.

    What is not asked for is as in ``former``, without one as by default. Raises ModelError
    where the model can't be loaded.
    """
    passages = PassageSettings()
    model, tokens, overlap = DEFAULT_MODEL, passages.max_tokens, passages.overlap_tokens
    if former is not None:
        model, tokens, overlap = former.model, former.passage_tokens, former.passage_overlap
    # Both at once: each is checked against the other.
    passages = PassageSettings(
        max_tokens=tokens if asked.passage_tokens is None else asked.passage_tokens,
        overlap_tokens=overlap if asked.passage_overlap is None else asked.passage_overlap,
    )
    model = asked.model or model
    return Recipe(
        model=model,
        dimension=_dimension(model, models),
        passage_tokens=passages.max_tokens,
        passage_overlap=passages.overlap_tokens,
    )


def _dimension(model: str, models: LoadedModels) -> int:
    if model == DEFAULT_MODEL:  # known without loading it, so that a service is there at once
        return DEFAULT_DIMENSION
    return models.embedder(model).dimension
