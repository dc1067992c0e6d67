"""From pixels to the rings around them and back, exactly.

Rings run along the edges of pixels, on whole numbers. A pixel belongs to an outline if its
centre does, so that tracing and filling again gives the same pixels.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from tlstudio.domain.errors import UserError
from tlstudio.domain.shapes import Parts, Ring
from tlstudio.imaging.bitmap import TILE, Bitmap, Pixels

_Ints = NDArray[np.int64]
_Corner = tuple[int, int]

# How many rings turn at a grid point, by which of the four pixels around it are on
# (1 top left, 2 top right, 4 bottom left, 8 bottom right).
_TURNS = np.array([0, 1, 1, 0, 1, 0, 2, 1, 1, 2, 0, 1, 0, 1, 1, 0], dtype=np.uint8)
_TOP_RIGHT, _BOTTOM_RIGHT = 2, 8
_RISING = 6  # only top right and bottom left are on


def bitmap_from_parts(parts: Parts, width: int, height: int) -> Bitmap:
    """The pixels whose centre lies inside, clipped to the image.

    A ring that crosses itself covers by the even-odd rule; a part covers its outer ring less
    its holes; parts cover what any of them does. Left and top edges belong to a ring, right and
    bottom ones do not, so that neighbours share no pixel. UserError("shape.not_finite") for
    coordinates that are no numbers.
    """
    made = Bitmap(width, height)
    for part in parts:
        if not part or len(part[0]) < 3:
            continue
        for top, left, mask in _bands(part[0], width, height):
            for hole in part[1:]:
                _punch(mask, hole, left, top)
            made.put(mask, left, top, on=True)
    return made


def _bands(ring: Ring, width: int, height: int) -> Iterator[tuple[int, int, Pixels]]:
    """(top, left, mask) of the ring, a row of tiles at a time, so that memory stays bounded."""
    points = _array(ring)
    left, top = (max(0, int(v)) for v in np.floor(points.min(axis=0)))
    right, bottom = (int(v) for v in np.ceil(points.max(axis=0)))
    right, bottom = min(width, right), min(height, bottom)
    if left >= right:
        return
    while top < bottom:
        end = min(bottom, (top // TILE + 1) * TILE)
        yield top, left, _filled(points, left, top, right - left, end - top)
        top = end


def _array(ring: Ring) -> NDArray[np.float64]:
    points = np.array(ring, dtype=np.float64)
    if not np.isfinite(points).all():
        raise UserError("shape.not_finite")
    return points


def _punch(mask: Pixels, hole: Ring, left: int, top: int) -> None:
    if len(hole) < 3:
        return
    points = _array(hole)
    x, y = (int(v) for v in np.floor(points.min(axis=0)))
    right, bottom = (int(v) for v in np.ceil(points.max(axis=0)))
    x, y = max(x, left), max(y, top)
    right, bottom = min(right, left + mask.shape[1]), min(bottom, top + mask.shape[0])
    if x < right and y < bottom:
        mask[y - top : bottom - top, x - left : right - left] &= ~_filled(
            points, x, y, right - x, bottom - y
        )


def _filled(points: NDArray[np.float64], x: int, y: int, w: int, h: int) -> Pixels:
    """Pixels [h, w] at (x, y) inside a ring: each edge toggles what lies right of it."""
    ends = np.roll(points, -1, axis=0)
    swap = points[:, 1] > ends[:, 1]
    upper = np.where(swap[:, None], ends, points)
    lower = np.where(swap[:, None], points, ends)
    # The rows whose centre an edge passes: upper <= row + 0.5 < lower.
    first = np.clip(np.ceil(upper[:, 1] - 0.5) - y, 0, h).astype(np.int64)
    last = np.clip(np.ceil(lower[:, 1] - 0.5) - y, 0, h).astype(np.int64)
    count = last - first
    edge = np.repeat(np.arange(len(count)), count)
    row = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count) + first[edge]
    start, stop = upper[edge], lower[edge]
    rise = (row + (y + 0.5) - start[:, 1]) / (stop[:, 1] - start[:, 1])
    crossing = start[:, 0] + rise * (stop[:, 0] - start[:, 0])
    column = np.clip(np.ceil(crossing - 0.5) - x, 0, w).astype(np.int64)
    toggles = np.zeros((h, w + 1), dtype=np.uint8)
    np.add.at(toggles, (row, column), 1)
    np.cumsum(toggles, axis=1, dtype=np.uint8, out=toggles)
    return (toggles[:, :w] & 1).astype(np.bool_)


def rings_around(bitmap: Bitmap) -> list[tuple[Ring, bool, tuple[float, float]]]:
    """Every ring around the pixels: (ring, whether it is a hole, a point just inside the mask).

    Pixels that touch only at a corner are apart; no ring visits a point twice. Outer rings run
    clockwise on the screen, holes the other way.
    """
    bounds = bitmap.bounds()
    if bounds is None:
        return []
    corners = _Corners(np.pad(bitmap.array(*bounds), 1), bounds.x, bounds.y)
    return [_described(ring) for loop in corners.loops() for ring in _simple(loop)]


class _Corners:
    """The corners of the outlines, each twice where two rings touch, and how they link up."""

    def __init__(self, mask: Pixels, x: int, y: int) -> None:
        """`mask` has a margin of one pixel that is off; (x, y) is its first pixel within."""
        on = mask.view(np.uint8)
        kind = on[:-1, :-1] | on[:-1, 1:] << 1 | on[1:, :-1] << 2 | on[1:, 1:] << 3
        row, column = np.nonzero(_TURNS[kind])
        twice = _TURNS[kind[row, column]]
        row, column = np.repeat(row, twice), np.repeat(column, twice)
        self._kind = kind[row, column]
        self._x, self._y = column + x, row + y

    def loops(self) -> Iterator[list[_Corner]]:
        """Closed walks with the mask on the right hand."""
        beside, below = self._mates()
        xs, ys, kinds = self._x.tolist(), self._y.tolist(), self._kind.tolist()
        seen = bytearray(len(xs))
        for start in range(0, len(xs), 2):
            if seen[start]:
                continue
            # The first corner of a row's pair: its line runs to the right, and the mask lies
            # below it where the pixel to its bottom right is on.
            walk: list[_Corner] = []
            at = start
            while not seen[at]:
                other = beside[at]
                seen[at] = seen[other] = 1
                walk += [(xs[at], ys[at]), (xs[other], ys[other])]
                at = below[other]
            falling = kinds[start] & _BOTTOM_RIGHT and not kinds[start] & _TOP_RIGHT
            yield walk if falling else walk[::-1]

    def _mates(self) -> tuple[list[int], list[int]]:
        """For each corner the one at the other end of its level line, and of its upright one.

        Sorted along a line, corners pair up as first and second, third and fourth.
        """
        count = len(self._x)
        index = np.arange(count)
        beside = index ^ 1
        # Of a doubled corner the first ends the level line from the left. It goes with the line
        # from above, as the first there, unless the mask lies top right and bottom left.
        second = np.zeros(count, dtype=np.int64)
        doubled = np.flatnonzero(_TURNS[self._kind] == 2)
        second[doubled[1::2]] = 1
        rising = self._kind == _RISING
        second[rising] = 1 - second[rising]
        order = np.lexsort((second, self._y, self._x))
        below = np.empty(count, dtype=np.int64)
        below[order[0::2]] = order[1::2]
        below[order[1::2]] = order[0::2]
        return beside.tolist(), below.tolist()


def _simple(loop: list[_Corner]) -> Iterable[list[_Corner]]:
    """The walk, divided wherever it comes back to a point."""
    if len(set(loop)) == len(loop):
        return [loop]
    rings: list[list[_Corner]] = []
    stack: list[_Corner] = []
    place: dict[_Corner, int] = {}
    for corner in loop:
        if corner in place:
            since = place[corner]
            rings.append(stack[since:])
            for gone in stack[since:]:
                del place[gone]
            del stack[since:]
        place[corner] = len(stack)
        stack.append(corner)
    return [*rings, stack]


def _described(ring: Sequence[_Corner]) -> tuple[Ring, bool, tuple[float, float]]:
    following = [*ring[1:], ring[0]]
    twice = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, following, strict=True))
    start, end = next((a, b) for a, b in zip(ring, following, strict=True) if a[1] == b[1])
    side = 0.5 if end[0] > start[0] else -0.5
    inside = (min(start[0], end[0]) + 0.5, start[1] + side)
    return tuple((float(x), float(y)) for x, y in ring), twice < 0, inside
