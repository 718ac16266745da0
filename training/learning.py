"""The loop: batches through the model, until a recipe is done."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from service.reader import Forward, Logits
from service.windows import PAD
from training.examples import Example
from training.features import Features, Read, batches
from training.loss import loss_of
from training.model import TrainedReader
from training.recipe import Recipe

# So many questions are sorted by length at a time: enough for batches without padding.
_CHUNK = 512


@dataclass
class Progress:
    """How far it is: of ``examples`` questions so many are ``done``; ``loss`` is a running mean."""

    done: int = 0
    examples: int = 0
    loss: float = 0.0
    seconds: float = 0.0


def learn(
    model: TrainedReader,
    examples: Sequence[Example],
    features: Features,
    recipe: Recipe,
    *,
    device: str,
    teacher: Forward | None = None,
    checkpoint: Path | None = None,
    save_every_s: float = 300.0,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> dict[str, Tensor]:
    """Train, and return the averaged weights by their names in an adapter.

    The ``teacher`` gives the recipe's share of the targets. With a ``checkpoint`` it goes on
    where a run before ended, and writes there now and then.
    """
    model.freeze(recipe.first_layer)
    state = _State.begin(model, recipe)
    progress = state.progress
    if checkpoint is not None and checkpoint.exists():
        state.restore(checkpoint)
    skipped, started = progress.done, time.monotonic() - progress.seconds
    saved, seen = time.monotonic(), 0
    model.train()
    for batch in _stream(examples, features, recipe):
        seen += len(batch)
        if seen <= skipped:
            continue
        for group in state.optimizer.param_groups:
            group["lr"] = recipe.learning_rate * _schedule(seen / recipe.examples, recipe.warmup)
        loss = _step(model, batch, recipe, state.optimizer, device, teacher)
        # The average is that of few steps at first.
        state.average(min(recipe.average, seen / (seen + 10 * len(batch))))
        progress.loss = 0.98 * progress.loss + 0.02 * loss if progress.done else loss
        progress.done, progress.seconds = seen, time.monotonic() - started
        if checkpoint is not None and time.monotonic() - saved >= save_every_s:
            state.save(checkpoint)
            saved = time.monotonic()
        on_progress(progress)
    return state.averaged


def _step(
    model: TrainedReader,
    batch: Sequence[Sequence[Read]],
    recipe: Recipe,
    optimizer: torch.optim.Optimizer,
    device: str,
    teacher: Forward | None,
) -> float:
    reads = [read for group in batch for read in group]
    rows = [read.ids for read in reads]
    width = max(map(len, rows))
    ids = torch.tensor([[*row, *[PAD] * (width - len(row))] for row in rows], device=device)
    fast = torch.autocast("cuda", torch.bfloat16) if device == "cuda" else nullcontext()
    with fast:
        logits = model(ids, (ids != PAD).long())
    taught = _taught(reads, teacher) if teacher and recipe.teaching else []
    loss = loss_of(logits.float(), batch, recipe.ranking, recipe.teaching, taught)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(model.learnt().values(), 1.0)
    optimizer.step()
    return float(loss.detach())


def _taught(reads: Sequence[Read], teacher: Forward) -> list[Logits | None]:
    """What the teacher says to each window that it is asked about."""
    asked = [row for row, read in enumerate(reads) if read.taught]
    said = teacher([reads[row].taught for row in asked]) if asked else []
    found: list[Logits | None] = [None] * len(reads)
    for row, each in zip(asked, said, strict=True):
        found[row] = each
    return found


def _stream(
    examples: Sequence[Example], features: Features, recipe: Recipe
) -> Iterator[list[Sequence[Read]]]:
    """Batches of questions until the recipe has its number of them, the same for a seed."""
    chance = random.Random(recipe.seed)  # noqa: S311
    seen = 0
    while True:
        epoch = _epoch(examples, recipe, chance)
        for at in range(0, len(epoch), _CHUNK):
            groups = [group for e in epoch[at : at + _CHUNK] if (group := features.of(e))]
            for batch in batches(groups, recipe.tokens, chance):
                yield batch
                seen += len(batch)
                if seen >= recipe.examples:
                    return


def _epoch(examples: Sequence[Example], recipe: Recipe, chance: random.Random) -> list[Example]:
    """Every example as often as its source is to be had, in an order by chance."""
    times = {chosen.file: chosen.times for chosen in recipe.questions}
    epoch = []
    for example in examples:
        whole, part = divmod(times.get(example.source, 1.0), 1.0)
        epoch += [example] * (int(whole) + (chance.random() < part))
    chance.shuffle(epoch)
    return epoch


def _schedule(done: float, warmup: float) -> float:
    """The share of the learning rate: up in a line, then down in one to nothing."""
    return min(done / warmup, 1.0) * max(0.0, (1 - done) / (1 - warmup)) if warmup else 1 - done


@dataclass
class _State:
    """All that changes while learning, and has to be there again to go on."""

    learnt: dict[str, nn.Parameter]
    averaged: dict[str, Tensor]
    optimizer: torch.optim.Optimizer
    progress: Progress

    @classmethod
    def begin(cls, model: TrainedReader, recipe: Recipe) -> _State:
        learnt = model.learnt()
        optimizer = torch.optim.AdamW(
            [parameter for parameter in learnt.values() if parameter.requires_grad],
            lr=recipe.learning_rate,
            weight_decay=0.01,
            betas=(0.9, 0.98),
        )
        averaged = {name: parameter.detach().clone() for name, parameter in learnt.items()}
        return cls(learnt, averaged, optimizer, Progress(examples=recipe.examples))

    @torch.no_grad()
    def average(self, share: float) -> None:
        """Move the averaged weights on; ``share`` is that of the past."""
        for name, parameter in self.learnt.items():
            if parameter.requires_grad:
                self.averaged[name].lerp_(parameter, 1 - share)

    def save(self, path: Path) -> None:
        draft = path.with_suffix(".draft")
        state = {
            "learnt": {name: parameter.detach() for name, parameter in self.learnt.items()},
            "averaged": self.averaged,
            "optimizer": self.optimizer.state_dict(),
            "progress": vars(self.progress),
        }
        torch.save(state, draft)
        draft.replace(path)

    @torch.no_grad()
    def restore(self, path: Path) -> None:
        state = torch.load(path, weights_only=True)
        for name, parameter in self.learnt.items():
            parameter.copy_(state["learnt"][name])
            self.averaged[name].copy_(state["averaged"][name])
        self.optimizer.load_state_dict(state["optimizer"])
        vars(self.progress).update(state["progress"])
