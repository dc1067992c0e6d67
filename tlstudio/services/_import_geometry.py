"""Where a shape of a file comes to lie in its image, and why it cannot come in."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import eq
from typing import NamedTuple

from tlstudio.domain.annotations import Polygon
from tlstudio.domain.shapes import (
    LEAST_AREA,
    LEAST_SIDE,
    Bounds,
    Part,
    Parts,
    Ring,
    clamp_polygon,
    overlap,
    parts_bounds,
    ring_area,
    ring_reason,
)
from tlstudio.formats.annotation_set import ReadShape
from tlstudio.imaging.bitmap import Bitmap

_SLACK = 0.01
"""Pixels by which rounding in a file may make a box of one pixel smaller."""

_MOVED = 0.5
"""A shape that reaches out of its image by less than this, in pixels, was only rounded."""

_FAR = 1e8
"""Pixels; what reaches further out is not computed with."""

OF_SHAPES = frozenset(
    {
        "data.shape_unlabelled", "data.shape_label", "data.shape_unknown", "data.shape_negative",
        "data.shape_small", "data.shape_outside", "data.shape_not_finite",
        "data.shape_few_points", "data.shape_empty", "data.mask_size",
    }
)  # fmt: skip
"""Reasons for leaving out shapes of an image that itself came in."""


class Unfit(Exception):
    """A shape that cannot come in, and why: a code of OF_SHAPES."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Place:
    """The image that shapes go to: its name for a person, canonical size and orientation."""

    name: str
    width: int
    height: int
    orientation: int = 1


class Geometry(NamedTuple):
    """Where a shape lies, as the database has it."""

    x: float | None = None
    y: float | None = None
    w: float | None = None
    h: float | None = None
    parts: str | None = None
    tiles: Mapping[tuple[int, int], bytes] | None = None


def geometry(shape: ReadShape, place: Place, notes: Counter[str]) -> Geometry:
    """Where it lies in its image. Raises Unfit with the reason it cannot be stored."""
    if shape.kind == "image_label":
        return Geometry()
    if shape.kind == "box" and shape.box is not None:
        return _box(shape.box, place, notes)
    if shape.kind == "polygon" and shape.parts is not None:
        return _polygon(shape.parts, place, notes)
    if shape.kind == "mask" and shape.bitmap is not None:
        return _mask(shape.bitmap, place)
    raise Unfit("data.shape_unknown")


def _box(box: Bounds, place: Place, notes: Counter[str]) -> Geometry:
    x, y, w, h = map(float, box)
    if not math.isfinite(x + y + w + h):
        raise Unfit("data.shape_not_finite")
    if w < 0 or h < 0:
        raise Unfit("data.shape_negative")
    left, right = max(x, 0.0), min(x + w, float(place.width))
    top, bottom = max(y, 0.0), min(y + h, float(place.height))
    inside = left == x and top == y and right == x + w and bottom == y + h
    cut = Geometry(x, y, w, h) if inside else Geometry(left, top, right - left, bottom - top)
    least = LEAST_SIDE - _SLACK
    if right - left < least or bottom - top < least:
        small = w < least or h < least
        raise Unfit("data.shape_small" if small else "data.shape_outside")
    if w - (right - left) > _MOVED or h - (bottom - top) > _MOVED:
        notes["data.shapes_cut"] += 1
    return cut


def _polygon(parts: Parts, place: Place, notes: Counter[str]) -> Geometry:
    kept = tuple(part for part in parts if part and _is_area(part[0]))
    if not kept:
        raise Unfit(_why_not(parts))
    before = parts_bounds(kept)
    x, y, w, h = before
    if x >= 0 and y >= 0 and x + w <= place.width and y + h <= place.height and _clean(parts):
        return Geometry(*before, parts=json.dumps(parts))
    pieces = [_cut(part, place) for part in kept]
    cut = tuple(piece for several in pieces for piece in several)
    whole = (0.0, 0.0, float(place.width), float(place.height))
    if not cut or not overlap(before, whole):
        raise Unfit("data.shape_outside")
    after = parts_bounds(cut)
    notes["data.shapes_cut"] += any(abs(a - b) > _MOVED for a, b in zip(before, after, strict=True))
    notes["data.parts_dropped"] += len(parts) > sum(map(bool, pieces))
    return Geometry(*after, parts=json.dumps(cut))


def _cut(part: Part, place: Place) -> Parts:
    """What of a part lies in the image, in one piece or several, or in none. Points that are
    outside by no more than rounding move to its edge."""
    whole = (part[0], *(hole for hole in part[1:] if _is_area(hole)))
    x, y, w, h = parts_bounds((whole,))
    out = max(-x, -y, x + w - place.width, y + h - place.height)
    if _MOVED < out < _FAR:
        from tlstudio.imaging.outlines import clipped, is_valid, within

        # Taking a ring that crosses itself apart may take the square of its points.
        cut = within if is_valid((whole,)) else clipped
        return _areas(cut((whole,), place.width, place.height))
    item = Polygon(id="", image=0, label=0, parts=(whole,))
    try:
        return _areas(clamp_polygon(item, place.width, place.height).parts)
    except OverflowError:
        raise Unfit("data.shape_not_finite") from None


def _areas(parts: Parts) -> Parts:
    """The parts and holes that may be stored."""
    return tuple(
        (part[0], *(hole for hole in part[1:] if _is_area(hole)))
        for part in parts
        if part and _is_area(part[0])
    )


def _clean(parts: Parts) -> bool:
    """Whether there is nothing to tidy: one ring in each part, no point twice in a row."""
    return all(
        len(part) == 1 and _is_area(part[0]) and not any(map(eq, part[0], _next(part[0])))
        for part in parts
    )


def _next(ring: Ring) -> Ring:
    return (*ring[1:], ring[0])


def _is_area(ring: Iterable[tuple[float, float]]) -> bool:
    """Whether a ring may be stored; the signed area tells it for nearly all at a low price."""
    points = tuple(ring)
    if len(points) < 3:
        return False
    area = abs(ring_area(points))
    if math.isfinite(area) and area >= LEAST_AREA and len(points) < 10_000:
        return True
    return ring_reason(points) is None


def _why_not(parts: Parts) -> str:
    reasons = [ring_reason(part[0]) for part in parts if part]
    code = next((reason for reason in reasons if reason), "shape.too_few_points")
    return {
        "shape.too_small": "data.shape_small",
        "shape.not_finite": "data.shape_not_finite",
    }.get(code, "data.shape_few_points")


def _mask(bitmap: Bitmap, place: Place) -> Geometry:
    if (bitmap.width, bitmap.height) != (place.width, place.height):
        raise Unfit("data.mask_size")
    bounds = bitmap.bounds()
    if bounds is None:
        raise Unfit("data.shape_empty")
    tiles = {at: data for at, data in bitmap.encode().items() if data is not None}
    x, y, w, h = map(float, bounds)
    return Geometry(x, y, w, h, tiles=tiles)
