"""From an image to a YOLO network's square and back, with numpy alone.

The square is what training, validation, prediction and an exported bundle all look at, so the
same numbers come out everywhere: the image is scaled by its longer side, put in the middle, and the
rest is grey. docs/decisions/0020-yolo.md
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

VERSION = "letterbox-1"
GREY = 114
"""The grey around the image that the published weights were trained with."""

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Placed:
    """Where an image of `width` x `height` lies in the square: pixels of the square are pixels of
    the image times `gain_x`, `gain_y`, moved by `left`, `top`."""

    width: int
    height: int
    gain_x: float
    gain_y: float
    left: int
    top: int

    def to_image(self, boxes: NDArray[np.floating]) -> NDArray[np.float64]:
        """Boxes [N, 4] x0, y0, x1, y1 of the square as x, y, width, height of the image, cut off
        at its borders."""
        gain = np.array([self.gain_x, self.gain_y] * 2)
        moved: NDArray[np.float64] = (
            boxes.astype(np.float64) - np.array([self.left, self.top] * 2)
        ) / gain
        limit = np.array([self.width, self.height] * 2, np.float64)
        moved = moved.clip(0, limit)
        moved[:, 2:] -= moved[:, :2]
        return moved


def fitted(width: int, height: int, side: int) -> tuple[int, int]:
    """Width and height of an image whose longer side is made `side`; no side becomes 0."""
    ratio = side / max(width, height)
    return min(math.ceil(width * ratio), side), min(math.ceil(height * ratio), side)


def resized(image: Pixels, width: int, height: int) -> Pixels:
    """`image` [H, W, 3] at another size: between the four nearest pixels (bilinear, pixel centres,
    no averaging where it becomes smaller), as OpenCV's INTER_LINEAR, which the published weights
    were trained with, up to the last bit."""
    if image.shape[:2] == (height, width):
        return image
    y0, y1, fy = _between(image.shape[0], height)
    x0, x1, fx = _between(image.shape[1], width)
    fx, fy = fx[None, :, None], fy[:, None, None]
    upper, lower = image[y0], image[y1]
    a, b = upper[:, x0].astype(np.float32), upper[:, x1]
    c, d = lower[:, x0].astype(np.float32), lower[:, x1]
    above, below = a + (b - a) * fx, c + (d - c) * fx
    made: Pixels = np.floor(above + (below - above) * fy + np.float32(0.5)).astype(np.uint8)
    return made


def _between(old: int, new: int) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
    """For each new place the two old ones it lies between, and how far it is from the first."""
    at = np.clip((np.arange(new) + 0.5) * (old / new) - 0.5, 0, old - 1)
    low = np.floor(at).astype(np.intp)
    return low, np.minimum(low + 1, old - 1), (at - low).astype(np.float32)


def placed(width: int, height: int, side: int) -> Placed:
    """Where an image of this size comes to lie in a square of `side`."""
    w, h = fitted(width, height, side)
    left, top = round((side - w) / 2 - 0.1), round((side - h) / 2 - 0.1)
    return Placed(width, height, w / width, h / height, left, top)


def letterboxed(image: Pixels, side: int) -> tuple[Pixels, Placed]:
    """`image` [H, W, 3] in the middle of a square [side, side, 3], and where it lies."""
    height, width = image.shape[:2]
    place = placed(width, height, side)
    w, h = fitted(width, height, side)
    square = np.full((side, side, 3), GREY, np.uint8)
    square[place.top : place.top + h, place.left : place.left + w] = resized(image, w, h)
    return square, place
