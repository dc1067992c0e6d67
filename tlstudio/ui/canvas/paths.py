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
_WINDING = np.array([0, 1], ">i4").tobytes()


def path_of(
    packed: Packed,
    slots: Ints,
    scale: float,
    left: float,
    top: float,
    coarse: float = 0.0,
) -> QPainterPath:
    """The closed outlines of `slots` in one path: an image point p is drawn at p * scale + (left,
    top). With `coarse` > 0, rings keep about one vertex for `coarse` drawn pixels of their size.
    """
    first = _ranges(packed.ring_start[slots], packed.ring_count[slots])
    lengths = packed.rings[first]
    vertices = _ranges(packed.start[slots], packed.count[slots])
    points = packed.vertices[vertices]
    if coarse > 0 and len(points):
        points, lengths = _thinned(packed, slots, points, lengths, scale, coarse)
    return path_from(points, lengths, scale, left, top)


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
    stream >> path  # type: ignore[operator]
    return path


def _ranges(starts: Ints, counts: Ints) -> Ints:
    """The numbers start, start + 1, … of every range, one range after the other."""
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total) + np.repeat(starts - (ends - counts), counts)


def _thinned(
    packed: Packed,
    slots: Ints,
    points: NDArray[np.float64],
    lengths: Ints,
    scale: float,
    coarse: float,
) -> tuple[NDArray[np.float64], Ints]:
    """Every k-th vertex of each ring; never fewer than four of them."""
    bounds = packed.bounds[slots]
    size = ((bounds[:, 2] - bounds[:, 0]) + (bounds[:, 3] - bounds[:, 1])) * scale
    wanted = np.maximum(4.0, 2.0 * size / coarse)
    wanted = np.repeat(wanted, packed.ring_count[slots])
    every = np.maximum(1, np.minimum(lengths // np.ceil(wanted).astype(np.int64), lengths // 4))
    starts = np.cumsum(lengths) - lengths
    local = np.arange(len(points)) - np.repeat(starts, lengths)
    keep = local % np.repeat(every, lengths) == 0
    return points[keep], -(-lengths // every)
