"""Shapes drawn on an image as it lies in its file, turned to the canonical image.

Some tools ignore the EXIF orientation. They are found out where the file tells a size whose
sides are those of the canonical image in the other order; orientations that keep width and
height cannot be told, and neither can squares.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tlstudio.domain.shapes import Bounds, Parts
from tlstudio.formats.annotation_set import ReadImage, ReadShape
from tlstudio.imaging.bitmap import Bitmap

Move = Callable[[float, float], tuple[float, float]]


def uprighted(read: ReadImage, width: int, height: int, orientation: int) -> tuple[ReadImage, bool]:
    """`read` in the coordinates of the canonical image of `width` by `height`, and whether that
    changed anything. `orientation` is what EXIF states, 1 to 8."""
    lies = orientation in (5, 6, 7, 8) and width != height
    if not lies or (read.width, read.height) != (height, width):
        return read, False
    move = _move(orientation, width, height)
    shapes = tuple(_turned(shape, move, orientation) for shape in read.shapes)
    return replace(read, shapes=shapes, width=width, height=height), True


def _move(orientation: int, width: int, height: int) -> Move:
    """Where a point of the image as stored (`height` wide and `width` high) comes to lie."""
    return {
        5: lambda x, y: (y, x),
        6: lambda x, y: (width - y, x),
        7: lambda x, y: (width - y, height - x),
        8: lambda x, y: (y, height - x),
    }[orientation]


_ARRAYS: dict[int, Callable[[NDArray[np.bool_]], NDArray[np.bool_]]] = {
    5: lambda mask: mask.T,
    6: lambda mask: np.rot90(mask, -1),
    7: lambda mask: np.rot90(mask, 2).T,
    8: lambda mask: np.rot90(mask, 1),
}


def _turned(shape: ReadShape, move: Move, orientation: int) -> ReadShape:
    if shape.box is not None:
        return replace(shape, box=_box(shape.box, move))
    if shape.parts is not None:
        return replace(shape, parts=_parts(shape.parts, move))
    if shape.bitmap is not None:
        mask = _ARRAYS[orientation](shape.bitmap.whole())
        high, wide = mask.shape
        return replace(shape, bitmap=Bitmap.from_array(mask, 0, 0, wide, high))
    return shape


def _box(box: Bounds, move: Move) -> Bounds:
    x, y, w, h = box
    (x0, y0), (x1, y1) = move(x, y), move(x + w, y + h)
    return min(x0, x1), min(y0, y1), abs(x1 - x0), abs(y1 - y0)


def _parts(parts: Parts, move: Move) -> Parts:
    return tuple(tuple(tuple(move(x, y) for x, y in ring) for ring in part) for part in parts)
