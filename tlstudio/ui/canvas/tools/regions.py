"""Regions of pixels: what a click fills and what an outline keeps. Called off the UI thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tlstudio.domain.annotations import Mask
from tlstudio.domain.errors import UserError
from tlstudio.domain.shapes import Parts
from tlstudio.services.shaping import Bitmap, Place

if TYPE_CHECKING:
    from tlstudio.services.pictures import Picture

Pixels = NDArray[np.uint8]
Rect = tuple[float, float, float, float]


class Pixels8:
    """A picture at full size as uint8 [h, w] or [h, w, 3]; the last one made is kept.

    Deep pixels are shown through their default window.
    """

    def __init__(self) -> None:
        self._made: tuple[Picture, Pixels] | None = None

    def of(self, picture: Picture) -> Pixels:
        made = self._made
        if made is not None and made[0] is picture:
            return made[1]
        pixels = picture.levels[0]
        if pixels.dtype != np.uint8:
            from tlstudio.services.pictures import Adjust, render

            w, h = picture.width, picture.height
            pixels = render(picture, (0.0, 0.0, float(w), float(h)), (w, h), Adjust())
        self._made = (picture, pixels)
        return pixels

    def forget(self) -> None:
        self._made = None


@dataclass(frozen=True, slots=True)
class Filled:
    """What a click filled: `found`; and, where it goes to a mask, that mask as it was `before`
    and afterwards as `joined` with the `places` that changed."""

    found: Bitmap
    joined: Bitmap | None = None
    places: frozenset[Place] = frozenset()
    before: Bitmap | None = None


def filled(
    kept: Pixels8,
    picture: Picture,
    seed: tuple[int, int],
    tolerance: int,
    before: Bitmap | None,
    add: bool,
) -> Filled:
    """Fill from the pixel `seed`: a hole of the mask `before` around it, else what looks alike.

    The hole always goes to the mask; what looks alike does with `add`.
    """
    x, y = seed
    found = hole = enclosed(before, x, y) if before is not None else None
    if found is None:
        from tlstudio.services.outlining import flood_fill

        found = flood_fill(kept.of(picture), x, y, tolerance, None)
    if before is None or not (add or hole is not None):
        return Filled(found)
    joined = Bitmap(before.width, before.height, dict(before.tiles))
    for place in found.tiles:
        if place in joined.tiles:
            joined.tiles[place] = joined.tiles[place].copy()
    return Filled(found, joined, frozenset(joined.add(found)), before)


def enclosed(mask: Bitmap, x: int, y: int) -> Bitmap | None:
    """The hole of a mask that holds pixel (x, y); None where the way out is open."""
    bounds = mask.bounds()
    if bounds is None or mask.at(x, y):
        return None
    left, top, w, h = bounds[0] - 1, bounds[1] - 1, bounds[2] + 2, bounds[3] + 2
    if not (left < x < left + w - 1 and top < y < top + h - 1):
        return None
    from tlstudio.services.outlining import flood_fill

    grey = mask.array(left, top, w, h).astype(np.uint8) * np.uint8(255)
    hole = flood_fill(grey, x - left, y - top, 0, None)
    if hole.at(0, 0):
        return None
    return Bitmap.from_array(hole.whole(), left, top, mask.width, mask.height)


def with_bounds(shape: Mask, bitmap: Bitmap) -> Mask:
    """`shape` with the place and size of `bitmap`; without size where that is empty."""
    x, y, w, h = bitmap.bounds() or (0, 0, 0, 0)
    return replace(shape, x=x, y=y, w=w, h=h)


@dataclass(frozen=True, slots=True)
class Found:
    """What a smart outline keeps: its pixels, and their outline, smoothed.

    Both are empty where nothing was found; `reason` says why.
    """

    bitmap: Bitmap
    parts: Parts
    reason: UserError | None = None


def outlined(
    kept: Pixels8,
    picture: Picture,
    box: Rect,
    keep: Sequence[tuple[float, float]],
    drop: Sequence[tuple[float, float]],
    tolerance: float,
) -> Found:
    """The thing in `box` (x, y, w, h): with the points `keep` on it and `drop` beside it."""
    from tlstudio.services.outlining import grab_cut

    pixels = kept.of(picture)
    try:
        found = grab_cut(pixels, box, keep=keep, drop=drop)
    except UserError as error:
        return Found(Bitmap(picture.width, picture.height), (), error)
    return smoothed(found, tolerance)


def smoothed(bitmap: Bitmap, tolerance: float) -> Found:
    """The outline of a bitmap, off by at most `tolerance` pixels; no parts where it is empty."""
    from tlstudio.services.outlining import outline

    return Found(bitmap, () if bitmap.is_empty else outline(bitmap, tolerance))
