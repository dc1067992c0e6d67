"""Batch size and precision that fit the device, tried out where that is the only way to know."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from tlstudio.domain.recipe import Recipe
from tlstudio.ml.devices import Device, mixed_precision_helps

Trial = Callable[[int, bool], None]
"""One step, forward and backward, of so many images, with mixed precision or not; it must change
no average of the model."""


def choose_batch(
    recipe: Recipe, model: nn.Module, images: int, auto: int, device: Device, trial: Trial
) -> int:
    """The recipe's batch, else `auto`, halved on a graphics card until a step fits its memory."""
    if recipe.batch_size:
        return min(recipe.batch_size, images)
    batch = auto
    while device.kind == "cuda" and batch > 1:
        try:
            trial(batch, False)
            break
        except torch.cuda.OutOfMemoryError:
            batch //= 2
        finally:
            model.zero_grad(set_to_none=True)
            torch.cuda.empty_cache()
    return batch


def choose_precision(
    recipe: Recipe, model: nn.Module, batch: int, device: Device, trial: Trial
) -> str:
    """Fabric's name of the precision. Mixed only on a graphics card, and only where a short
    check shows that it is faster: on processors it can be many times slower, and a choice by
    the clock would make runs there differ."""
    if recipe.mixed_precision == "off" or device.kind != "cuda":
        return "32-true"

    def step(mixed: bool) -> None:
        trial(batch, mixed)
        torch.cuda.synchronize()

    helps = torch.cuda.is_bf16_supported() and mixed_precision_helps(step)
    model.zero_grad(set_to_none=True)
    return "bf16-mixed" if helps else "32-true"
