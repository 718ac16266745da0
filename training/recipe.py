"""A recipe: which questions, how many of them, and how they are learnt."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import msgspec

from indexer.article import Article
from training.errors import TrainingError
from training.question_files import Material, add_about, add_texts, articles_of


class Questions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question file, relative to the data folder, or to the recipe where it is there.

    ``articles`` is the folder that its lines name articles of; without it, every line has
    its text. At most ``lines`` of them are taken, by chance; ``wordings`` is how many of a
    question's languages are asked, ``times`` how often an epoch has them.
    """

    file: str
    articles: str | None = None
    lines: int | None = None
    wordings: int = 3
    times: float = 1.0


class Recipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``examples`` questions are read, ``tokens`` a step, each with ``negatives`` passages.

    ``teaching`` is the share of the targets that are what the adapter it begins from says to the
    question in the passage's language. ``ranking`` weighs the choice among a question's passages
    against finding the span. Layers below ``first_layer`` stay as they are, which saves work.
    ``average`` is the share of the past in the running mean of the weights, of which ``blend``
    is kept and the rest of what was begun from: between the two, much is learnt and little
    forgotten (Wortsman et al. 2022).
    """

    questions: list[Questions]
    seed: int = 0
    negatives: int = 2
    examples: int = 20_000
    tokens: int = 8192
    learning_rate: float = 3e-4
    warmup: float = 0.05
    ranking: float = 0.5
    teaching: float = 0.0
    first_layer: int = 0
    average: float = 0.99
    blend: float = 1.0


def read_recipe(path: Path) -> Recipe:
    """A recipe in TOML. Raises TrainingError where it can't be used."""
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Recipe)
    except (OSError, msgspec.MsgspecError) as error:
        raise TrainingError(f"{path}: {error}") from error


def material_of(recipe: Recipe, data: Path, beside: Path) -> Material:
    """The articles and questions that a recipe names. Raises TrainingError as they are read."""
    material = Material()
    folders: dict[str, dict[str, Article]] = {}
    for chosen in recipe.questions:
        path = next((p for p in (beside / chosen.file, data / chosen.file) if p.exists()), None)
        if path is None:
            raise TrainingError(f"{chosen.file} is neither in {beside} nor in {data}")
        lines = _lines(path)
        random.Random(recipe.seed).shuffle(lines)  # noqa: S311
        lines, before = lines[: chosen.lines], len(material.asked)
        if chosen.articles is None:
            add_texts(material, lines, chosen.file)
        else:
            if chosen.articles not in folders:
                folders[chosen.articles] = articles_of(data / chosen.articles)
            add_about(material, lines, chosen.file, folders[chosen.articles])
        for asked in material.asked[before:]:
            del asked.wordings[chosen.wordings :]
    return material


def _lines(path: Path) -> list[tuple[int, bytes]]:
    with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
        return [(number, line) for number, line in enumerate(file, start=1) if line.strip()]
