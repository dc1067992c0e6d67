"""The image that travels with a bundle, so that anybody can see the model answer as expected."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tlstudio.domain.errors import UserError
from tlstudio.domain.windows import AUTO, Window
from tlstudio.imaging.unit import Seen, read_seen, resized, to_rgb8
from tlstudio.ml.export.parity import Shown

FILE = "sample.png"
TOLERANCE = 1e-3
"""Wider than that of the parity check: other machines and library versions round otherwise."""

LONGEST_SIDE = 1024


def write_picture(
    folder: Path, images: Sequence[Shown], window: Window, *, eight_bits: bool = False
) -> tuple[str, Window]:
    """Write sample.png; gives its kind, image or pattern, and the window to see it by.

    It is the first readable one of `images` as the model sees it through `window`, its pixels
    alone: no metadata, no name, at most 1024 px long; in 16 bits where it is deep and grey and
    the model is not one of `eight_bits`, else in 8. So the window is not the model's own.
    """
    found = _first(images, window)
    kind = "pattern" if found is None else "image"
    seen = _shrunk(_pattern() if found is None else found)
    return kind, _write(folder / FILE, seen, eight_bits=eight_bits)


def _first(images: Sequence[Shown], window: Window) -> Seen | None:
    for each in images:
        try:
            return read_seen(each.path, frame=each.frame, window=window)
        except UserError:
            continue
    return None


def _shrunk(image: Seen) -> Seen:
    height, width = image.shape[:2]
    part = LONGEST_SIDE / max(height, width)
    if part >= 1:
        return image
    return resized(image, max(1, round(width * part)), max(1, round(height * part)))


def _write(file: Path, image: Seen, *, eight_bits: bool) -> Window:
    """Write it; gives the window by which the file is what `image` is."""
    deep = image.dtype != np.uint8 and image.ndim == 2 and not eight_bits
    if deep:
        sixteen = np.rint(image * np.float32(65535)).astype(np.uint16)
        Image.fromarray(sixteen).save(file)
        return Window("full")
    Image.fromarray(to_rgb8(image)).save(file)
    return AUTO


def _pattern() -> NDArray[np.uint8]:
    """Rings and bands of many colours, so that every channel matters."""
    y, x = np.mgrid[0:256, 0:256] / 255 - 0.5
    ring = np.sin(40 * np.hypot(x, y))
    bands = np.stack([ring, np.sin(25 * x + 9 * y), np.cos(17 * y - 5 * x)], axis=-1)
    pattern: NDArray[np.uint8] = (127.5 + 120 * bands).astype(np.uint8)
    return pattern
