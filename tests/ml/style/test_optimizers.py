"""Both optimisers go down, stay between black and white, and say when they cannot."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from tlstudio.domain.errors import UserError
from tlstudio.ml.style.optimizers import HISTORY_BYTES, LBFGS, Adam, Optimizer


class Bowl:
    """Sum of c * (x - goal)^2, steeper in some directions; counts evaluations."""

    def __init__(self, goal: Tensor) -> None:
        self.goal, self.count = goal, 0
        self.steep = torch.logspace(0, 2, goal.numel()).view(goal.shape)

    def __call__(self, x: Tensor) -> tuple[float, Tensor]:
        self.count += 1
        gap = x - self.goal
        return float((self.steep * gap.square()).sum()), 2 * self.steep * gap


def made(kind: str) -> Optimizer:
    start = torch.full((1, 3, 4, 4), 0.5)
    return LBFGS(start) if kind == "lbfgs" else Adam(start, 0.05, 200)


@pytest.mark.parametrize(("kind", "steps"), [("lbfgs", 40), ("adam", 200)])
def test_it_finds_the_least_within_the_range(kind: str, steps: int) -> None:
    goal = torch.rand(1, 3, 4, 4, generator=torch.Generator().manual_seed(0)) * 1.6 - 0.3
    optimizer, bowl = made(kind), Bowl(goal)
    for _ in range(steps):
        optimizer.step(bowl)
        assert float(optimizer.picture.min()) >= 0 and float(optimizer.picture.max()) <= 1
    torch.testing.assert_close(optimizer.picture, goal.clamp(0, 1), rtol=0, atol=0.02)
    assert (goal < 0).any() and (goal > 1).any(), "limits were in the way"


def test_lbfgs_never_goes_up_and_ends_at_the_least() -> None:
    optimizer, bowl = LBFGS(torch.full((1, 3, 4, 4), 0.5)), Bowl(torch.full((1, 3, 4, 4), 0.25))
    losses = []
    while optimizer.step(bowl) and len(losses) < 300:
        losses.append(bowl(optimizer.picture)[0])
    assert losses == sorted(losses, reverse=True)
    assert len(losses) < 300, "it says that there is nothing better"


def test_a_step_into_nonsense_is_taken_back() -> None:
    bowl = Bowl(torch.full((1, 3, 4, 4), 0.25))

    def cliff(x: Tensor) -> tuple[float, Tensor]:
        loss, slope = bowl(x)
        return (math.nan if float(x.min()) < 0.4 else loss), slope

    optimizer = LBFGS(torch.full((1, 3, 4, 4), 0.5))
    for _ in range(10):
        optimizer.step(cliff)
    assert float(optimizer.picture.min()) >= 0.4
    assert cliff(optimizer.picture)[0] < cliff(torch.full((1, 3, 4, 4), 0.5))[0]


@pytest.mark.parametrize("kind", ["lbfgs", "adam"])
def test_losses_that_are_no_numbers_are_told(kind: str) -> None:
    with pytest.raises(UserError) as refused:
        made(kind).step(lambda x: (math.nan, torch.zeros_like(x)))
    assert refused.value.code == "styling.diverged"


def test_a_large_picture_remembers_fewer_steps() -> None:
    large = torch.zeros(1, 1, 1, 1).expand(1, 3, 2048, 2048)
    kept = LBFGS(large)._history
    assert 3 <= kept < LBFGS(torch.zeros(1, 3, 384, 512))._history == 20
    assert kept * 2 * 4 * large.numel() <= HISTORY_BYTES


def test_a_smaller_rate_takes_smaller_steps() -> None:
    bowl = Bowl(torch.zeros(1, 3, 4, 4))
    moved = []
    for rate in (0.001, 0.1):
        optimizer = Adam(torch.full((1, 3, 4, 4), 0.5), rate, 10)
        optimizer.step(bowl)
        moved.append(0.5 - float(optimizer.picture.mean()))
    assert 0 < moved[0] < moved[1] / 10
