"""What is made small: cross-entropy, focal, and soft Dice over the labels; void counts nowhere."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from tlstudio.imaging.semantic import VOID

FOCUS = 2.0
"""Gamma of the focal loss (Lin et al. 2017, Focal loss for dense object detection)."""
SMOOTH = 1.0  # pixels added to both sides of Dice, so that a label that is nowhere costs little

Loss = Callable[[Tensor, Tensor], Tensor]


def make_loss(name: str, weights: Tensor) -> Loss:
    """`name` is ce, focal, dice_ce or dice_focal; `weights` [C] those of the classes in the part
    that looks at pixels. The loss takes logits [B, C, H, W] and classes [B, H, W]."""
    pixelwise: Loss
    if name.endswith("focal"):

        def pixelwise(logits: Tensor, classes: Tensor) -> Tensor:
            return focal(logits, classes, weights)

    else:

        def pixelwise(logits: Tensor, classes: Tensor) -> Tensor:
            return cross_entropy(logits, classes, weights)

    if not name.startswith("dice"):
        return pixelwise
    return lambda logits, classes: pixelwise(logits, classes) + soft_dice(logits, classes)


def cross_entropy(logits: Tensor, classes: Tensor, weights: Tensor) -> Tensor:
    """Mean over the pixels that are not void; 0 where all are."""
    total = F.cross_entropy(logits, classes, weights, ignore_index=VOID, reduction="sum")
    return total / _weight(classes, weights)


def focal(logits: Tensor, classes: Tensor, weights: Tensor) -> Tensor:
    """Cross-entropy times (1 - probability of the true class)^FOCUS."""
    plain = F.cross_entropy(logits, classes, ignore_index=VOID, reduction="none")
    known = classes != VOID
    scale = weights[torch.where(known, classes, 0)] * known
    return (scale * (1 - torch.exp(-plain)) ** FOCUS * plain).sum() / _weight(classes, weights)


def soft_dice(logits: Tensor, classes: Tensor) -> Tensor:
    """1 - Dice of probabilities, over all images of the batch together, mean over the labels
    that are in the batch (Milletari et al. 2016, V-Net, without squares; Isensee et al. 2021)."""
    known = (classes != VOID).unsqueeze(1)
    shown = F.one_hot(torch.where(known[:, 0], classes, 0), logits.shape[1])
    truth = shown.permute(0, 3, 1, 2).to(logits.dtype) * known
    likely = logits.softmax(dim=1) * known
    hits, both = (likely * truth).sum((0, 2, 3)), (likely + truth).sum((0, 2, 3))
    dice = (2 * hits + SMOOTH) / (both + SMOOTH)
    there = truth.sum((0, 2, 3)) > 0
    chosen = there[1:] if bool(there[1:].any()) else torch.ones_like(there[1:])
    return 1 - (dice[1:] * chosen).sum() / chosen.sum()


def _weight(classes: Tensor, weights: Tensor) -> Tensor:
    known = classes != VOID
    return (weights[torch.where(known, classes, 0)] * known).sum().clamp_min(1e-6)
