"""A recipe in the library's own words: its table of settings for one run."""

from __future__ import annotations

import math
import multiprocessing
import os
from pathlib import Path
from typing import Any

from tlstudio.domain.recipe import Recipe
from tlstudio.ml.devices import Device
from tlstudio.ml.ultralytics.suppression import FLOOR, MOST, OVERLAP

WITHOUT_MOSAIC = 10
"""Last epochs that see whole images, as the library does; at most half of a run."""
DESCENT_FROM = 10_000
"""Steps from which the library takes stochastic gradient descent in place of AdamW."""
COUPLED = 20
"""Its weight decay is part of the gradient: so many times weaker than the recipe's for AdamW, the
recipe's own default is the library's."""

# "medium" is the library's own; mosaic puts parts of four images together.
AUGMENTATION: dict[str, dict[str, float]] = {
    "none": {"hsv_h": 0.0, "hsv_s": 0.0, "hsv_v": 0.0, "translate": 0.0, "scale": 0.0,
             "fliplr": 0.0, "flipud": 0.0, "mosaic": 0.0},
    "light": {"hsv_h": 0.01, "hsv_s": 0.3, "hsv_v": 0.2, "translate": 0.05, "scale": 0.2,
              "fliplr": 0.5, "flipud": 0.0, "mosaic": 0.0},
    "medium": {"hsv_h": 0.015, "hsv_s": 0.7, "hsv_v": 0.4, "translate": 0.1, "scale": 0.5,
               "fliplr": 0.5, "flipud": 0.0, "mosaic": 1.0},
    "strong": {"hsv_h": 0.015, "hsv_s": 0.7, "hsv_v": 0.4, "translate": 0.2, "scale": 0.7,
               "fliplr": 0.5, "flipud": 0.5, "mosaic": 1.0, "degrees": 10.0, "mixup": 0.1},
}  # fmt: skip
UNMIRRORED = {"fliplr": 0.0, "flipud": 0.0}

GATHERED = 64
STEPS = 500
"""Of a run on a small set (Kolesnikov et al. 2020, Big Transfer: 500 below 20 000 images)."""

WORKERS = 8
"""Processes that make pictures for a graphics card, at most."""


def gathered_of(images: int, batch: int, epochs: int) -> int:
    """Images whose gradients make a step: the library's 64, and fewer, down to a batch, where a
    run would have fewer than `STEPS` steps by that."""
    return max(batch, min(GATHERED, images * epochs // STEPS))


def rounds_of(images: int, batch: int, epochs: int, min_steps: int) -> int:
    """How often an epoch shows each image, so that the run has `min_steps` steps."""
    return max(1, math.ceil(min_steps / (epochs * math.ceil(images / batch))))


def whole_now(epoch: int, epochs: int, before: bool) -> bool:
    """Whether an epoch, counted from 0, of `epochs` sees whole images and no mosaics.

    `epochs` may change under a time limit. Where the epoch `before` saw whole images, mosaics
    come back only if clearly more are left than shall do without: an epoch more or less in the
    plan changes nothing.
    """
    last = min(WITHOUT_MOSAIC, epochs // 2)
    return epochs - epoch <= last + (last // 2 if before else 0)


def overrides(
    recipe: Recipe, model: str, device: Device, scratch: Path, *, epochs: int, side: int,
    batch: int, gathered: int, augmentation: str,
) -> dict[str, Any]:  # fmt: skip
    """The library's settings; what is not named is its own default.

    A learning rate of the recipe means AdamW with that rate; without one the library chooses.
    """
    rate: dict[str, Any] = {"optimizer": "auto"}
    if recipe.learning_rate:
        rate = {"optimizer": "AdamW", "lr0": recipe.learning_rate, "momentum": 0.9,
                "warmup_bias_lr": 0.0}  # fmt: skip
    return {
        "task": "detect",
        "mode": "train",
        "model": f"{model}.yaml",
        "pretrained": False,
        "device": {"cuda": "0"}.get(device.kind, device.kind),
        "save_dir": str(scratch),
        "exist_ok": True,
        "epochs": epochs,
        "imgsz": side,
        "batch": batch,
        "nbs": gathered,
        "workers": _workers(device),
        "seed": recipe.seed,
        "patience": 0,  # ours
        "close_mosaic": 0,  # ours (whole_now): the library does it once and for good
        "weight_decay": recipe.weight_decay,
        "amp": "bf16" if _mixed(recipe, device) else False,  # True would fetch a model to try it
        "conf": FLOOR,
        "iou": OVERLAP,
        "max_det": MOST,
        "plots": False,
        "save": False,
        "verbose": False,
        "val": True,
        **rate,
        **AUGMENTATION[augmentation],
        **({} if recipe.mirrored else UNMIRRORED),
    }


def _workers(device: Device) -> int:
    """Processes that make pictures: on a processor the library wants none. Elsewhere they share
    the pictures in memory, which only forked ones can."""
    forked = multiprocessing.get_all_start_methods()[0] == "fork" and os.name == "posix"
    return min(WORKERS, os.cpu_count() or 1) if device.kind == "cuda" and forked else 0


def _mixed(recipe: Recipe, device: Device) -> bool:
    """Cards that compute in bfloat16 gain from it; no other device is known to."""
    if recipe.mixed_precision == "off" or device.kind != "cuda":
        return False
    import torch

    return bool(torch.cuda.is_bf16_supported(including_emulation=False))
