"""Run lengths, as COCO and its kin write masks: column by column, off first.

Run lengths come as a list of numbers or as one short text (pycocotools, `rleToString`): every
number but the first three is told as its difference to the one two before it, five bits to a
character, which is 48 and those bits and, but for the last character of a number, 32.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tlstudio.domain.errors import UserError
from tlstudio.imaging.bitmap import TILE, Bitmap, Pixels, Place
from tlstudio.imaging.reading import PIXEL_LIMIT

Counts = NDArray[np.int64]

_MOST_DIGITS = 12
"""Groups of five bits to a number: 60 bits hold any length that fits an image."""
_KEPT = 4
"""Bitmaps whose pixels are kept while they are looked at."""


def counts_of(value: object, width: int, height: int) -> Counts:
    """Run lengths of a mask of `width` by `height`, from a list of numbers or from text.

    Raises UserError("formats.rle") where they are none, or do not fit that size.
    """
    if isinstance(value, bytes):
        value = value.decode("ascii", errors="replace")
    if isinstance(value, str):
        counts = from_text(value)
    elif isinstance(value, list):
        counts = _from_list(value)
    else:
        raise UserError("formats.rle", detail="no run lengths")
    if width < 1 or height < 1 or width * height > PIXEL_LIMIT:
        raise UserError("formats.rle", detail=f"size {width} x {height}")
    if counts.size and (counts.min() < 0 or counts.max() > width * height):
        raise UserError("formats.rle", detail="a run of no length that fits")
    if int(counts.sum()) > width * height:
        raise UserError("formats.rle", detail=f"more pixels than {width} x {height}")
    return counts


def _from_list(values: list[object]) -> Counts:
    if not all(isinstance(v, int | float) and abs(v) < 2**53 for v in values):
        raise UserError("formats.rle", detail="no numbers")
    exact = np.array(values, dtype=np.float64)
    if not np.array_equal(exact, np.rint(exact)):
        raise UserError("formats.rle", detail="no whole numbers")
    return exact.astype(np.int64)


def from_text(text: str) -> Counts:
    """The run lengths that the text tells; UserError("formats.rle") where it tells none."""
    if not text.isascii():
        raise UserError("formats.rle", detail="no text of run lengths")
    raw = np.frombuffer(text.encode(), dtype=np.uint8).astype(np.int64)
    digits = raw - 48
    if not digits.size:
        return np.zeros(0, dtype=np.int64)
    if digits.min() < 0 or digits.max() > 63 or digits[-1] & 32:
        raise UserError("formats.rle", detail="no text of run lengths")
    last = np.flatnonzero((digits & 32) == 0)
    first = np.concatenate(([0], last[:-1] + 1))
    length = last - first + 1
    if length.max() > _MOST_DIGITS:
        raise UserError("formats.rle", detail="a number too long")
    place = np.arange(digits.size) - np.repeat(first, length)
    values = np.add.reduceat((digits & 31) << (5 * place), first)
    negative = (digits[last] & 16) != 0
    values[negative] -= np.int64(1) << (5 * length[negative])
    # The bound keeps the sums below from running over; no true run is longer.
    if np.abs(values).max() > PIXEL_LIMIT:
        raise UserError("formats.rle", detail="a run too long")
    values[1::2] = np.cumsum(values[1::2])
    values[2::2] = np.cumsum(values[2::2])
    return values


def to_text(counts: Counts) -> str:
    """The text that `from_text` reads."""
    values = counts.astype(np.int64)
    values[3:] -= counts[1:-2]
    out = bytearray()
    for value in values.tolist():
        while True:
            digit = value & 31
            value >>= 5
            done = value == (-1 if digit & 16 else 0)
            out.append(48 + digit + (0 if done else 32))
            if done:
                break
    return out.decode("ascii")


def counts_of_mask(mask: Pixels) -> Counts:
    """Run lengths of `mask` [h, w]: off first, so that the first is 0 where pixel 0 is on."""
    flat = np.asarray(mask, dtype=np.bool_).T.reshape(-1)
    if not flat.size:
        return np.zeros(0, dtype=np.int64)
    turns = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    edges = np.concatenate(([0], turns, [flat.size]))
    counts = np.diff(edges)
    return np.concatenate(([0], counts)) if flat[0] else counts


def mask_of_counts(counts: Counts, width: int, height: int) -> Pixels:
    """The mask [height, width] of run lengths that fit it (see `counts_of`)."""
    return RunBitmap.of_counts(counts, width, height).whole()


def bitmaps_of(values: NDArray[Any]) -> dict[int, RunBitmap]:
    """The pixels of each value in a map of whole numbers [h, w], the values in rising order."""
    height, width = values.shape
    if not values.size:
        return {}
    flat = values.T.reshape(-1)
    starts = np.concatenate(([0], np.flatnonzero(flat[1:] != flat[:-1]) + 1))
    ends = np.concatenate((starts[1:], [flat.size]))
    of_run = flat[starts]
    order = np.argsort(of_run, kind="stable")
    found, first = np.unique(of_run[order], return_index=True)
    return {
        int(value): RunBitmap(width, height, starts[runs], ends[runs])
        for value, runs in zip(found, np.split(order, first[1:]), strict=True)
    }


class RunBitmap(Bitmap):
    """A bitmap that holds run lengths and makes its pixels when they are asked for.

    A hundred thousand masks of a file fit in memory this way. It is for reading: changes to its
    pixels are not kept; `copy` gives a bitmap that can be changed.
    """

    __slots__ = ("_runs",)
    _recent: ClassVar[OrderedDict[int, tuple[RunBitmap, dict[Place, Pixels]]]] = OrderedDict()

    def __init__(self, width: int, height: int, starts: Counts, ends: Counts) -> None:
        """The pixels from `starts` up to `ends`, counted column by column; in rising order."""
        self.width = width
        self.height = height
        there = ends > starts
        self._runs = np.stack((starts[there], ends[there])).astype(np.uint32)

    @classmethod
    def of_counts(cls, counts: Counts, width: int, height: int) -> RunBitmap:
        """The mask of run lengths that fit it (see `counts_of`)."""
        edges = np.cumsum(counts)
        return cls(width, height, edges[0::2][: edges.size // 2], edges[1::2])

    @classmethod
    def of_mask(
        cls, mask: Pixels, x: int = 0, y: int = 0, width: int = 0, height: int = 0
    ) -> RunBitmap:
        """An image of `width` by `height` in which `mask` [h, w] lies inside at (x, y).

        Without a size the mask is as large as the image.
        """
        rows, columns = mask.shape
        width, height = width or columns, height or rows
        if (columns, rows) != (width, height):
            tall = np.zeros((height, columns), dtype=np.bool_)
            tall[y : y + rows] = mask
            mask = tall
        edges = np.cumsum(counts_of_mask(mask)) + x * height
        return cls(width, height, edges[0::2][: edges.size // 2], edges[1::2])

    @property
    def tiles(self) -> dict[Place, Pixels]:  # type: ignore[override]
        recent = RunBitmap._recent
        known = recent.get(id(self))
        if known is None or known[0] is not self:
            known = recent[id(self)] = (self, self._made())
            while len(recent) > _KEPT:
                recent.popitem(last=False)
        return known[1]

    @property
    def is_empty(self) -> bool:
        return not self._runs.size

    def area(self) -> int:
        return int((self._runs[1].astype(np.int64) - self._runs[0]).sum())

    def _made(self) -> dict[Place, Pixels]:
        """The tiles, made one column of them at a time."""
        tiles: dict[Place, Pixels] = {}
        if not self._runs.size:
            return tiles
        starts, ends = self._runs.astype(np.int64)
        height = self.height
        last = (int(ends[-1]) - 1) // height // TILE
        for column in range(int(starts[0]) // height // TILE, last + 1):
            left = column * TILE
            wide = min(self.width, left + TILE) - left
            begin, stop = left * height, (left + wide) * height
            some = slice(
                int(np.searchsorted(ends, begin, side="right")), int(np.searchsorted(starts, stop))
            )
            turns = np.zeros(stop - begin + 1, dtype=np.int8)
            turns[np.maximum(starts[some], begin) - begin] += 1
            turns[np.minimum(ends[some], stop) - begin] -= 1
            strip = np.cumsum(turns[:-1], dtype=np.int8).astype(np.bool_).reshape(wide, height).T
            for top in range(0, height, TILE):
                piece = strip[top : top + TILE]
                if piece.any():
                    tile = np.zeros((TILE, TILE), dtype=np.bool_)
                    tile[: piece.shape[0], :wide] = piece
                    tiles[column, top // TILE] = tile
        return tiles
