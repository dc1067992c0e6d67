"""Borders of regions in pixels, and how far one border lies from another; numpy alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

_ROWS = 512  # rows worked on at a time, so that a slide-sized image needs no copies of itself


def border(region: Bools, void: Bools) -> Bools:
    """Pixels of `region` [H, W] with one of four neighbours outside of it.

    The image's edge counts as outside, as in the tools that others report by; `void` pixels are
    neither in nor out, so that no border runs along them and none lies in them.
    """
    held = region | void
    inner = np.zeros_like(region)
    inner[1:-1, 1:-1] = (
        held[:-2, 1:-1] & held[2:, 1:-1] & held[1:-1, :-2] & held[1:-1, 2:]
    )  # fmt: skip
    edge: Bools = region & ~inner & ~void
    return edge


def distances(of: Bools, to: Bools) -> Floats:
    """From each true pixel of `of`, row after row, to the nearest true one of `to`, in pixels.

    Exact: the distance along the row is known for all pixels, then rows further and further off
    are asked, for as long as one could be nearer (the separable transform of Saito and Toriwaki
    1994, Pattern Recognition 27, 1551-1565, for a few pixels). `to` has a true pixel.
    """
    gap = _along_rows(to)
    rows, columns = np.nonzero(of)
    best = gap[rows, columns].astype(np.int64) ** 2
    open_ = np.arange(len(rows))
    step = 0
    while open_.size:
        step += 1
        open_ = open_[best[open_] > step * step]
        for row in (rows[open_] - step, rows[open_] + step):
            inside = (row >= 0) & (row < len(gap))
            asked = open_[inside]
            near = gap[row[inside], columns[asked]].astype(np.int64) ** 2 + step * step
            best[asked] = np.minimum(best[asked], near)
    return np.sqrt(best)


def _along_rows(to: Bools) -> NDArray[np.int32]:
    """The distance of each pixel to the nearest true one in its row, or more than any could be."""
    height, width = to.shape
    far = height + width
    place = np.arange(width, dtype=np.int32)
    gap = np.empty((height, width), np.int32)
    for top in range(0, height, _ROWS):
        part = to[top : top + _ROWS]
        before = np.maximum.accumulate(np.where(part, place, -far), axis=1)
        after = np.minimum.accumulate(np.where(part, place, 2 * far)[:, ::-1], axis=1)[:, ::-1]
        gap[top : top + _ROWS] = np.minimum(np.minimum(place - before, after - place), far)
    return gap
