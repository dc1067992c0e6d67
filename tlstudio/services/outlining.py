"""Outlines out of pixels, and outlines out of outlines: pure, callable from any thread.

OpenCV and Shapely load at the first call, not with this module. Outlines are
`tlstudio.domain.shapes.Parts`; every answer is valid: no ring crosses itself or another.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from tlstudio.imaging.bitmap import Bitmap
from tlstudio.imaging.regions import flood_fill, grab_cut

if TYPE_CHECKING:
    from tlstudio.domain.shapes import Parts

__all__ = [
    "cut",
    "difference",
    "fill",
    "flood_fill",
    "grab_cut",
    "intersection",
    "outline",
    "separate",
    "simplify",
    "union",
    "valid",
    "without_specks",
]


def outline(bitmap: Bitmap, tolerance: float) -> Parts:
    """The outline of a mask, holes kept, off by at most `tolerance` pixels; with 0 it runs along
    the edges of the pixels."""
    from tlstudio.imaging import outlines

    return outlines.parts_from_bitmap(bitmap, tolerance)


def fill(parts: Parts, width: int, height: int) -> Bitmap:
    """The pixels whose centre lies inside an outline, clipped to the image."""
    from tlstudio.imaging.tracing import bitmap_from_parts

    return bitmap_from_parts(parts, width, height)


def union(shapes: Iterable[Parts]) -> Parts:
    """What any of the outlines covers."""
    from tlstudio.imaging import outlines

    return outlines.union(shapes)


def difference(parts: Parts, others: Iterable[Parts]) -> Parts:
    """What none of `others` covers; empty where nothing is left."""
    from tlstudio.imaging import outlines

    return outlines.difference(parts, others)


def intersection(parts: Parts, other: Parts) -> Parts:
    """What both cover; empty where they do not meet."""
    from tlstudio.imaging import outlines

    return outlines.intersection(parts, other)


def without_specks(parts: Parts) -> Parts:
    """Without parts and holes too small to be stored; empty where that is all."""
    from tlstudio.imaging import outlines

    return outlines.without_specks(parts)


def valid(parts: Parts) -> Parts:
    """The same area in rings that cross nothing. UserError("shape.too_small") for none."""
    from tlstudio.imaging import outlines

    return outlines.valid(parts)


def cut(parts: Parts, line: Sequence[tuple[float, float]]) -> list[Parts]:
    """The pieces on either side of a line, the largest first, with the parts that it does not
    divide. UserError("outline.not_cut") where it divides nothing."""
    from tlstudio.imaging import outlines

    return outlines.cut(parts, line)


def separate(parts: Parts) -> list[Parts]:
    """Each part, with its holes, as an outline of its own."""
    from tlstudio.imaging import outlines

    return outlines.separate(parts)


def simplify(parts: Parts, tolerance: float) -> Parts:
    """Fewer points, none of the outline further than `tolerance` pixels from where it was."""
    from tlstudio.imaging import outlines

    return outlines.simplify(parts, tolerance)
