"""An image as arrays to look at: its raw values, and the same at half the size, again and again."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tlstudio.domain.spacing import Spacing
from tlstudio.imaging.budget import PixelBudget
from tlstudio.imaging.display import deep_values, is_deep, to_8bit_as_held
from tlstudio.imaging.pages import opened_pages
from tlstudio.imaging.plain import LYING, decoded, identified, opened
from tlstudio.imaging.planes import Plane
from tlstudio.imaging.voi import FileWindow

Values = NDArray[Any]

SMALLEST = 1024
"""Halving ends when the longer side is at most this many pixels."""

_JPEG = b"\xff\xd8\xff"
_DRAFT = 700  # the longer side of a JPEG's draft is at least this
_STRIP = 4_000_000  # pixels copied at a time, so that a huge image is not held three times

# Apart from the budget of imports, for which a person who looks at an image must not wait.
_DECODING = PixelBudget(150_000_000)


@dataclass(frozen=True, slots=True)
class Raw:
    """Values [h, w] or [h, w, 3] of the canonical image: uint8, uint16 or float32, in the units
    of the file's modality (Hounsfield units in a CT).

    `bit_depth` is that of `values`: 8, 16 or 32; `width` and `height` are those of the whole
    image, which a draft is smaller than; `spacing` is what the file says about the size of a
    pixel. `windows` are those that the file states, the one to be seen first; `unit` is "" where
    nobody has said. `inverted`: the least values are white (MONOCHROME1); the values stay as
    they are, and who shows or learns from them turns them over last. `full` are the least and
    the greatest value the file could hold (its stored bits, rescaled), None where any.
    """

    values: Values
    bit_depth: int
    width: int
    height: int
    spacing: Spacing | None = None
    windows: tuple[FileWindow, ...] = ()
    inverted: bool = False
    unit: str = ""
    full: tuple[float, float] | None = None

    @property
    def window(self) -> FileWindow | None:
        """The window that the file wants to be seen through."""
        return self.windows[0] if self.windows else None


def read_raw(path: Path, *, frame: int = 0) -> Raw:
    """A frame with the values the file holds; what `display.to_8bit` makes of colour with
    alpha, palettes and other colour spaces. Raises the UserErrors of `reading.read_image`."""
    with opened_pages(path) as pages, _DECODING.holding(pages.area(frame)):
        return raw_of(pages.read(frame, lasting=False))


def raw_of(plane: Plane) -> Raw:
    """The same as arrays."""
    values = _values(plane.image) if plane.values is None else plane.values
    height, width = values.shape[:2]
    return Raw(
        values,
        values.itemsize * 8,
        width,
        height,
        plane.spacing,
        plane.windows,
        plane.inverted,
        plane.unit,
        plane.full if plane.full is not None else _range(values),
    )


def _range(values: Values) -> tuple[float, float] | None:
    return None if values.dtype.kind == "f" else (0.0, float(np.iinfo(values.dtype).max))


def read_draft(path: Path) -> Raw | None:
    """A JPEG at an eighth to half of its size, decoded at that; None for all other files."""
    with opened(path) as file:
        if file.read(len(_JPEG)) != _JPEG:
            return None
    with opened(path) as file, identified(file, path) as image:
        longer = max(image.size)
        part = next((n for n in (8, 4, 2) if longer // n >= _DRAFT), 1)
        if image.format not in ("JPEG", "MPO") or part == 1:
            return None
        width, height = image.size
        image.draft(image.mode, (width // part, height // part))
        whole, orientation = decoded(image, path, lasting=False)
        values = _values(whole)
    if orientation in LYING:
        width, height = height, width
    return Raw(values, 8, width, height)


def read_thumbnail(jpeg: bytes, width: int, height: int) -> Raw:
    """A thumbnail in place of an image of `width` by `height`."""
    with Image.open(io.BytesIO(jpeg)) as image:
        return Raw(_values(image), 8, width, height)


def halved_until_small(values: Values) -> tuple[Values, ...]:
    """`values`, then each time half the size by area, until the longer side is SMALLEST or less.

    Pixel (i, j) of a level is the mean of (2i, 2j) to (2i+1, 2j+1) of the one before it; at an
    odd edge of those that are there.
    """
    levels = [values]
    while max(levels[-1].shape[:2]) > SMALLEST:
        levels.append(_halved(levels[-1]))
    return tuple(levels)


def _halved(values: Values) -> Values:
    from tlstudio.imaging.opencv import cv2

    h, w = values.shape[:2]
    half_h, half_w = h // 2, w // 2
    out = np.empty(((h + 1) // 2, (w + 1) // 2, *values.shape[2:]), dtype=values.dtype)

    def mean(part: Values, height: int, width: int) -> Values:
        # Exact halves are what OpenCV averages ten times faster than any other size.
        small: Values = cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA)
        return small

    even = values[: half_h * 2, : half_w * 2]
    if even.size:
        out[:half_h, :half_w] = mean(even, half_h, half_w)
    if w % 2 and half_h:
        out[:half_h, -1:] = mean(values[: half_h * 2, -1:], half_h, 1).reshape(
            out[:half_h, -1:].shape
        )
    if h % 2 and half_w:
        out[-1:, :half_w] = mean(values[-1:, : half_w * 2], 1, half_w).reshape(
            out[-1:, :half_w].shape
        )
    if h % 2 and w % 2:
        out[-1, -1] = values[-1, -1]
    return out


def _values(image: Image.Image) -> Values:
    if is_deep(image):
        values = deep_values(image)
        return values.astype(np.uint16 if values.dtype.kind == "u" else np.float32, copy=False)
    image = to_8bit_as_held(image)
    shape = (image.height, image.width) if image.mode == "L" else (image.height, image.width, 3)
    out = np.empty(shape, dtype=np.uint8)
    rows = max(1, _STRIP // max(1, image.width))
    for top in range(0, image.height, rows):
        bottom = min(image.height, top + rows)
        out[top:bottom] = np.asarray(image.crop((0, top, image.width, bottom)))
    return out
