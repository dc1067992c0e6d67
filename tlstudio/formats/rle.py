"""Masks that hold run lengths (see imaging.rle) and make their pixels when they are asked for."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tlstudio.imaging.bitmap import TILE, Bitmap, Pixels, Place
from tlstudio.imaging.rle import Counts, counts_of_mask

_KEPT = 4
"""Bitmaps whose pixels are kept while they are looked at."""


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
