"""Fine-tuning: what the shared loop needs to teach a classifier."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from tlstudio.domain.recipe import Recipe
from tlstudio.ml.classification.augment import Augmenter
from tlstudio.ml.classification.gallery import Gallery
from tlstudio.ml.classification.scoring import better
from tlstudio.ml.loop import Learning, Values
from tlstudio.ml.optim import stages_of
from tlstudio.ml.randomness import derive
from tlstudio.ml.runs.course import Course, order_of
from tlstudio.ml.runs.plan import Plan
from tlstudio.ml.runs.tuning import Tuning, batch_norms
from tlstudio.ml.site_shift import SiteShift
from tlstudio.ml.zoo import Classifier


@dataclass(frozen=True, slots=True)
class Batch:
    """Normalised pixels [B, 3, S, S] and targets [B], on the device."""

    pixels: Tensor
    targets: Tensor


def make_learning(
    model: Classifier,
    gallery: Gallery,
    targets: NDArray[np.int64],
    course: Course,
    plan: Plan,
    recipe: Recipe,
    *,
    weights: NDArray[np.float64],
    freeze_batch_norm: bool,
    device: torch.device,
    evaluate: Callable[[], Values],
    spent: Callable[[], float] = lambda: 0.0,
) -> Learning[Batch]:
    """The loop's `Learning` for a classifier; `model` is on its device already. `spent` is the
    share of the time limit that is used up."""
    blocks = [modules for _, modules in model.blocks()]
    tuning = Tuning(
        model,
        stages_of(blocks, model),
        blocks,
        plan,
        norms=batch_norms(model) if freeze_batch_norm else [],
        device=device,
        steps=course.steps,
        epochs=course.epochs,
        spent=spent,
    )
    answers = torch.from_numpy(targets).to(device)
    weight = torch.from_numpy(weights).float().to(device)
    augmenter = Augmenter(recipe.augmentation, recipe.seed, mirrored=recipe.mirrored)
    shift = SiteShift(recipe)

    def batches(epoch: int) -> Iterator[Batch]:
        torch.manual_seed(derive(recipe.seed, "epoch", epoch))
        order = list(order_of(course, recipe.seed, epoch))
        keys = iter([key for _, key in order])
        for places, pixels in gallery.stream(chosen for chosen, _ in order):
            shown = next(keys)
            pixels = shift.batch(pixels, shown, epoch).to(device, non_blocking=True)
            varied = augmenter.apply(pixels, shown, epoch)
            yield Batch(gallery.transform.normalise(varied), answers[torch.from_numpy(places)])

    def losses(wrapped: nn.Module, batch: Batch) -> dict[str, Tensor]:
        logits = wrapped(batch.pixels)
        loss = F.cross_entropy(
            logits, batch.targets, weight, label_smoothing=recipe.label_smoothing
        )
        right = (logits.detach().argmax(dim=1) == batch.targets).float().mean()
        return {"loss": loss, "accuracy": right}

    return Learning(
        model=model,
        optimizer=tuning.optimizer,
        batches=batches,
        losses=losses,
        rate=tuning.rate,
        train_mode=tuning.begin,
        evaluate=evaluate,
        better=better,
        after_backward=tuning.after_backward,
    )
