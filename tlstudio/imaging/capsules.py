"""A thick line with round ends as one span of pixels per row."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Span = NDArray[np.int32]
_Reals = NDArray[np.float64]

THINNEST = 0.5
"""A radius below this would leave gaps in a line."""


def row_spans(
    x0: float, y0: float, x1: float, y1: float, radius: float, width: int, height: int
) -> tuple[int, Span, Span]:
    """The pixels whose centre lies within `radius` of the segment, and those of its two ends.

    Returns the first row and, for each row from there, the first column and the one after the
    last, clipped to an image of `width` by `height`. No row of the answer is empty, and there
    are no rows where nothing lies inside the image.
    """
    r = max(radius, THINNEST)
    first = max(0, math.floor(min(y0, y1) - r))
    last = min(height - 1, math.floor(max(y0, y1) + r))
    rows = np.arange(first, last + 1, dtype=np.float64)
    low, high = _convex_rows(rows + 0.5, x0, y0, x1, y1, r)
    with np.errstate(invalid="ignore"):
        left = np.where(low <= high, np.ceil(low - 0.5), np.inf)
        right = np.where(low <= high, np.floor(high - 0.5) + 1, -np.inf)
    for x, y in ((x0, y0), (x1, y1)):
        index = math.floor(y) - first
        if 0 <= index < rows.size:
            left[index] = min(left[index], math.floor(x))
            right[index] = max(right[index], math.floor(x) + 1)
    left = np.clip(left, 0, width)
    right = np.clip(right, 0, width)
    filled = np.flatnonzero(left < right)
    if not filled.size:
        return 0, np.zeros(0, np.int32), np.zeros(0, np.int32)
    kept = slice(int(filled[0]), int(filled[-1]) + 1)
    return first + kept.start, left[kept].astype(np.int32), right[kept].astype(np.int32)


def _convex_rows(
    y: _Reals, x0: float, y0: float, x1: float, y1: float, r: float
) -> tuple[_Reals, _Reals]:
    """Where the capsule begins and ends at each height `y`; begin > end where it is not.

    It is the union of two discs and a rectangle; being convex, it meets a row in one interval,
    which the outermost ends of the three give.
    """
    low = np.full(y.shape, np.inf)
    high = np.full(y.shape, -np.inf)
    for cx, cy in ((x0, y0), (x1, y1)):
        reach = r * r - (y - cy) ** 2
        half = np.sqrt(np.maximum(reach, 0.0))
        low = np.where(reach >= 0, np.minimum(low, cx - half), low)
        high = np.where(reach >= 0, np.maximum(high, cx + half), high)
    dx, dy = x1 - x0, y1 - y0
    length = math.hypot(dx, dy)
    if length > 0.0:
        along = _between(dx / length, (y - y0) * (dy / length), 0.0, length)
        across = _between(-dy / length, (y - y0) * (dx / length), -r, r)
        begin = x0 + np.maximum(along[0], across[0])
        end = x0 + np.minimum(along[1], across[1])
        met = begin <= end
        low = np.where(met, np.minimum(low, begin), low)
        high = np.where(met, np.maximum(high, end), high)
    return low, high


def _between(slope: float, offset: _Reals, least: float, most: float) -> tuple[_Reals, _Reals]:
    """The interval of t, per offset, in which least <= slope * t + offset <= most."""
    if slope == 0.0:
        inside = (least <= offset) & (offset <= most)
        return np.where(inside, -np.inf, np.inf), np.where(inside, np.inf, -np.inf)
    with np.errstate(over="ignore"):
        one, other = (least - offset) / slope, (most - offset) / slope
    return np.minimum(one, other), np.maximum(one, other)
