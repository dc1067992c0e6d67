"""The value of interest: which raw values a file wants to be seen black, white and in between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlstudio.imaging.display import stretched

VOLUME = "volume"
AUTOMATIC = "automatic"
"""Names of windows that no file states: that of the whole volume a slice belongs to, and that of
the image's own percentiles."""


@dataclass(frozen=True, slots=True, eq=False)
class FileWindow:
    """A window that a file states, in the units of its raw values: `low` is black, `high` white.

    `name` is the file's own word for it ("BONE"), "" for none. `curve` [n] says what lies in
    between where that is no straight line (a lookup table, a sigmoid): parts of white from 0 to
    1 at n evenly spaced values from `low` to `high`.
    """

    low: float
    high: float
    name: str = ""
    curve: NDArray[np.float32] | None = None


def parts_of_white(values: NDArray[Any], window: FileWindow) -> NDArray[np.float32]:
    """`values` through the window: 0 (black) to 1 (white), of the same shape. No number is 0."""
    straight = stretched(values, window.low, window.high, white=1.0)
    if window.curve is None:
        return straight
    return curved(straight, window.curve)


def curved(parts: NDArray[Any], curve: NDArray[np.float32]) -> NDArray[np.float32]:
    """What a curve makes of parts of a window (0 to 1): linear between its points."""
    points = np.linspace(0, 1, curve.size, dtype=np.float64)
    found: NDArray[np.float32] = np.interp(parts, points, curve).astype(np.float32)
    return found
