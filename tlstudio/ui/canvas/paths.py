"""Outlines as painter paths, many at once: from arrays, without a Python call for each vertex."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QByteArray, QDataStream
from PySide6.QtGui import QPainterPath

from tlstudio.ui.canvas.packed import Packed

Ints = NDArray[np.int64]

# One element of a path as QDataStream writes it: move (0) or line (1) to a point.
_ELEMENT = np.dtype([("type", ">i4"), ("x", ">f8"), ("y", ">f8")])
FINE = 0.6
_WINDING = np.array([0, 1], ">i4").tobytes()


def path_of(
    packed: Packed, slots: Ints, scale: float, left: float, top: float, coarse: float = FINE
) -> QPainterPath:
    """The closed outlines of `slots` in one path: an image point p is drawn at p * scale + (left,
    top). Vertices less than `coarse` drawn pixels along the outline from others may be left out.
    """
    lengths = packed.rings[_ranges(packed.ring_start[slots], packed.ring_count[slots])]
    points = packed.vertices[_ranges(packed.start[slots], packed.count[slots])]
    return path_from(*thinned(points, lengths, coarse / scale), scale, left, top)


def path_from(
    points: NDArray[np.float64], lengths: Ints, scale: float, left: float, top: float
) -> QPainterPath:
    """Rings of `lengths` vertices, one after the other in `points` [n, 2], as a closed path."""
    path = QPainterPath()
    total, rings = len(points), len(lengths)
    if not total:
        return path
    elements = np.zeros(total + rings, _ELEMENT)
    ends = np.cumsum(lengths)
    starts = ends - lengths
    places = np.arange(total) + np.repeat(np.arange(rings), lengths)
    closing = ends + np.arange(rings)
    elements["type"] = 1
    elements["type"][starts + np.arange(rings)] = 0
    for axis, offset in (("x", left), ("y", top)):
        values = points[:, 0 if axis == "x" else 1] * scale + offset
        elements[axis][places] = values
        elements[axis][closing] = values[starts]
    head = np.array([len(elements)], ">i4").tobytes()
    stream = QDataStream(QByteArray(head + elements.tobytes() + _WINDING))
    stream >> path
    return path


def _ranges(starts: Ints, counts: Ints) -> Ints:
    """The numbers start, start + 1, … of every range, one range after the other."""
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    numbers: Ints = np.arange(total) + np.repeat(starts - (ends - counts), counts)
    return numbers


def thinned(
    points: NDArray[np.float64], lengths: Ints, apart: float
) -> tuple[NDArray[np.float64], Ints]:
    """One vertex for every `apart` of a ring's length, and all of a ring where that leaves fewer
    than four."""
    if not len(points):
        return points, lengths
    starts = np.cumsum(lengths) - lengths
    steps = np.abs(np.diff(points, axis=0, prepend=points[:1])).sum(axis=1)
    steps[starts] = 0.0
    along = np.cumsum(steps)
    along -= np.repeat(along[starts], lengths)
    bins = (along / apart).astype(np.int64)
    keep = np.empty(len(points), np.bool_)
    keep[1:] = bins[1:] != bins[:-1]
    keep[starts] = True
    left = np.add.reduceat(keep, starts)
    if left.min() < 4:
        scarce = left < 4
        keep |= np.repeat(scarce, lengths)
        left = np.where(scarce, lengths, left)
    return points[keep], left
