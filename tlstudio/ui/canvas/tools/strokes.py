"""One stroke over a mask: pixels change at once, and what was stored stays untouched."""

from __future__ import annotations

import math
from dataclasses import replace

from tlstudio.domain.annotations import Mask
from tlstudio.services.shaping import TILE, Bitmap, Place

Rect = tuple[float, float, float, float]


class Stroke:
    """Paints (or, with `on` false, erases) over a copy of `bitmap` that shares its tiles.

    A tile is copied when the stroke first comes to it, so a stroke costs what it covers.
    `places` are the tiles that differ from `before`.
    """

    def __init__(self, bitmap: Bitmap, radius: float, *, on: bool) -> None:
        self.before = bitmap
        self.bitmap = Bitmap(bitmap.width, bitmap.height, dict(bitmap.tiles))
        self.radius = radius
        self.on = on
        self.places: set[Place] = set()
        self.last: tuple[float, float] | None = None
        self._own: set[Place] = set()

    def to(self, x: float, y: float) -> Rect | None:
        """Go on to (x, y); returns the image rect (x, y, w, h) in which pixels changed, if any."""
        x0, y0 = self.last if self.last is not None else (x, y)
        self.last = (x, y)
        self._copy_tiles(x0, y0, x, y)
        rect, changed = self.bitmap.stamp(x0, y0, x, y, self.radius, self.on)
        if not changed:
            return None
        self.places |= changed
        return float(rect[0]), float(rect[1]), float(rect[2]), float(rect[3])

    def _copy_tiles(self, x0: float, y0: float, x1: float, y1: float) -> None:
        reach = self.radius + 1
        columns = _tiles(min(x0, x1) - reach, max(x0, x1) + reach)
        rows = _tiles(min(y0, y1) - reach, max(y0, y1) + reach)
        tiles = self.bitmap.tiles
        for row in rows:
            for column in columns:
                place = (column, row)
                if place not in self._own:
                    self._own.add(place)
                    if place in tiles:
                        tiles[place] = tiles[place].copy()


def _tiles(low: float, high: float) -> range:
    return range(max(0, math.floor(low / TILE)), math.floor(high / TILE) + 1)


def grown(shape: Mask, rect: Rect) -> Mask:
    """`shape` with bounds that hold `rect` as well; those of an empty mask are just `rect`."""
    x, y, w, h = (int(v) for v in rect)
    if w <= 0 or h <= 0:
        return shape
    if shape.w <= 0 or shape.h <= 0:
        return replace(shape, x=x, y=y, w=w, h=h)
    x0, y0 = min(shape.x, x), min(shape.y, y)
    x1, y1 = max(shape.x + shape.w, x + w), max(shape.y + shape.h, y + h)
    return replace(shape, x=x0, y=y0, w=x1 - x0, h=y1 - y0)
