"""New outlines from old ones: pure arithmetic in image pixels; results stay in the image."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from tlstudio.domain.annotations import Box, Polygon, type_points
from tlstudio.ui.canvas.hits import BOX_HANDLES, Handle

Rect = tuple[float, float, float, float]
Size = tuple[float, float]
FEWEST = 3


def clamped(x: float, y: float, size: Size) -> tuple[float, float]:
    return min(max(x, 0.0), size[0]), min(max(y, 0.0), size[1])


def move_within(
    bounds: Sequence[Rect], dx: float, dy: float, size: Size, *, whole: bool
) -> tuple[float, float]:
    """How far shapes of these bounds (x, y, w, h) can go together without leaving the image.

    `whole` gives whole pixels, for masks.
    """
    if not bounds:
        return 0.0, 0.0
    dx = _room(min(b[0] for b in bounds), max(b[0] + b[2] for b in bounds), dx, size[0], whole)
    dy = _room(min(b[1] for b in bounds), max(b[1] + b[3] for b in bounds), dy, size[1], whole)
    return dx, dy


def _room(low: float, high: float, delta: float, length: float, whole: bool) -> float:
    least, most = min(0.0, -low), max(0.0, length - high)
    if whole:
        return float(min(max(round(delta), math.ceil(least)), math.floor(most)))
    return min(max(delta, least), most)


def drawn_box(
    start: tuple[float, float], end: tuple[float, float], size: Size, *, square: bool, centred: bool
) -> Rect:
    """The box (x, y, w, h) dragged from `start` to `end`, held inside the image.

    `centred` makes `start` its middle, `square` its sides equal; both keep it whole.
    """
    (x0, y0), (x1, y1) = clamped(*start, size), clamped(*end, size)
    dx, dy = x1 - x0, y1 - y0
    if centred:
        dx, dy = abs(dx), abs(dy)
        if square:
            dx = dy = max(dx, dy)
        dx = min(dx, x0, size[0] - x0)
        dy = min(dy, y0, size[1] - y0)
        if square:
            dx = dy = min(dx, dy)
        return x0 - dx, y0 - dy, 2 * dx, 2 * dy
    if square:
        side = max(abs(dx), abs(dy))
        side = min(side, size[0] - x0 if dx >= 0 else x0, size[1] - y0 if dy >= 0 else y0)
        dx, dy = math.copysign(side, dx), math.copysign(side, dy)
    return min(x0, x0 + dx), min(y0, y0 + dy), abs(dx), abs(dy)


def drag_handle(box: Box, index: int, x: float, y: float, size: Size) -> Box:
    """`box` with handle `index` of BOX_HANDLES at (x, y); it may cross over to the other side."""
    x, y = clamped(x, y, size)
    name = BOX_HANDLES[index]
    x0, y0, x1, y1 = box.x, box.y, box.x + box.w, box.y + box.h
    if "w" in name:
        x0 = x
    if "e" in name:
        x1 = x
    if "n" in name:
        y0 = y
    if "s" in name:
        y1 = y
    return replace(box, x=min(x0, x1), y=min(y0, y1), w=abs(x1 - x0), h=abs(y1 - y0))


def side_near(box: Box, x: float, y: float, tolerance: float) -> Handle | None:
    """The side of a box within `tolerance`, as the handle in its middle."""
    x1, y1 = box.x + box.w, box.y + box.h
    along_x, along_y = box.x <= x <= x1, box.y <= y <= y1
    sides = {"n": (along_x, abs(y - box.y)), "s": (along_x, abs(y - y1)),
             "w": (along_y, abs(x - box.x)), "e": (along_y, abs(x - x1))}  # fmt: skip
    found = [(d, name) for name, (along, d) in sides.items() if along and d <= tolerance]
    if not found:
        return None
    index = BOX_HANDLES.index(min(found)[1])
    return Handle(box.id, "vertex", 0, 0, index, x, y)


def ring_of(polygon: Polygon, handle: Handle) -> type_points:
    return polygon.parts[handle.part][handle.ring]


def with_ring(polygon: Polygon, handle: Handle, ring: type_points) -> Polygon:
    """`polygon` with the handle's ring replaced."""
    part = polygon.parts[handle.part]
    part = (*part[: handle.ring], ring, *part[handle.ring + 1 :])
    parts = (*polygon.parts[: handle.part], part, *polygon.parts[handle.part + 1 :])
    return replace(polygon, parts=parts)


def move_vertex(polygon: Polygon, handle: Handle, x: float, y: float, size: Size) -> Polygon:
    ring, at = ring_of(polygon, handle), handle.index
    return with_ring(polygon, handle, (*ring[:at], clamped(x, y, size), *ring[at + 1 :]))


def move_edge(polygon: Polygon, handle: Handle, dx: float, dy: float, size: Size) -> Polygon:
    """Both ends of an edge moved by as much as keeps them inside."""
    ring = list(ring_of(polygon, handle))
    ends = handle.index, (handle.index + 1) % len(ring)
    bounds = [(*ring[end], 0.0, 0.0) for end in ends]
    dx, dy = move_within(bounds, dx, dy, size, whole=False)
    for end in ends:
        ring[end] = (ring[end][0] + dx, ring[end][1] + dy)
    return with_ring(polygon, handle, tuple(ring))


def add_vertex(polygon: Polygon, edge: Handle) -> tuple[Polygon, Handle]:
    """A vertex where the edge was pointed at, and its handle."""
    ring, at = ring_of(polygon, edge), edge.index + 1
    made = with_ring(polygon, edge, (*ring[:at], (edge.x, edge.y), *ring[at:]))
    return made, replace(edge, kind="vertex", index=at)


def remove_vertex(polygon: Polygon, handle: Handle) -> Polygon | None:
    """`polygon` without that vertex.

    A ring that would be left with fewer than three goes as a whole: a hole is closed, a part
    taken away. None where it is the outline of the only part.
    """
    ring, at = ring_of(polygon, handle), handle.index
    if len(ring) > FEWEST:
        return with_ring(polygon, handle, (*ring[:at], *ring[at + 1 :]))
    parts = list(polygon.parts)
    part = parts.pop(handle.part)
    if handle.ring:
        rings = (*part[: handle.ring], *part[handle.ring + 1 :])
        parts.insert(handle.part, rings)
    return replace(polygon, parts=tuple(parts)) if parts else None


def snapped_angle(start: tuple[float, float], x: float, y: float) -> tuple[float, float]:
    """(x, y) brought to the nearest multiple of 45 degrees as seen from `start`."""
    dx, dy = x - start[0], y - start[1]
    turn = round(math.atan2(dy, dx) / (math.pi / 4)) * (math.pi / 4)
    along = dx * math.cos(turn) + dy * math.sin(turn)
    return start[0] + along * math.cos(turn), start[1] + along * math.sin(turn)


def held_on_line(
    start: tuple[float, float], end: tuple[float, float], size: Size
) -> tuple[float, float]:
    """`end`, or where the line from `start` (inside) to it leaves the image."""
    share = 1.0
    for from_, to, length in zip(start, end, size, strict=True):
        if to < 0 and to < from_:
            share = min(share, from_ / (from_ - to))
        elif to > length and to > from_:
            share = min(share, (length - from_) / (to - from_))
    x, y = (a + share * (b - a) for a, b in zip(start, end, strict=True))
    return clamped(x, y, size)


def length_of(points: Sequence[tuple[float, float]]) -> float:
    return sum(math.dist(a, b) for a, b in pairwise(points))


def area_of(points: Sequence[tuple[float, float]]) -> float:
    """The area a ring encloses, in square pixels (0 for fewer than three points)."""
    if len(points) < FEWEST:
        return 0.0
    following = [*points[1:], points[0]]
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, following, strict=True))) / 2
