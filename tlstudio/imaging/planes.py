"""One frame, page or slice of a file, decoded: its pixels and what the file says of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tlstudio.domain.spacing import Spacing
from tlstudio.imaging.display import INVERTED, WINDOW_OF_FILE, stretched, window_of
from tlstudio.imaging.voi import FileWindow


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """`image` is canonical; grey values deeper than 8 bits are in it as they are (I;16, I, F).

    `values` [h, w, 3] hold colour deeper than 8 bits, which `image` has cut down to 8; None for
    all else. `mode` and `bit_depth` (bits a channel) are those of the file; `full` are the least
    and the greatest value that the file could hold, where it says so. `windows` are those that
    the file states, the one meant to be seen first. `inverted`: the least values are white.
    `unit` of the values is "" where nobody has said ("HU" in a CT).
    """

    image: Image.Image
    mode: str
    bit_depth: int
    orientation: int = 1
    values: NDArray[Any] | None = None
    spacing: Spacing | None = None
    windows: tuple[FileWindow, ...] = ()
    inverted: bool = False
    unit: str = ""
    full: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if self.windows:
            self.image.info[WINDOW_OF_FILE] = self.windows[0]
        if self.inverted:
            self.image.info[INVERTED] = True


def image_of(values: NDArray[Any]) -> Image.Image:
    """A Pillow image of grey [h, w]: 8 bits and unsigned 16 bits as they are, other whole numbers
    as mode I where they fit, all else as 32-bit floats (F)."""
    kind, size = values.dtype.kind, values.dtype.itemsize
    if kind == "b":
        return Image.fromarray(np.where(values, np.uint8(255), np.uint8(0)))
    if kind == "u" and size <= 2:
        return Image.fromarray(np.ascontiguousarray(values.astype(f"<u{size}", copy=False)))
    if kind in "iu" and _fits(values):
        return Image.fromarray(np.ascontiguousarray(values.astype(np.int32, copy=False)))
    with np.errstate(over="ignore"):  # beyond what 32-bit floats can say: infinite
        return Image.fromarray(np.ascontiguousarray(values.astype(np.float32, copy=False)))


def _fits(values: NDArray[Any]) -> bool:
    if values.dtype.itemsize < 4 or values.dtype == np.dtype("=i4"):
        return True
    limits = np.iinfo(np.int32)
    return bool(values.min() >= limits.min and values.max() <= limits.max)


def deep_colour(
    values: NDArray[Any],
    mode: str,
    bit_depth: int,
    *,
    spacing: Spacing | None = None,
    orientation: int = 1,
) -> Plane:
    """A plane of colour [h, w, 3] of any depth. What is deeper than 8 bits is seen through its
    own percentiles, all channels through the same."""
    if values.dtype == np.uint8:
        held = Image.fromarray(np.ascontiguousarray(values))
        return Plane(held, mode, 8, orientation, spacing=spacing)
    if values.dtype != np.uint16:
        with np.errstate(over="ignore"):
            values = values.astype(np.float32, copy=False)
    seen = np.rint(stretched(values, *window_of(values))).astype(np.uint8)
    return Plane(Image.fromarray(seen), mode, bit_depth, orientation, values, spacing)


def over_white(values: NDArray[Any]) -> NDArray[Any]:
    """Grey or colour [h, w, 2 or 4] over white; its last channel is how opaque a pixel is."""
    white = float(np.iinfo(values.dtype).max) if values.dtype.kind in "iu" else 1.0
    part = values[..., -1:].astype(np.float32) / np.float32(white)
    found = values[..., :-1].astype(np.float32) * part + np.float32(white) * (1 - part)
    if values.dtype.kind in "iu":
        found = np.rint(found).clip(0, white).astype(values.dtype)
    flat: NDArray[Any] = found[..., 0] if found.shape[2] == 1 else found
    return flat
