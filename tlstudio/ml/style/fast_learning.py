"""What the shared loop needs to teach a stylizer, and how the loop's figures are measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from tlstudio.domain.events import Progressed
from tlstudio.ml.loop import Learning, Values
from tlstudio.ml.randomness import derive, uniforms
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.runs.course import Course, order_of
from tlstudio.ml.runs.packing import Packed
from tlstudio.ml.runs.snapshot import Picture
from tlstudio.ml.runs.store import Places, Store
from tlstudio.ml.style.fast_data import cutter, middle, stacked
from tlstudio.ml.style.fast_plan import Pace
from tlstudio.ml.style.fast_teacher import SHIFT, Teacher

MEASURED = 16
"""Images that the losses are measured on after an epoch, at most."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Squares [B, 3, S, S] in 0..1 on the device, and by how much the teacher's look is moved."""

    pixels: Tensor
    shift: tuple[int, int]


def make_learning(
    model: nn.Module,
    store: Store[Picture, Packed],
    course: Course,
    pace: Pace,
    teacher: Teacher,
    *,
    size: int,
    seed: int,
    device: torch.device,
    evaluate: Callable[[], Values],
) -> Learning[Batch]:
    """The loop's `Learning` for a stylizer; `model` is on its device already."""
    places = np.arange(course.steps)

    def batches(epoch: int) -> Iterator[Batch]:
        shifts = uniforms(derive(seed, "shift", epoch), places, 2) * SHIFT
        squares = store.stream(order_of(course, seed, epoch), cutter(size, seed, epoch))
        for made, (down, right) in zip(squares, shifts.astype(int).tolist(), strict=True):
            yield Batch(stacked(made, device), (down, right))

    def losses(wrapped: nn.Module, batch: Batch) -> dict[str, Tensor]:
        found = teacher.losses(batch.pixels, wrapped(batch.pixels), batch.shift)
        return {"loss": found["loss"]}

    def train_mode(_epoch: int) -> None:
        model.train()

    return Learning(
        model=model,
        optimizer=pace.optimizer,
        batches=batches,
        losses=losses,
        rate=pace.rate,
        train_mode=train_mode,
        evaluate=evaluate,
        better=better,
    )


def better(new: Values, best: Values) -> bool:
    """Less loss: on the validation images, on the training images where there are none."""
    name = "val_loss" if "val_loss" in new else "train_loss"
    return new[name] < best[name]


def chosen(places: Places, most: int) -> Places:
    """At most `most` of `places`, evenly over their order: the same in every epoch."""
    count = min(most, len(places))
    return places[np.arange(count) * len(places) // max(1, count)]


def measure(
    model: nn.Module,
    store: Store[Picture, Packed],
    places: Sequence[int],
    teacher: Teacher,
    *,
    size: int,
    device: torch.device,
    reporter: Reporter,
) -> Values:
    """Mean losses over the middles of the pictures at `places`, "loss" among them; the model is
    left in eval mode."""
    model.eval()
    totals: Values = {}
    for done, place in enumerate(places, 1):
        reporter.check()
        pixels = stacked([middle(store.get(place), size)], device)
        with torch.inference_mode():
            found = teacher.losses(pixels, model(pixels))
        for name, value in found.items():
            totals[name] = totals.get(name, 0.0) + float(value) / len(places)
        reporter.emit(Progressed("training.stage.validating", done, len(places)))
    return totals
