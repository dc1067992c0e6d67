"""From an image, or a piece of one, to a detector's input and back.

The image is scaled as a whole, its sides' ratio kept, until it fits the canvas, and lies in the
upper left corner; the rest is the mean colour (0 once normalised). Steps that an exported bundle
repeats with numpy and Pillow. docs/decisions/0019-detectors.md
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tlstudio.imaging.unit import Seen, resized, to_unit

VERSION = "corner-1"
GRAIN = 32  # px; sides of a canvas are multiples of it where they are not the image size itself

Region = tuple[int, int, int, int]
"""x, y, width and height of a piece in pixels of its image."""


@dataclass(frozen=True, slots=True)
class Canvas:
    """A detector's input in pixels, and the normalisation of values in 0..1."""

    height: int
    width: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width, as tensors have them."""
        return self.height, self.width

    def scale(self, width: int, height: int) -> float:
        """Pixels of the canvas for one of an image of this size."""
        return min(self.width / width, self.height / height)

    def fitted(self, width: int, height: int) -> tuple[int, int]:
        """Width and height that an image of this size has on the canvas."""
        scale = self.scale(width, height)
        w, h = round(width * scale), round(height * scale)
        return min(max(1, w), self.width), min(max(1, h), self.height)

    def fit(self, image: Seen) -> NDArray[np.float32]:
        """[h, w, 3] in 0..1 of an image, at the size it has on the canvas."""
        w, h = self.fitted(image.shape[1], image.shape[0])
        if (h, w) != image.shape[:2]:
            image = resized(image, w, h)
        return to_unit(image)

    def place(self, units: Iterable[NDArray[np.float32]]) -> Tensor:
        """[B, 3, height, width] normalised, channels last in memory, of fitted images."""
        mean, std = np.array(self.mean, np.float32), np.array(self.std, np.float32)
        given = list(units)
        made = np.zeros((len(given), self.height, self.width, 3), np.float32)
        for row, unit in zip(made, given, strict=True):
            row[: unit.shape[0], : unit.shape[1]] = (unit - mean) / std
        return torch.from_numpy(made).permute(0, 3, 1, 2)

    def to_image(self, boxes: NDArray[np.floating[Any]], region: Region) -> NDArray[np.float64]:
        """Boxes [N, 4] x0, y0, x1, y1 on the canvas as x, y, width, height in the image that
        `region` is a piece of, cut off at the borders of the piece."""
        x, y, width, height = region
        w, h = self.fitted(width, height)
        gain = np.array([width / w, height / h] * 2)
        limit = np.array([width, height] * 2, np.float64)
        moved: NDArray[np.float64] = (boxes.astype(np.float64) * gain).clip(0, limit)
        moved += [x, y, x, y]
        moved[:, 2:] -= moved[:, :2]
        return moved

    def to_canvas(self, boxes: NDArray[np.floating[Any]], region: Region) -> NDArray[np.float64]:
        """Boxes [N, 4] x, y, width, height of the image as x0, y0, x1, y1 on the canvas of its
        piece `region`; what lies outside of the piece lies outside of the canvas."""
        x, y, width, height = region
        w, h = self.fitted(width, height)
        corners = boxes.astype(np.float64)
        corners[:, 2:] += corners[:, :2]
        gain = np.array([w / width, h / height] * 2)
        moved: NDArray[np.float64] = (corners - np.array([x, y, x, y])) * gain
        return moved

    def to_json(self) -> dict[str, int]:
        return {"height": self.height, "width": self.width}


def choose_canvas(
    sizes: Iterable[tuple[int, int]],
    side: int,
    mean: tuple[float, float, float],
    std: tuple[float, float, float],
    *,
    square: bool,
) -> Canvas:
    """The smallest canvas whose longer side is `side` and on which images of all `sizes` (width,
    height) have that side: no pixels are computed that no image needs. `square` for detectors
    whose default boxes are shares of the input."""
    ratios = [(w / max(w, h), h / max(w, h)) for w, h in sizes if w > 0 and h > 0]
    if square or not ratios:
        return Canvas(side, side, mean, std)
    width, height = (_whole(max(r[axis] for r in ratios) * side, side) for axis in (0, 1))
    return Canvas(height, width, mean, std)


def _whole(length: float, side: int) -> int:
    return min(side, GRAIN * math.ceil(round(length, 6) / GRAIN))
