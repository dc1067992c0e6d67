"""What models see of a file: its raw values on a scale from 0 to 1, by a window.

Training, prediction, evaluation and the live page read pixels through these functions and no
others. Nothing is rounded to 8 bits on the way. docs/decisions/0018-depth.md
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tlstudio.domain.windows import AUTO, Window
from tlstudio.imaging.display import stretched, window_of
from tlstudio.imaging.levels import Raw, read_raw
from tlstudio.imaging.voi import curved

Seen = NDArray[np.uint8] | NDArray[np.float32]
"""[H, W] grey or [H, W, 3] colour: uint8 as held by the file where the window changes nothing,
else float32 in 0..1."""


def read_unit(path: Path, *, frame: int = 0, window: Window = AUTO) -> NDArray[np.float32]:
    """[H, W, 3] in 0..1 of the canonical image, grey repeated to three channels.

    Values are those of the raw ones, in their order and as many of them, inside the window;
    what is no number is 0. Raises the UserErrors of `reading.read_image`.
    """
    return to_unit(read_seen(path, frame=frame, window=window))


def read_rgb8(path: Path, *, frame: int = 0, window: Window = AUTO) -> NDArray[np.uint8]:
    """[H, W, 3]: `read_unit` rounded to 8 bits, for screens and for models of 8 bits."""
    return to_rgb8(read_seen(path, frame=frame, window=window))


def read_seen(path: Path, *, frame: int = 0, window: Window = AUTO) -> Seen:
    """The image in as few bytes as hold it exactly; `read_unit` without the three channels."""
    return seen(read_raw(path, frame=frame), window)


def seen(raw: Raw, window: Window) -> Seen:
    """`read_seen` of an image that is read already.

    A lookup table or a sigmoid of the file's own window shapes the values inside it; where the
    least values are white they are turned over last.
    """
    values, own = raw.values, raw.window
    low, high = limits(raw, window)
    if values.dtype == np.uint8 and (low, high) == (0, 255):
        return np.uint8(255) - values if raw.inverted else values
    found = stretched(values, low, high, white=1.0)
    if own is not None and own.curve is not None and (low, high) == (own.low, own.high):
        found = curved(found, own.curve)
    return np.float32(1) - found if raw.inverted else found


def limits(raw: Raw, window: Window) -> tuple[float, float]:
    """The raw values that `window` makes 0 and 1 in an image. Equal limits: all is 0."""
    if window.kind == "fixed" and window.low is not None and window.high is not None:
        return window.low, window.high
    deep, stated = raw.values.dtype != np.uint8, raw.window
    if stated is not None and (window.kind == "file" or (window.kind == "auto" and deep)):
        return stated.low, stated.high
    if window.kind == "full" or (window.kind in ("auto", "file") and not deep):
        return raw.full or _range(raw.values)
    return window_of(raw.values)


def to_unit(image: Seen) -> NDArray[np.float32]:
    """[H, W, 3] float32 in 0..1."""
    if image.dtype == np.uint8:
        image = image.astype(np.float32) / np.float32(255)
    return _three(image)


def to_rgb8(image: Seen) -> NDArray[np.uint8]:
    """[H, W, 3] uint8."""
    if image.dtype != np.uint8:
        image = np.rint(image * np.float32(255)).astype(np.uint8)
    return _three(image)


def resized(image: Seen, width: int, height: int, interpolation: str = "bilinear") -> Seen:
    """`image` at another size, averaged over all pixels where it becomes smaller; of its kind.

    `interpolation` is a name of Pillow's: nearest, bilinear, bicubic, lanczos. Each channel of a
    float image is resized in floating point and kept in 0..1.
    """
    method = Image.Resampling[interpolation.upper()]
    if image.dtype == np.uint8:
        return np.asarray(Image.fromarray(image).resize((width, height), method))

    def one(channel: NDArray[Any]) -> NDArray[np.float32]:
        whole = Image.fromarray(np.ascontiguousarray(channel))
        return np.asarray(whole.resize((width, height), method)).clip(0, 1)

    if image.ndim == 2:
        return one(image)
    return np.stack([one(image[..., c]) for c in range(image.shape[2])], axis=-1)


def _range(values: NDArray[Any]) -> tuple[float, float]:
    """All that the bits can hold; of floating point, what is there."""
    if values.dtype.kind == "u":
        return 0.0, float(np.iinfo(values.dtype).max)
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)


def _three(image: NDArray[Any]) -> NDArray[Any]:
    if image.ndim == 3:
        return np.ascontiguousarray(image)
    return np.repeat(image[..., np.newaxis], 3, axis=2)
