"""A part of an image at any size: exact pixels from 1:1 up, smooth below.

The place of image point x on a grid of `size` over `rect` is (x - rect.x) * size / rect.w; no
pixel is drawn further than half a grid pixel from where it belongs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Values = NDArray[Any]
Rect = tuple[float, float, float, float]
Size = tuple[int, int]

_NEARLY = 1e-6
_TRIES = 24


class _Span(NamedTuple):
    """Along one axis: cells `first` to `last` of a level make `made` pixels, of which those
    from `skip` on are wanted; `off` is by how much the worst is drawn aside."""

    first: int
    last: int
    made: int
    skip: int
    off: float


def resampled(
    levels: Sequence[Values], width: int, height: int, rect: Rect, size: Size, *, smooth: bool
) -> Values:
    """[h, w] or [h, w, 3] of `size` (w, h) over `rect` (x, y, w, h) in image pixels.

    `levels` show the image of `width` by `height` at full size and at halves of it, or at any
    one smaller size. With `smooth` pixels are blended also where they are enlarged.
    """
    x, y, w, h = rect
    scale = max(size[0] / w, size[1] / h)
    number = 0
    while number + 1 < len(levels) and scale * _cell(levels, number, width) * 2 <= 1 + _NEARLY:
        number += 1
    level = levels[number]
    # Halves are exact; a draft's cells are what its size makes of them.
    across = _cell(levels, number, width)
    down = _cell(levels, number, height, axis=0)
    begin = (x / across, y / down)
    step = (w / across / size[0], h / down / size[1])
    if max(step) <= 1 + _NEARLY and not smooth:
        return _nearest(level, begin, step, size)
    return _linear(level, begin, step, size)


def _cell(levels: Sequence[Values], number: int, length: int, axis: int = 1) -> float:
    """Image pixels that a pixel of a level covers along an axis."""
    cell: float = length / levels[0].shape[axis] * 2.0**number
    return cell


def _nearest(
    level: Values, begin: tuple[float, float], step: tuple[float, float], size: Size
) -> Values:
    """Each grid pixel is the level's pixel under its centre."""
    columns = _under(begin[0], step[0], size[0], level.shape[1])
    rows = _under(begin[1], step[1], size[1], level.shape[0])
    part = level[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    if size[0] == part.shape[1] and size[1] == part.shape[0]:
        return part
    taken: Values = part.take(columns - columns[0], axis=1).take(rows - rows[0], axis=0)
    return taken


def _under(begin: float, step: float, count: int, length: int) -> NDArray[np.intp]:
    # The smallest push keeps a centre that falls on an edge from flickering with rounding.
    at = np.floor(begin + (np.arange(count) + 0.5) * step + 1e-9)
    inside: NDArray[np.intp] = at.clip(0, length - 1).astype(np.intp)
    return inside


def _linear(
    level: Values, begin: tuple[float, float], step: tuple[float, float], size: Size
) -> Values:
    from tlstudio.imaging.opencv import cv2

    across = _span(begin[0], step[0], size[0], level.shape[1])
    down = _span(begin[1], step[1], size[1], level.shape[0])
    if across is not None and down is not None and max(across.off, down.off) <= 0.5:
        # Several times quicker than what serves any offset.
        part = level[down.first : down.last, across.first : across.last]
        made = cv2.resize(part, (across.made, down.made), interpolation=cv2.INTER_LINEAR)
        whole: Values = made[down.skip : down.skip + size[1], across.skip : across.skip + size[0]]
        return whole
    # OpenCV counts from the middle of the first pixel.
    matrix = np.array(
        [
            [step[0], 0, begin[0] + step[0] / 2 - 0.5],
            [0, step[1], begin[1] + step[1] / 2 - 0.5],
        ]
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    drawn: Values = cv2.warpAffine(
        level, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return drawn


def _span(begin: float, step: float, count: int, length: int) -> _Span | None:
    """The whole cells whose resizing comes nearest to the grid; None where the grid leaves the
    level."""
    end = begin + step * count
    if begin < -_NEARLY or end > length + _NEARLY:
        return None
    first = max(0, math.floor(begin + _NEARLY))
    starts = range(first, max(-1, first - _TRIES), -1)
    start = min(starts, key=lambda s: _off_whole((begin - s) / step))
    least = min(length, math.ceil(end - _NEARLY))
    stop = min(
        range(least, min(length, least + _TRIES) + 1), key=lambda s: _off_whole((s - start) / step)
    )
    made, skip = round((stop - start) / step), round((begin - start) / step)
    if skip + count > made or made < 1:
        return None
    # Where grid pixel i is taken from, against where it belongs, at both ends.
    unit = (stop - start) / made
    offs = (abs(start + (i + skip) * unit - begin - i * step) / step for i in (0, count))
    return _Span(start, stop, made, skip, max(offs))


def _off_whole(value: float) -> float:
    return abs(value - round(value))
