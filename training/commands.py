"""The two commands: what they read, what they write, and what they tell meanwhile."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import msgspec
import torch

from indexer.embedding import has_cuda
from indexer.models import DEFAULT_MODEL, default_tokenizer, resolve
from indexer.settings import ArchiveSettings
from service.reader import Reader
from training.errors import TrainingError
from training.examples import read_examples, write_examples
from training.features import Features
from training.learning import Progress, learn
from training.mining import mine
from training.model import TrainedReader, save_adapter
from training.recipe import material_of, read_recipe

_EXAMPLES = "examples.jsonl.gz"
_TELL_EVERY_S = 10.0


def prepare(recipe_file: Path, work: Path, data: Path, cache: Path) -> None:
    """Mine the examples of a recipe into the work folder."""
    recipe = read_recipe(recipe_file)
    work.mkdir(parents=True, exist_ok=True)
    settings = ArchiveSettings(index=work / "index", cache=cache)
    material = material_of(recipe, data, recipe_file.parent)
    _tell(f"{len(material.articles)} articles, {len(material.asked)} questions")
    count = write_examples(work / _EXAMPLES, mine(material, settings, _tell))
    _tell(f"{count} examples in {work / _EXAMPLES}")


def train(
    recipe_file: Path, work: Path, out: Path, *, begin: Path | None, device: str | None, cache: Path
) -> None:
    """Learn from the examples in the work folder, and write the adapter."""
    recipe = read_recipe(recipe_file)
    if not (work / _EXAMPLES).exists():
        raise TrainingError(f"{work} holds no examples; run: python -m training prepare first")
    if recipe.teaching and begin is None:
        raise TrainingError("teaching needs an adapter that teaches: name one with --from")
    examples = read_examples(work / _EXAMPLES)
    torch.manual_seed(recipe.seed)  # before the differences that begin at random
    model = TrainedReader(Path(resolve(DEFAULT_MODEL, cache)))
    if begin is not None:
        model.load(begin)
    device = device or ("cuda" if has_cuda() else "cpu")
    features = Features(default_tokenizer(cache), negatives=recipe.negatives, seed=recipe.seed)
    _tell(f"{len(examples)} examples, on {device}")
    teacher = Reader(cache, adapter=begin, device=device).logits if recipe.teaching else None
    begun = {name: p.detach().clone() for name, p in model.learnt().items()}
    averaged = learn(
        model.to(device),
        examples,
        features,
        recipe,
        device=device,
        teacher=teacher,
        checkpoint=work / f"{out.stem}.checkpoint.pt",
        on_progress=_Teller(),
    )
    kept = {n: begun[n].lerp(averaged[n].cpu(), recipe.blend) for n in begun}
    about = {"recipe": json.dumps(msgspec.to_builtins(recipe)), "begin": str(begin and begin.name)}
    save_adapter(out, kept, about)
    _tell(f"wrote {out}")


class _Teller:
    """Tells how far it is, now and then."""

    def __init__(self) -> None:
        self._told = 0.0

    def __call__(self, progress: Progress) -> None:
        if time.monotonic() - self._told > _TELL_EVERY_S:
            self._told = time.monotonic()
            left = progress.seconds * (progress.examples / progress.done - 1) / 60
            _tell(
                f"{progress.done} of {progress.examples} questions, loss {progress.loss:.3f}, "
                f"{left:.0f} minutes left"
            )


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
