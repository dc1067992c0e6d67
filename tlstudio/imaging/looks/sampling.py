"""Some pixels of an image that stand for all, and work on a large image part by part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST = 250_000
"""Pixels of an image that its statistics are taken from, at most."""
STRIP = 500_000  # pixels changed at a time, so that a huge image is not held ten times over

Floats = NDArray[np.float32]


def sampled(pixels: NDArray[Any]) -> NDArray[np.float64]:
    """[N, 3] of [H, W, 3]: all pixels, or MOST that are drawn evenly, the same for the same size
    (at even distances they could meet a pattern in the image)."""
    height, width = pixels.shape[:2]
    if height * width <= MOST:
        return pixels.reshape(-1, 3).astype(np.float64)
    places = np.random.Generator(np.random.Philox(0)).integers(0, height * width, MOST)
    drawn: NDArray[np.float64] = pixels[places // width, places % width].astype(np.float64)
    return drawn


def in_strips(pixels: Floats, change: Callable[[Floats], NDArray[Any]]) -> Floats:
    """`change` of every few rows of [H, W, 3], which must look at single pixels only."""
    rows = max(1, STRIP // max(1, pixels.shape[1]))
    made = np.empty_like(pixels)
    for top in range(0, pixels.shape[0], rows):
        made[top : top + rows] = change(pixels[top : top + rows])
    return made
