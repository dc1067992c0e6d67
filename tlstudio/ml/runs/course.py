"""How a run's images are shown: steps, batches, and an order of each epoch that its seed fixes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tlstudio.ml.randomness import permutation
from tlstudio.ml.runs.store import Places


@dataclass(frozen=True, slots=True)
class Course:
    """`steps` of `batch` images an epoch, `train` their places."""

    train: Places
    batch: int
    steps: int
    epochs: int


def order_of(course: Course, seed: int, epoch: int) -> Iterator[tuple[Places, Places]]:
    """The places of each batch of an epoch, and a key for each picture shown.

    The images go round in fresh orders until the steps are full, so every batch is whole and
    every image is shown at least once; the key counts each showing of each image apart.
    """
    count = len(course.train)
    needed = course.steps * course.batch
    rounds = -(-needed // count)
    order = [permutation(count, seed, "order", epoch, number) for number in range(rounds)]
    shown = np.concatenate(order)[:needed]
    keys = shown + np.arange(needed) // count * count
    for at in range(0, needed, course.batch):
        stretch = slice(at, at + course.batch)
        yield course.train[shown[stretch]], keys[stretch]


def steps_per_epoch(images: int, batch: int, epochs: int, min_steps: int) -> int:
    """Enough steps to show each image once, and for `min_steps` over all epochs."""
    return max(math.ceil(images / batch), math.ceil(min_steps / epochs))


def auto_batch(images: int) -> int:
    """Images per step: 16, and 32 from a thousand images on; never more than there are."""
    return max(1, min(16 if images < 1000 else 32, images))
