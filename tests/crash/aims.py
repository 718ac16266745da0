"""Where to kill: every boundary of the writing order, and any moment between."""

from __future__ import annotations

import random
from typing import Literal

from tests.crash.processes import Aim

When = Literal["before", "during", "after"]
_SOON_S = 0.03  # a step of the store takes about as long
_BATCH_S = 3.0  # about as long as a batch of sixty-four articles


def early(chance: random.Random) -> list[Aim]:
    """Moments that lose a batch."""
    return [
        Aim("life", delay=chance.uniform(0, 1)),
        *(Aim("embed", delay=chance.uniform(0, _BATCH_S)) for _ in range(3)),
        Aim("journal", "before"),
        Aim("journal", "after"),
        Aim("write", "before", chance.randint(1, 2)),
        Aim("write", delay=chance.uniform(0, _SOON_S)),
        Aim("write", "after"),
        Aim("keep", "before"),
        Aim("keep", "after"),
        Aim("commit", "before"),
    ]


def later(chance: random.Random) -> list[Aim]:
    """Moments after which a batch is in, or that fall into its commit."""
    return [
        Aim("commit", delay=chance.uniform(0, _SOON_S)),
        Aim("commit", "after"),
        Aim("drop", "before", chance.randint(1, 9)),
        Aim("drop", delay=chance.uniform(0, _SOON_S), number=chance.randint(1, 9)),
        Aim("drop", "after", chance.randint(1, 9)),
        Aim("end", "before"),
        Aim("end", delay=chance.uniform(0, _SOON_S)),
        Aim("end", "after"),
    ]


def last(chance: random.Random) -> list[Aim]:
    """Moments at the end of a run: removing what is gone, and leaving the index."""
    return [
        Aim("forget", "before"),
        Aim("forget", delay=chance.uniform(0, _SOON_S)),
        Aim("forget", "after"),
        Aim("optimise", "before"),
        Aim("optimise", delay=chance.uniform(0, _SOON_S)),
        Aim("optimise", "after"),
        Aim("close", "before"),
        Aim("close", delay=chance.uniform(0, _SOON_S)),
        Aim("close", "after"),
    ]


def round_of(chance: random.Random, number: int) -> list[Aim]:
    """The aims of one replacement, so chosen that a few rounds have them all."""
    return [
        *chance.sample(early(chance), 9),
        *later(chance)[number % 4 :: 4],
        *last(chance)[number % 3 :: 3],
        Aim("life", delay=chance.uniform(0, _BATCH_S)),
    ]
