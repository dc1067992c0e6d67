"""One frame, page or slice of a file, decoded: its pixels and what the file says of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tlstudio.domain.spacing import Spacing
from tlstudio.imaging.display import INVERTED, WINDOW_OF_FILE
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
    """A Pillow image of [h, w] or [h, w, 3]: 8 bits and 16 bits as they are, whole numbers as
    mode I where they fit, all else as 32-bit floats; deep colour is cut down to 8 bits."""
    if values.ndim == 3:
        if values.dtype == np.uint8:
            return Image.fromarray(np.ascontiguousarray(values))
        return Image.fromarray(to_bytes(values))
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


def to_bytes(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Colour values as 8 bits: the upper byte of whole numbers; floats from their own least (0 at
    most) to their greatest (1 at least) value."""
    if values.dtype == np.uint8:
        return values
    if values.dtype.kind == "u":
        upper: NDArray[np.uint8] = (values >> (8 * (values.dtype.itemsize - 1))).astype(np.uint8)
        return upper
    finite = values[np.isfinite(values)]
    low = min(0.0, float(finite.min())) if finite.size else 0.0
    high = max(1.0, float(finite.max())) if finite.size else 1.0
    with np.errstate(invalid="ignore"):
        part = np.nan_to_num((values.astype(np.float32) - low) / (high - low), nan=0.0)
    return np.rint(part.clip(0, 1) * 255).astype(np.uint8)
