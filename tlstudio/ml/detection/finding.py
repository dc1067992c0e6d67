"""A detector looking at pieces of images: what it finds, in pixels of the image."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tlstudio.metrics.detection import Found
from tlstudio.ml.detection.canvas import Canvas, Region
from tlstudio.ml.zoo import Detector

BATCH = 4


def find(
    model: Detector,
    canvas: Canvas,
    units: Sequence[NDArray[np.float32]],
    regions: Sequence[Region],
    device: torch.device,
) -> list[Found]:
    """What `model`, in eval mode, finds in each piece [h, w, 3] in 0..1, fitted to the canvas:
    boxes x, y, width, height in pixels of the image that `regions` are pieces of."""
    pixels = canvas.place(units).to(device)
    with torch.inference_mode():
        answers = model(pixels)
    return [_found(a, canvas, region) for a, region in zip(answers, regions, strict=True)]


def _found(answer: dict[str, Tensor], canvas: Canvas, region: Region) -> Found:
    boxes, labels, scores = (answer[name].float().cpu().numpy() for name in
                             ("boxes", "labels", "scores"))  # fmt: skip
    moved = canvas.to_image(boxes, region)
    solid = (moved[:, 2:] > 0).all(axis=1) & np.isfinite(moved).all(axis=1)
    return Found.of(moved[solid], labels[solid].astype(np.intp), scores[solid])


def in_batches(count: int, batch: int = BATCH) -> Iterator[range]:
    for at in range(0, count, batch):
        yield range(at, min(at + batch, count))


def by_picture(places: Iterable[int]) -> list[list[int]]:
    """Runs of equal numbers in `places`, as lists of positions: pieces of one picture."""
    runs: list[list[int]] = []
    last: int | None = None
    for at, number in enumerate(places):
        if number != last:
            runs.append([])
        runs[-1].append(at)
        last = number
    return runs
