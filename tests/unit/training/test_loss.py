"""The loss is small where the logits are right, and its two parts weigh as they should."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from training.features import Read
from training.loss import loss_of

_RIGHT = Read(ids=[0, 9, 5, 6, 7, 2], first=2, last=5, start=3, end=4)
_OTHER = Read(ids=[0, 9, 8, 8, 2, 1], first=2, last=4)


def logits(right: float, other: float) -> torch.Tensor:
    """The span of the first window and the null of the second at these heights, all else 0."""
    found = torch.zeros(2, 6, 2)
    found[0, 3, 0] = found[0, 4, 1] = right
    found[1, 0] = other
    return found


def test_right_logits_cost_nothing_and_flat_ones_what_chance_does() -> None:
    group = [_RIGHT, _OTHER]
    assert loss_of(logits(30, 30), [group], 0.5).item() < 1e-6
    # Three tokens and none are allowed in one window, two and none in the other.
    chance = (math.log(4) + math.log(3)) / 2
    assert loss_of(logits(0, 0), [group], 0).item() == pytest.approx(chance)


def test_ranking_weighs_what_answers_against_what_does_not() -> None:
    wrong = logits(1, 0)
    wrong[1, 2] = 4  # the other passage holds that it answers
    plain = loss_of(wrong, [[_RIGHT, _OTHER]], 0).item()
    ranked = loss_of(wrong, [[_RIGHT, _OTHER]], 0.5).item()
    # Relevance is 2 against 8.
    assert ranked - plain == pytest.approx(0.5 * math.log(1 + math.exp(6)))


def test_what_is_nearer_ranks_before_it_is_read() -> None:
    near, far = replace(_RIGHT, cosine=0.84), replace(_OTHER, cosine=0.82)
    flat = logits(0, 0)
    ahead = loss_of(flat, [[near, far]], 1).item() - loss_of(flat, [[near, far]], 0).item()
    assert ahead == pytest.approx(math.log(1 + math.exp(-150 * 0.02)), rel=1e-4)
    # One that was not found is as far as the last of those that were.
    lost = [replace(_RIGHT, cosine=None), far]
    alike = loss_of(flat, [lost], 1).item() - loss_of(flat, [lost], 0).item()
    assert alike == pytest.approx(math.log(2), rel=1e-4)


def test_a_teachers_share_of_the_targets_is_what_it_says_there() -> None:
    # Its question is a token longer: what it says of the passage stands a place further.
    taught = replace(_RIGHT, taught=[0, 9, 9, 5, 6, 7, 2])
    said = np.full((7, 2), -50, np.float32)
    said[4, 0] = said[5, 1] = 50  # the same answer
    given = logits(0, 0)[:1]
    assert loss_of(given, [[taught]], 0, 0.5, [said]).item() == pytest.approx(math.log(4))
    given[0, 3, 0] = given[0, 4, 1] = 30
    assert loss_of(given, [[taught]], 0, 0.5, [said]).item() < 1e-6
    said[0] = 100  # the teacher holds that nothing answers
    assert loss_of(given, [[taught]], 0, 0.5, [said]).item() == pytest.approx(15)
    assert loss_of(given, [[taught]], 0, 0.5, [None]).item() < 1e-6


def test_a_question_without_an_answer_is_not_ranked() -> None:
    given = torch.randn(2, 6, 2)
    groups = [[_OTHER], [_OTHER]]
    assert loss_of(given, groups, 1.0).item() == pytest.approx(loss_of(given, groups, 0).item())


def test_no_answer_is_looked_for_outside_the_passage() -> None:
    given = logits(30, 30)
    given[0, 1] = given[0, 5] = 1000  # the question's and the last token
    assert loss_of(given, [[_RIGHT, _OTHER]], 0.5).item() < 1e-6
