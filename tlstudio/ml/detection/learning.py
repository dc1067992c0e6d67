"""Teaching a detector: what the shared loop needs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from tlstudio.domain.recipe import Recipe
from tlstudio.ml.detection.augment import Augmenter, Shown
from tlstudio.ml.detection.canvas import Canvas
from tlstudio.ml.detection.data import Piece
from tlstudio.ml.detection.scoring import better, fruitless
from tlstudio.ml.loop import Learning, Values
from tlstudio.ml.optim import stages_of
from tlstudio.ml.randomness import derive
from tlstudio.ml.runs.course import Course, order_of
from tlstudio.ml.runs.packing import Packed, unpack
from tlstudio.ml.runs.plan import Plan
from tlstudio.ml.runs.store import Store
from tlstudio.ml.runs.tuning import Tuning
from tlstudio.ml.site_shift import SiteShift
from tlstudio.ml.zoo import Detector

FROZEN_STEPS = 100
"""Steps after which new layers have seen enough for the backbone to learn with them."""
STEEPEST = 5.0
"""Longest gradient of a step: a batch of odd boxes would else undo many others."""


def make_learning(
    model: Detector,
    store: Store[Piece, Packed],
    canvas: Canvas,
    course: Course,
    plan: Plan,
    recipe: Recipe,
    *,
    norms: list[nn.Module],
    device: torch.device,
    evaluate: Callable[[], Values],
    spent: Callable[[], float] = lambda: 0.0,
) -> Learning[Shown]:
    """The loop's `Learning` for a detector; `model` is on its device already. `norms` keep their
    averages and do not learn; `spent` is the share of the time limit that is used up."""
    blocks = [modules for _, modules in model.blocks()]
    tuning = Tuning(
        model,
        stages_of(blocks, model),
        blocks,
        plan,
        norms=norms,
        device=device,
        steps=course.steps,
        epochs=course.epochs,
        frozen_epochs=min(
            plan.frozen_epochs(course.epochs), max(1, math.ceil(FROZEN_STEPS / course.steps))
        ),
        spent=spent,
    )
    augmenter = Augmenter(recipe.augmentation, recipe.seed, canvas, mirrored=recipe.mirrored)
    shift = SiteShift(recipe)

    def batches(epoch: int) -> Iterator[Shown]:
        torch.manual_seed(derive(recipe.seed, "epoch", epoch))
        order = list(order_of(course, recipe.seed, epoch))
        shown = store.stream(
            order, lambda packed, _place, key: unpack(shift.one(packed, key, epoch))
        )
        for (places, keys), units in zip(order, shown, strict=True):
            pieces = [store.pictures[int(place)] for place in places]
            made = augmenter.apply(pieces, units, keys, epoch)
            yield Shown(
                made.pixels.to(device, memory_format=torch.channels_last),
                [{k: v.to(device) for k, v in target.items()} for target in made.targets],
            )

    def losses(wrapped: nn.Module, batch: Shown) -> dict[str, Tensor]:
        parts: dict[str, Tensor] = wrapped(batch.pixels, batch.targets)
        return {"loss": torch.stack([part.float() for part in parts.values()]).sum()}

    def after_backward() -> None:
        nn.utils.clip_grad_norm_(model.parameters(), STEEPEST)
        tuning.after_backward()

    return Learning(
        model=model,
        optimizer=tuning.optimizer,
        batches=batches,
        losses=losses,
        rate=tuning.rate,
        train_mode=tuning.begin,
        evaluate=evaluate,
        better=better,
        after_backward=after_backward,
        settling=tuning.settling,
        fruitless=fruitless,
    )
