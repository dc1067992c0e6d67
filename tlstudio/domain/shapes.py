"""Rules of shapes: what may be stored, where it lies, how it moves. Pure, without pixels.

All numbers are float pixels of the canonical image, origin top-left; a shape lies within
[0, width] x [0, height].
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from tlstudio.domain.annotations import Annotation, Box, ImageLabel, Mask, Polygon
from tlstudio.domain.errors import UserError

Point = tuple[float, float]
Ring = tuple[Point, ...]
Part = tuple[Ring, ...]
Parts = tuple[Part, ...]
Bounds = tuple[float, float, float, float]

SHAPES = ("box", "polygon", "mask")

LEAST_SIDE = 1.0
"""A box narrower than this, in pixels, is a slip of the hand."""

LEAST_AREA = 1.0
"""A ring whose convex hull covers less than this, in square pixels, shows nothing."""

LOCKED = "locked"


def is_locked(item: Annotation) -> bool:
    """Whether a person has locked the shape against changes."""
    return item.attributes.get(LOCKED) is True


def clamp_box(box: Box, width: float, height: float) -> Box:
    """The box (its sides may be negative: drawn upwards) cut to the image; sides may be 0."""
    left, right = sorted((_clamp(box.x, width), _clamp(box.x + box.w, width)))
    top, bottom = sorted((_clamp(box.y, height), _clamp(box.y + box.h, height)))
    return replace(box, x=left, y=top, w=right - left, h=bottom - top)


def clamp_polygon(polygon: Polygon, width: float, height: float) -> Polygon:
    """Every point on the nearest point of the image; points said twice in a row are one.

    Holes that have become nothing are left out; outer rings stay, whatever became of them.
    """
    kept = []
    for part in polygon.parts:
        rings = [_clean((_clamp(x, width), _clamp(y, height)) for x, y in ring) for ring in part]
        if rings:
            holes = (ring for ring in rings[1:] if ring_reason(ring) is None)
            kept.append((rings[0], *holes))
    return replace(polygon, parts=tuple(kept))


def _clamp(value: float, most: float) -> float:
    return value if not math.isfinite(value) else min(max(float(value), 0.0), float(most))


def _clean(points: Iterable[Point]) -> Ring:
    ring: list[Point] = []
    for point in points:
        if not ring or ring[-1] != point:
            ring.append(point)
    while len(ring) > 1 and ring[0] == ring[-1]:
        ring.pop()
    return tuple(ring)


def clamped(item: Annotation, width: float, height: float) -> Annotation:
    """The shape cut to the image. A mask's place is that of its pixels, which are within."""
    if isinstance(item, Box):
        return clamp_box(item, width, height)
    return clamp_polygon(item, width, height) if isinstance(item, Polygon) else item


def is_degenerate(item: Annotation) -> str | None:
    """Why the shape cannot be stored, as a message code; None where it can.

    shape.not_finite: a coordinate is no number; shape.too_small: a box with a side below
    LEAST_SIDE, or a ring that covers less than LEAST_AREA; shape.too_few_points: a ring of
    fewer than three points; shape.empty_mask: a mask without a pixel. Rings may cross
    themselves.
    """
    if isinstance(item, ImageLabel):
        return None
    if isinstance(item, Polygon):
        if not item.parts or not all(item.parts):
            return "shape.too_few_points"
        rings = (ring for part in item.parts for ring in part)
        return next((reason for ring in rings if (reason := ring_reason(ring))), None)
    if not all(math.isfinite(value) for value in (item.x, item.y, item.w, item.h)):
        return "shape.not_finite"
    if isinstance(item, Mask):
        return "shape.empty_mask" if item.w < 1 or item.h < 1 else None
    return "shape.too_small" if min(item.w, item.h) < LEAST_SIDE else None


def refuse_degenerate(item: Annotation) -> None:
    """Raises UserError with the code that `is_degenerate` gives."""
    reason = is_degenerate(item)
    if reason is not None:
        raise UserError(reason)


def ring_reason(ring: Sequence[Point]) -> str | None:
    """Why the ring cannot be stored: see `is_degenerate`."""
    if not all(math.isfinite(x) and math.isfinite(y) for x, y in ring):
        return "shape.not_finite"
    if len(set(ring)) < 3:
        return "shape.too_few_points"
    return "shape.too_small" if abs(ring_area(_hull(ring))) < LEAST_AREA else None


def ring_area(ring: Sequence[Point]) -> float:
    """Signed area in square pixels (shoelace formula); positive clockwise on the screen."""
    following = (*ring[1:], *ring[:1])
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, following, strict=True)) / 2


def parts_area(parts: Parts) -> float:
    """Square pixels of the outer rings less their holes."""
    return sum(
        abs(ring_area(part[0])) - sum(abs(ring_area(hole)) for hole in part[1:])
        for part in parts
        if part
    )


def _hull(points: Iterable[Point]) -> list[Point]:
    """The convex hull (Andrew's monotone chain)."""
    ordered = sorted(set(points))

    def chain(along: Iterable[Point]) -> list[Point]:
        kept: list[Point] = []
        for point in along:
            while len(kept) > 1 and _turn(kept[-2], kept[-1], point) <= 0:
                kept.pop()
            kept.append(point)
        return kept[:-1]

    return [*chain(ordered), *chain(reversed(ordered))]


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def bounds(item: Annotation) -> Bounds | None:
    """(x, y, w, h) of what the shape covers; None for an image label."""
    if isinstance(item, ImageLabel):
        return None
    if isinstance(item, Polygon):
        return parts_bounds(item.parts)
    return item.x, item.y, item.w, item.h


def parts_bounds(parts: Parts) -> Bounds:
    """(x, y, w, h) around all rings; there is at least one point."""
    xs = [x for part in parts for ring in part for x, _ in ring]
    ys = [y for part in parts for ring in part for _, y in ring]
    return min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)


def around(items: Iterable[Annotation]) -> Bounds | None:
    """(x, y, w, h) around all of the shapes; None where there is none."""
    found = [place for item in items if (place := bounds(item)) is not None]
    if not found:
        return None
    left, top = min(b[0] for b in found), min(b[1] for b in found)
    right, bottom = max(b[0] + b[2] for b in found), max(b[1] + b[3] for b in found)
    return left, top, right - left, bottom - top


def overlap(one: Bounds, other: Bounds) -> bool:
    """Whether the two share more than an edge."""
    return (
        one[0] < other[0] + other[2]
        and other[0] < one[0] + one[2]
        and one[1] < other[1] + other[3]
        and other[1] < one[1] + one[3]
    )


def offset_within(
    items: Sequence[Annotation], dx: float, dy: float, width: float, height: float
) -> tuple[float, float]:
    """As much of the offset as keeps all of the shapes whole within the image.

    Whole pixels where a mask is among them. Shapes that reach over the image already may
    move towards it only.
    """
    place = around(items)
    if place is None:
        return 0.0, 0.0
    x, y, w, h = place
    dx = min(max(dx, min(0.0, -x)), max(0.0, width - x - w))
    dy = min(max(dy, min(0.0, -y)), max(0.0, height - y - h))
    if any(isinstance(item, Mask) for item in items):
        dx, dy = float(math.trunc(dx)), float(math.trunc(dy))
    return dx, dy


def shifted(item: Annotation, dx: float, dy: float) -> Annotation:
    """The shape moved by exactly that; a mask by whole pixels."""
    if isinstance(item, Box):
        return replace(item, x=item.x + dx, y=item.y + dy)
    if isinstance(item, Polygon):
        parts = tuple(
            tuple(tuple((x + dx, y + dy) for x, y in ring) for ring in part) for part in item.parts
        )
        return replace(item, parts=parts)
    if isinstance(item, Mask):
        return replace(item, x=item.x + round(dx), y=item.y + round(dy))
    return item


def moved(item: Annotation, dx: float, dy: float, width: float, height: float) -> Annotation:
    """The shape moved as far as it stays whole within the image."""
    return clamped(shifted(item, *offset_within([item], dx, dy, width, height)), width, height)


def rectangle(x: float, y: float, w: float, h: float) -> Parts:
    """The box as one ring of four points."""
    return ((((x, y), (x + w, y), (x + w, y + h), (x, y + h)),),)
