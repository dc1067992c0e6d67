"""What a segmenter says of an image: the regions of its semantic map."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tlstudio.imaging.rle import encode
from tlstudio.imaging.semantic import Map


@dataclass(frozen=True, slots=True, eq=False)
class Painted:
    """`classes` [H, W] holds the most probable class of each pixel, `sure` [C] the mean of its
    probability over the pixels of each class, 0 where there is none."""

    classes: Map
    sure: NDArray[np.float64]


def painted(bands: Iterable[Tensor], size: tuple[int, int]) -> Painted:
    """The answer of an image of `size` (H, W), of probabilities [C, rows, W] from the top down."""
    classes = np.zeros(size, np.uint8)
    top, sums, count = 0, np.zeros(0), np.zeros(0)
    for band in bands:
        most, chosen = band.max(dim=0)
        rows = chosen.to(torch.uint8).numpy()
        classes[top : top + len(rows)] = rows
        top += len(rows)
        flat, kinds = rows.ravel(), len(band)
        sums = _added(sums, np.bincount(flat, weights=most.numpy().ravel(), minlength=kinds))
        count = _added(count, np.bincount(flat, minlength=kinds))
    return Painted(classes, sums / np.maximum(count, 1))


def _added(total: NDArray[np.float64], more: NDArray[Any]) -> NDArray[np.float64]:
    return total + more if total.size else more.astype(np.float64)


def answer_of(found: Painted, labels: Sequence[int]) -> dict[str, Any]:
    """{width, height, regions: [{label, rle, confidence}]}: each label that is found, with the
    mean probability of its pixels; `labels` are ids in the order of the classes from 1."""
    height, width = found.classes.shape
    regions = []
    for number, label in enumerate(labels, 1):
        mask = found.classes == number
        if mask.any():
            sure = round(float(found.sure[number]), 4)
            regions.append({"label": label, "rle": encode(mask), "confidence": sure})
    return {"width": width, "height": height, "regions": regions}
