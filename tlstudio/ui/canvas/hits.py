"""What lies under the pointer: geometry of outlines, in image pixels."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tlstudio.domain.annotations import Annotation, Box, Polygon

Floats = NDArray[np.float64]

# Clockwise from the top left corner; even ones are corners, odd ones the middles of sides.
BOX_HANDLES = ("nw", "n", "ne", "e", "se", "s", "sw", "w")


@dataclass(frozen=True, slots=True)
class Handle:
    """A spot of a shape that can be dragged, at (x, y) in image pixels.

    `kind` is "vertex" or "edge". Of a polygon, `index` counts the vertices of ring `ring` of part
    `part`; an edge runs from that vertex to the next, and (x, y) is its point nearest to where
    was asked. Of a box, a "vertex" is one of the 8 BOX_HANDLES and `index` its place there.
    """

    id: str
    kind: str
    part: int
    ring: int
    index: int
    x: float
    y: float


def box_handles(box: Box) -> list[tuple[float, float]]:
    """Where the eight handles of a box lie, in the order of BOX_HANDLES."""
    x0, y0, x1, y1 = box.x, box.y, box.x + box.w, box.y + box.h
    xm, ym = (x0 + x1) / 2, (y0 + y1) / 2
    return [(x0, y0), (xm, y0), (x1, y0), (x1, ym), (x1, y1), (xm, y1), (x0, y1), (x0, ym)]


def inside(rings: Sequence[Floats], x: float, y: float) -> bool:
    """Whether (x, y) is inside rings [n, 2] by the even-odd rule: holes are outside."""
    odd = False
    for ring in rings:
        following = np.roll(ring, -1, axis=0)
        across = (ring[:, 1] > y) != (following[:, 1] > y)
        if across.any():
            a, b = ring[across], following[across]
            at = a[:, 0] + (y - a[:, 1]) * (b[:, 0] - a[:, 0]) / (b[:, 1] - a[:, 1])
            odd ^= bool(np.count_nonzero(at > x) & 1)
    return odd


def nearest_on(ring: Floats, x: float, y: float) -> tuple[int, float, float, float]:
    """The edge of a closed ring [n, 2] nearest to (x, y): (index, distance, x there, y there)."""
    following = np.roll(ring, -1, axis=0)
    along = following - ring
    length = np.maximum((along * along).sum(axis=1), 1e-12)
    away = np.array((x, y)) - ring
    share = np.clip((away * along).sum(axis=1) / length, 0.0, 1.0)
    spots = ring + share[:, None] * along
    distances = np.hypot(spots[:, 0] - x, spots[:, 1] - y)
    best = int(distances.argmin())
    return best, float(distances[best]), float(spots[best, 0]), float(spots[best, 1])


def near(rings: Sequence[Floats], x: float, y: float, tolerance: float) -> bool:
    """Whether (x, y) is within `tolerance` of an outline."""
    return any(len(ring) and nearest_on(ring, x, y)[1] <= tolerance for ring in rings)


def vertices(shape: Annotation) -> Iterator[Handle]:
    """All spots of a shape that can be dragged by themselves."""
    if isinstance(shape, Box):
        for index, (x, y) in enumerate(box_handles(shape)):
            yield Handle(shape.id, "vertex", 0, 0, index, x, y)
    elif isinstance(shape, Polygon):
        for p, part in enumerate(shape.parts):
            for r, ring in enumerate(part):
                for index, (x, y) in enumerate(ring):
                    yield Handle(shape.id, "vertex", p, r, index, x, y)


def vertex_near(shape: Annotation, x: float, y: float, tolerance: float) -> Handle | None:
    """The nearest vertex of a shape within `tolerance`; corners of boxes before their sides."""
    best, least = None, tolerance
    for handle in vertices(shape):
        distance = math.hypot(handle.x - x, handle.y - y)
        if isinstance(shape, Box) and handle.index % 2:
            distance += tolerance * 1e-3
        if distance <= least:
            best, least = handle, distance
    return best


def edge_near(shape: Annotation, x: float, y: float, tolerance: float) -> Handle | None:
    """The nearest edge of a polygon within `tolerance`; boxes have handles instead."""
    if not isinstance(shape, Polygon):
        return None
    best, least = None, tolerance
    for p, part in enumerate(shape.parts):
        for r, ring in enumerate(part):
            index, distance, at_x, at_y = nearest_on(np.asarray(ring, float), x, y)
            if distance <= least:
                best, least = Handle(shape.id, "edge", p, r, index, at_x, at_y), distance
    return best
