"""Pixels as people and models see them: 8 bits a channel, RGB.

Training, prediction, thumbnails and hashes all look through these functions, so that an image
is the same thing everywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from tlstudio.domain.errors import UserError

if TYPE_CHECKING:
    from tlstudio.imaging.voi import FileWindow

WINDOW_OF_FILE = "tlstudio_window"
INVERTED = "tlstudio_inverted"
"""Keys of a Pillow image's info: the window that the file states (voi.FileWindow), and whether
the least values are white (a radiograph of MONOCHROME1)."""

WINDOW = (0.5, 99.5)
"""Percentiles of a deep image that become black and white."""
_SAMPLE = 1_000_000
_DEEP = frozenset({"I", "F", "I;16", "I;16B", "I;16L", "I;16N"})


def is_deep(image: Image.Image) -> bool:
    """Whether a pixel holds more than 8 bits a channel."""
    return image.mode in _DEEP


def deep_values(image: Image.Image) -> NDArray[Any]:
    """Values [height, width] of a deep image: little-endian uint16 where they fit, else as held."""
    values: NDArray[Any] = np.asarray(image)
    if values.dtype.kind == "u":
        return values.astype("<u2", copy=False)
    if values.dtype.kind == "i" and values.min() >= 0 and values.max() <= 65535:
        return values.astype("<u2")
    return values.astype(values.dtype.newbyteorder("<"), copy=False)


def to_rgb8(image: Image.Image) -> Image.Image:
    """`image` as mode RGB: deep pixels through a window, alpha over white.

    An image that is RGB already is returned as it is. UserError("data.mode") for a colour
    space that cannot be shown.
    """
    seen = to_8bit(image)
    return seen if seen.mode == "RGB" else seen.convert("RGB")


def to_8bit(image: Image.Image) -> Image.Image:
    """As `to_rgb8`, but grey images stay mode L.

    A deep image is seen through the window that its file states, else by its own percentiles;
    where the least values are white it is turned over, so that all look alike.
    """
    seen = to_8bit_as_held(image)
    return ImageOps.invert(seen) if image.info.get(INVERTED) else seen


def to_8bit_as_held(image: Image.Image) -> Image.Image:
    """As `to_8bit`, but what is white at the least values stays so."""
    mode = image.mode
    if mode in ("L", "RGB") and "transparency" not in image.info:
        return image
    if is_deep(image):
        return _windowed(image)
    if mode == "1":
        return image.convert("L")
    try:
        if mode == "RGBA" or "transparency" in image.info or mode in ("LA", "La", "PA", "RGBa"):
            return _over_white(image)
        return image.convert("RGB")
    except ValueError as error:
        raise UserError("data.mode", mode=mode, detail=str(error)) from None


def _over_white(image: Image.Image) -> Image.Image:
    whole = image.convert("RGBA")
    page = Image.new("RGB", whole.size, (255, 255, 255))
    page.paste(whole, mask=whole.getchannel("A"))
    return page


def window_of(values: NDArray[Any]) -> tuple[float, float]:
    """The values of a deep image that become black and white: percentiles over every n-th
    finite value, about a million of them; of colour, all channels of every n-th pixel. Equal
    where there is nothing to tell apart."""
    pixels = values.reshape(-1, values.shape[2]) if values.ndim == 3 else values.ravel()
    sample = pixels[:: max(1, values.size // _SAMPLE)].ravel()
    if sample.dtype.kind == "f":
        sample = sample[np.isfinite(sample)]
    if sample.size == 0:
        return 0.0, 0.0
    low, high = (float(v) for v in np.percentile(sample, WINDOW))
    if high <= low:  # a few bright points on a flat ground: show the whole range
        low, high = float(sample.min()), float(sample.max())
    return low, high


def stretched(
    values: NDArray[Any], low: float, high: float, white: float = 255.0
) -> NDArray[np.float32]:
    """`values` on a scale from 0 (`low`) to `white` (`high`), cut off there; no number is 0."""
    with np.errstate(invalid="ignore", over="ignore"):
        scaled: NDArray[np.float32] = values.astype(np.float32)
        scaled -= np.float32(low)
        scaled *= np.float32(white / (high - low) if high > low else 0.0)
    np.nan_to_num(scaled, copy=False, nan=0.0, posinf=white, neginf=0.0)
    return scaled.clip(0, np.float32(white), out=scaled)


def _windowed(image: Image.Image) -> Image.Image:
    from tlstudio.imaging.voi import parts_of_white

    values = deep_values(image)
    stated: FileWindow | None = image.info.get(WINDOW_OF_FILE)
    if stated is not None and stated.curve is not None:
        flat = parts_of_white(values, stated) * np.float32(255)
    else:
        low, high = window_of(values) if stated is None else (stated.low, stated.high)
        flat = stretched(values, low, high)
    return Image.fromarray(np.rint(flat).astype(np.uint8))
