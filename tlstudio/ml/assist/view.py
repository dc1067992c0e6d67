"""How an image lies in the square that the networks look at, there and back.

The longer side fills the square, the rest is grey at the right or at the bottom. Smaller sizes
are made with a filter that averages, as the networks' own authors do it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from tlstudio.domain.errors import UserError
from tlstudio.imaging.display import to_rgb8
from tlstudio.imaging.reading import read_image

SIDE = 1024
CELLS = 256
"""Masks come with so many cells a side for the whole square."""

_GREY = 114
_MEAN = (123.675, 116.28, 103.53)
_STD = (58.395, 57.12, 57.375)
_ROWS = 256


@dataclass(frozen=True, slots=True)
class Window:
    """A mask's pixels where there are any: `mask` [h, w] with its corner at `x`, `y`."""

    x: int
    y: int
    mask: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class View:
    """An image of `width` x `height` pixels in the square."""

    width: int
    height: int

    @property
    def scale(self) -> float:
        """Pixels of the square for one of the image."""
        return min(SIDE / self.width, SIDE / self.height)

    @property
    def inner(self) -> tuple[int, int]:
        """Width and height of the image in the square."""
        scale = self.scale
        return max(round(self.width * scale), 1), max(round(self.height * scale), 1)

    def square(self, image: Image.Image) -> Tensor:
        """[1, 3, SIDE, SIDE], normalised, of an RGB image of any size with this shape."""
        seen = np.full((SIDE, SIDE, 3), _GREY, dtype=np.uint8)
        width, height = self.inner
        seen[:height, :width] = np.asarray(image.resize(self.inner, Image.Resampling.BILINEAR))
        values = torch.from_numpy(seen).permute(2, 0, 1)[None].float()
        mean = torch.tensor(_MEAN).view(1, 3, 1, 1)
        return (values - mean) / torch.tensor(_STD).view(1, 3, 1, 1)

    def window(self, logits: NDArray[np.float32]) -> Window:
        """The pixels where `logits` [CELLS, CELLS], interpolated, are above zero.

        Only the part around such cells is computed, a few rows at a time.
        """
        rows, columns = self._cells()
        cut = logits[:rows, :columns]
        high, wide = cut.max(axis=1) > 0, cut.max(axis=0) > 0
        if not high.any():
            return Window(0, 0, np.zeros((0, 0), dtype=bool))
        x0, x1, left, right, part_x = _places(wide, self.width, self.inner[0] / SIDE * CELLS)
        y0, y1, upper, lower, part_y = _places(high, self.height, self.inner[1] / SIDE * CELLS)
        mask = np.zeros((y1 - y0, x1 - x0), dtype=bool)
        for start in range(0, y1 - y0, _ROWS):
            some = slice(start, start + _ROWS)
            down = part_y[some, None]
            mixed = cut[upper[some]] * (1 - down) + cut[lower[some]] * down
            mask[some] = mixed[:, left] * (1 - part_x) + mixed[:, right] * part_x > 0
        return _tight(Window(x0, y0, mask))

    def _cells(self) -> tuple[int, int]:
        """Rows and columns of cells that the image reaches."""
        width, height = self.inner
        return -(-height * CELLS // SIDE), -(-width * CELLS // SIDE)


def _places(
    inside: NDArray[np.bool_], pixels: int, cells: float
) -> tuple[int, int, NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
    """First pixel, last pixel + 1, and for each the two cells it lies between and the share of
    the second. `cells` is how many cells the `pixels` span; all pixels that a cell of `inside`
    touches are there."""
    found = np.flatnonzero(inside)
    ratio = cells / pixels
    first = max(0, int(np.floor((found[0] - 0.5) / ratio)) - 1)
    last = min(pixels, int(np.ceil((found[-1] + 1.5) / ratio)) + 1)
    centres = (np.arange(first, last) + 0.5) * ratio - 0.5
    centres = centres.clip(0, len(inside) - 1)
    low = np.floor(centres).astype(np.intp)
    high = np.minimum(low + 1, len(inside) - 1)
    return first, last, low, high, (centres - low).astype(np.float32)


def _tight(window: Window) -> Window:
    """`window` without empty rows and columns around what is in it."""
    rows = np.flatnonzero(window.mask.any(axis=1))
    columns = np.flatnonzero(window.mask.any(axis=0))
    if not rows.size:
        return Window(0, 0, np.zeros((0, 0), dtype=bool))
    mask = window.mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return Window(window.x + int(columns[0]), window.y + int(rows[0]), mask)


def read_square(path: Path, view: View, frame: int = 0) -> Tensor:
    """The file's canonical image in the square; UserError(data.…) where it cannot be read,
    assist.changed where the image is no longer the one of this size."""
    image = read_image(path, frame=frame, draft_to=SIDE)
    factor = max(1, round(view.width / image.width))
    off = max(abs(view.width - image.width * factor), abs(view.height - image.height * factor))
    if off >= factor:
        raise UserError("assist.changed", file=str(path))
    return view.square(to_rgb8(image))
