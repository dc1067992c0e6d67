"""What a stylizer's run does where its recipe says automatic, and the course of its rates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from tlstudio.domain.advice import STYLE_BATCH, STYLE_EPOCHS
from tlstudio.domain.advice import STYLE_SQUARES as SHOWN
from tlstudio.domain.models import ModelSpec
from tlstudio.domain.recipe import Recipe
from tlstudio.ml.optim import set_rates, warm_cosine

RATE = 3e-3
BETAS = (0.9, 0.99)
"""Of Adam: there are too few steps for an average over a thousand of them."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`steps` of `batch` squares of `size` pixels an epoch; `rate` is Adam's highest."""

    epochs: int
    steps: int
    batch: int
    size: int
    rate: float

    @classmethod
    def of(cls, recipe: Recipe, spec: ModelSpec) -> Plan:
        """UserError("recipe.size") where the size does not suit."""
        size = recipe.image_size or spec.input_size
        spec.check_size(size)
        batch = recipe.batch_size or STYLE_BATCH
        steps = -(-SHOWN // batch)
        return cls(recipe.epochs or STYLE_EPOCHS, steps, batch, size, recipe.learning_rate or RATE)


class Pace:
    """Adam over all of a model, its rate a warm-up and half a cosine over the run; `spent` gives
    the share of the time limit that is used up. Where time runs ahead of the steps, the rate
    follows it."""

    def __init__(
        self, model: nn.Module, plan: Plan, spent: Callable[[], float] = lambda: 0.0
    ) -> None:
        group = {"params": list(model.parameters()), "lr": plan.rate, "top": plan.rate}
        self.optimizer = torch.optim.Adam([group], betas=BETAS)
        self._steps, self._spent = plan.epochs * plan.steps, spent

    def rate(self, step: int) -> None:
        """The rate of a step counted from the run's start."""
        along = max(float(step), self._spent() * self._steps)
        set_rates(self.optimizer, warm_cosine(along, self._steps))
