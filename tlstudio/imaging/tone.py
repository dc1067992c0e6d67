"""From raw values to what the screen shows; the values themselves stay as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlstudio.imaging.display import stretched
from tlstudio.imaging.voi import curved

_STEPS = 4096  # of a curve over float values
_STEEPEST = 1000.0


@dataclass(frozen=True, slots=True)
class Adjust:
    """How values are shown.

    `low` and `high` are the raw values shown black and white, None: the picture's own.
    `contrast` (-1 to 1) turns the curve about its middle, from flat to a step; `brightness`
    (-1 to 1) shifts it; `gamma` above 1 lightens the dark parts; then `invert`. `channel`
    shows one of red, green and blue (0, 1, 2) as grey, None all of them. `window` is the place of
    the picture's window whose curve lies between black and white.
    """

    brightness: float = 0.0
    contrast: float = 0.0
    gamma: float = 1.0
    low: float | None = None
    high: float | None = None
    invert: bool = False
    channel: int | None = None
    window: int = 0

    @property
    def straight(self) -> bool:
        """Whether shown values are proportional to those in the window."""
        return not (self.brightness or self.contrast or self.invert) and self.gamma == 1.0


def shown(
    values: NDArray[Any],
    low: float,
    high: float,
    adjust: Adjust,
    curve: NDArray[np.float32] | None = None,
) -> NDArray[np.uint8]:
    """uint8 of the shape of `values`, which are uint8, uint16 or float32; `low` and `high` are
    the picture's own window, `curve` what lies between them where that is no straight line. A
    grey picture has no single channel."""
    if adjust.channel is not None and values.ndim == 3:
        values = values[..., adjust.channel]
    low = low if adjust.low is None else adjust.low
    high = high if adjust.high is None else adjust.high
    if values.dtype.kind == "f":
        scaled = stretched(values, low, high)
        if adjust.straight and curve is None:
            return np.rint(scaled).astype(np.uint8)
        steps = np.rint(scaled * np.float32((_STEPS - 1) / 255)).astype(np.uint16)
        found: NDArray[np.uint8] = _bytes(_curve(np.linspace(0, 1, _STEPS), adjust, curve)).take(
            steps
        )
        return found
    plain = adjust.straight and curve is None
    if values.dtype == np.uint8 and plain and (low, high) == (0, 255):
        return np.ascontiguousarray(values)
    table = _table(values.dtype, low, high, adjust, curve)
    if values.dtype == np.uint8:
        from tlstudio.imaging.opencv import cv2

        mapped: NDArray[np.uint8] = cv2.LUT(np.ascontiguousarray(values), table)
        return mapped
    return table.take(values)


def _table(
    kind: np.dtype[Any],
    low: float,
    high: float,
    adjust: Adjust,
    curve: NDArray[np.float32] | None,
) -> NDArray[np.uint8]:
    """What each value of an unsigned kind is shown as."""
    scaled = stretched(np.arange(np.iinfo(kind).max + 1), low, high)
    if adjust.straight and curve is None:
        return np.rint(scaled).astype(np.uint8)
    return _bytes(_curve(scaled.astype(np.float64) / 255, adjust, curve))


def _curve(
    t: NDArray[np.float64], adjust: Adjust, curve: NDArray[np.float32] | None
) -> NDArray[np.float64]:
    """The part of white (0 to 1) that each part of the window is shown as."""
    if curve is not None:
        t = curved(t, curve).astype(np.float64)
    contrast = min(max(adjust.contrast, -1.0), 1.0)
    slope = min((1 + contrast) / (1 - contrast), _STEEPEST) if contrast < 1 else _STEEPEST
    t = np.clip((t - 0.5) * slope + 0.5 + adjust.brightness, 0.0, 1.0)
    if adjust.gamma != 1.0 and adjust.gamma > 0:
        t = t ** (1 / adjust.gamma)
    return 1 - t if adjust.invert else t


def _bytes(t: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.rint(t * 255).astype(np.uint8)
