"""Batch size and precision that fit the device, tried out where that is the only way to know."""

from __future__ import annotations

import torch
from torch import nn

from tlstudio.domain.recipe import Recipe
from tlstudio.ml.classification.gallery import Gallery, Places
from tlstudio.ml.classification.strategies import auto_batch
from tlstudio.ml.devices import Device, mixed_precision_helps


def choose_batch(
    recipe: Recipe, model: nn.Module, gallery: Gallery, train: Places, device: Device
) -> int:
    """The recipe's batch, or one from the number of images, halved on a graphics card until a
    step fits its memory."""
    if recipe.batch_size:
        return min(recipe.batch_size, len(train))
    batch = auto_batch(len(train))
    while device.kind == "cuda" and batch > 1:
        try:
            _trial(model, gallery, batch, device, mixed=False)
            break
        except torch.cuda.OutOfMemoryError:
            batch //= 2
        finally:
            model.zero_grad(set_to_none=True)
            torch.cuda.empty_cache()
    return batch


def choose_precision(
    recipe: Recipe, model: nn.Module, gallery: Gallery, batch: int, device: Device
) -> str:
    """Fabric's name of the precision. Mixed only on a graphics card, and only where a short
    check shows that it is faster: on processors it can be many times slower, and a choice by
    the clock would make runs there differ."""
    if recipe.mixed_precision == "off" or device.kind != "cuda":
        return "32-true"

    def step(mixed: bool) -> None:
        _trial(model, gallery, batch, device, mixed=mixed)
        torch.cuda.synchronize()

    helps = torch.cuda.is_bf16_supported() and mixed_precision_helps(step)
    model.zero_grad(set_to_none=True)
    return "bf16-mixed" if helps else "32-true"


def _trial(model: nn.Module, gallery: Gallery, batch: int, device: Device, *, mixed: bool) -> None:
    """Forward and backward on grey pictures, in eval mode so that no average changes."""
    model.eval()
    size = gallery.transform.size
    pixels = torch.full((batch, 3, size, size), 0.5, device=device.torch)
    with torch.autocast(device.kind, torch.bfloat16, enabled=mixed):
        loss = model(pixels).float().square().mean()
    loss.backward()
