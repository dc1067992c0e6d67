"""Shapes in the forms that formats know: boxes around, rings, run lengths of pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tlstudio.domain.shapes import Bounds, Parts, Ring, parts_bounds, rectangle
from tlstudio.formats.annotation_set import ReadShape
from tlstudio.imaging.bitmap import Bitmap, Pixels, Rect
from tlstudio.imaging.outlines import bitmap_from_parts, parts_from_bitmap
from tlstudio.imaging.rle import to_text


def bounds_of(shape: ReadShape) -> Bounds:
    """(x, y, w, h) around a box, polygon or mask; a mask without a pixel has no size."""
    if shape.box is not None:
        return shape.box
    if shape.parts is not None:
        return parts_bounds(shape.parts)
    around = shape.bitmap.bounds() if shape.bitmap is not None else None
    return (0, 0, 0, 0) if around is None else (around.x, around.y, around.w, around.h)


def outline_of(shape: ReadShape) -> Parts:
    """The shape as parts of rings: a box by its corners, a mask along the edges of its pixels."""
    if shape.parts is not None:
        return shape.parts
    if shape.box is not None:
        return rectangle(*shape.box)
    return () if shape.bitmap is None else parts_from_bitmap(shape.bitmap)


def pixels_of(shape: ReadShape, width: int, height: int) -> Bitmap:
    """The pixels of a mask, or those whose centre lies in a polygon or box."""
    if shape.bitmap is not None:
        return shape.bitmap
    return bitmap_from_parts(outline_of(shape), width, height)


def has_holes(parts: Parts) -> bool:
    return any(len(part) > 1 for part in parts)


def count_holes(parts: Parts) -> int:
    return sum(len(part) - 1 for part in parts)


def flat(ring: Ring) -> list[float]:
    """x, y, x, y, …"""
    return [value for point in ring for value in point]


def cropped(bitmap: Bitmap) -> tuple[Rect, Pixels]:
    """The smallest rectangle around the pixels, and they in it, [h, w]; 1 x 1 for none."""
    place = bitmap.bounds() or Rect(0, 0, 1, 1)
    return place, bitmap.array(*place)


def runs(values: Pixels) -> NDArray[np.int64]:
    """Lengths of runs of equal values, beginning with those that are off (0 where none is)."""
    line = values.reshape(-1)
    if not line.size:
        return np.zeros(1, dtype=np.int64)
    ends = np.flatnonzero(line[1:] != line[:-1]) + 1
    lengths = np.diff(np.concatenate(([0], ends, [line.size])))
    return np.concatenate(([0], lengths)) if line[0] else lengths


def coco_rle(bitmap: Bitmap) -> dict[str, object]:
    """COCO's compressed run lengths over the whole image: size [height, width] and counts."""
    size = [bitmap.height, bitmap.width]
    return {"size": size, "counts": to_text(column_runs(bitmap))}


def column_runs(bitmap: Bitmap) -> NDArray[np.int64]:
    """Run lengths down the columns of the whole image, beginning with those that are off.

    Only the rectangle around the pixels is looked at, so that a small mask in a large image
    costs little.
    """
    width, height = bitmap.width, bitmap.height
    place = bitmap.bounds()
    if place is None:
        return np.array([width * height], dtype=np.int64)
    columns = np.pad(bitmap.array(*place).T.astype(np.int8), ((0, 0), (1, 1)))
    change = np.diff(columns, axis=1)
    column, row = np.nonzero(change == 1)
    starts = (column + place.x) * height + row + place.y
    column, row = np.nonzero(change == -1)
    ends = (column + place.x) * height + row + place.y
    # A run that ends at the bottom goes on at the top of the next column.
    apart = np.flatnonzero(ends[:-1] != starts[1:])
    starts = np.concatenate((starts[:1], starts[apart + 1]))
    ends = np.concatenate((ends[apart], ends[-1:]))
    edges = np.empty(2 * len(starts) + 2, dtype=np.int64)
    edges[0], edges[-1] = 0, width * height
    edges[1:-1:2], edges[2:-1:2] = starts, ends
    lengths = np.diff(edges)
    return lengths if lengths[-1] else lengths[:-1]


_WORD = 8
_RUN_BITS = (4, 8, 12, 16)
_CHANNELS = 4


def brush_runs(mask: Pixels) -> list[int]:
    """Label Studio's brush: bytes of packed runs over the pixels row by row, as red, green, blue
    and alpha, each 0 or 255.

    32 bits the number of values, 5 the bits of a value less one, four times 4 the bits of a run's
    length less one; then for each run a 1, two bits which of the four, the length less one, and
    the value.
    """
    lengths = runs(mask) * _CHANNELS
    bits = [format(mask.size * _CHANNELS, "032b"), format(_WORD - 1, "05b")]
    bits += [format(size - 1, "04b") for size in _RUN_BITS]
    for place, length in enumerate(lengths.tolist()):
        value = "11111111" if place % 2 else "00000000"
        while length > 0:
            piece = min(length, 1 << _RUN_BITS[-1])
            which = next(i for i, size in enumerate(_RUN_BITS) if piece <= 1 << size)
            bits.append(f"1{which:02b}{piece - 1:0{_RUN_BITS[which]}b}{value}")
            length -= piece
    text = "".join(bits)
    text += "0" * (-len(text) % 8)
    return list(int(text, 2).to_bytes(len(text) // 8, "big"))
