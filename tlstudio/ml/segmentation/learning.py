"""What the shared loop needs to teach a segmenter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from tlstudio.domain.recipe import Recipe
from tlstudio.imaging.semantic import Map
from tlstudio.ml.loop import Learning, Values
from tlstudio.ml.randomness import derive
from tlstudio.ml.runs.course import Course, order_of
from tlstudio.ml.runs.packing import Packed
from tlstudio.ml.runs.snapshot import Picture
from tlstudio.ml.runs.store import Places, Store
from tlstudio.ml.runs.tuning import Tuning
from tlstudio.ml.segmentation.average import Average
from tlstudio.ml.segmentation.data import Sample
from tlstudio.ml.segmentation.losses import make_loss
from tlstudio.ml.segmentation.patches import Varier, cutter, stacked
from tlstudio.ml.segmentation.scoring import better, fruitless
from tlstudio.ml.segmentation.view import View
from tlstudio.ml.site_shift import SiteShift
from tlstudio.ml.zoo.segmenter import Segmenter


@dataclass(frozen=True, slots=True)
class Batch:
    """Normalised patches [B, 3, S, S] and their classes [B, S, S], on the device."""

    pixels: Tensor
    classes: Tensor


def make_learning(
    model: Segmenter,
    store: Store[Picture, Sample],
    view: View,
    course: Course,
    tuning: Tuning,
    recipe: Recipe,
    *,
    weights: Tensor,
    average: Average,
    device: torch.device,
    evaluate: Callable[[], Values],
) -> Learning[Batch]:
    """The loop's `Learning` for a segmenter; `model` is on its device already."""
    loss_of = make_loss(recipe.loss, weights.to(device))
    varier = Varier(recipe.augmentation, recipe.seed, mirrored=recipe.mirrored)
    shift = SiteShift(recipe)

    def batches(epoch: int) -> Iterator[Batch]:
        torch.manual_seed(derive(recipe.seed, "epoch", epoch))
        order = list(order_of(course, recipe.seed, epoch))
        keys: Iterator[Places] = iter([key for _, key in order])
        cut = cutter(view.size, recipe.seed, epoch)

        def elsewhere(sample: Sample, place: int, key: int) -> tuple[Packed, Map]:
            patch, classes = cut(sample, place, key)
            return shift.one(patch, key, epoch), classes

        for patches in store.stream(order, elsewhere):
            pixels, classes = stacked(patches, device)
            pixels, classes = varier.apply(pixels, classes, next(keys), epoch)
            pixels = view.normalise(pixels.contiguous(memory_format=torch.channels_last))
            yield Batch(pixels, classes)

    def losses(wrapped: nn.Module, batch: Batch) -> dict[str, Tensor]:
        return {"loss": loss_of(wrapped(batch.pixels).float(), batch.classes)}

    def rate(step: int) -> None:
        if step % course.steps:  # the last step of an epoch is taken in before it is judged
            average.update()
        tuning.rate(step)

    return Learning(
        model=model,
        optimizer=tuning.optimizer,
        batches=batches,
        losses=losses,
        rate=rate,
        train_mode=tuning.begin,
        evaluate=evaluate,
        better=better,
        after_backward=tuning.after_backward,
        settling=tuning.settling,
        fruitless=fruitless,
    )
