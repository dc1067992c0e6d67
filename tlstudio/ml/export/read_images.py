# SPDX-License-Identifier: AGPL-3.0-or-later
"""From an image file to the numbers that the model sees. Made by TL Studio; predict.py uses it.

It needs Python 3.9 or newer, numpy and Pillow. Raw values are put on a scale from 0 to 1 by the
window that bundle.json names, without being rounded to 8 bits on the way.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

IMAGE_ENDINGS = (
    ".avif", ".bmp", ".dib", ".gif", ".j2k", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpg", ".mpo",
    ".pbm", ".pgm", ".png", ".pnm", ".ppm", ".tif", ".tiff", ".webp",
)  # fmt: skip
PIXEL_LIMIT = 400000000
FORMATS = ("JPEG", "MPO", "PNG", "BMP", "DIB", "GIF", "TIFF", "WEBP", "PPM", "JPEG2000", "AVIF")
DEEP_MODES = ("I", "F", "I;16", "I;16B", "I;16L", "I;16N")
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
Image.MAX_IMAGE_PIXELS = None  # PIXEL_LIMIT is checked instead


class Trouble(Exception):
    """Something the person at the keyboard can mend; its text says what."""


def read_image(path: Path) -> Image.Image:
    """The first frame in `path`, turned upright by its EXIF, in the mode it was stored in."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path, formats=known_formats()) as image:
                if image.width * image.height > PIXEL_LIMIT:
                    raise Trouble(f"{path}: has more than {PIXEL_LIMIT // 10**6} million pixels")
                image.load()
                turn = TURNS.get(orientation_of(image))
                return image.copy() if turn is None else image.transpose(turn)
    except Trouble:
        raise
    except FileNotFoundError:
        raise Trouble(f"{path}: there is no such file") from None
    except UnidentifiedImageError:
        raise Trouble(f"{path}: is not an image of a known format") from None
    except Exception as reason:  # decoders raise whatever they like over damaged files
        raise Trouble(f"{path}: cannot be read as an image ({reason})") from None


def known_formats() -> list[str]:
    """Those of FORMATS that this Pillow can read."""
    Image.init()
    return [name for name in FORMATS if name in Image.OPEN]


def orientation_of(image: Image.Image) -> int:
    """EXIF orientation, 1 to 8; 1 where it is absent or senseless."""
    try:
        value = int(image.getexif().get(0x0112, 1))
        return value if value in TURNS else 1
    except Exception:  # broken metadata never costs the image
        return 1


def read_values(path: Path) -> np.ndarray:
    """[height, width] grey or [height, width, 3] colour: uint8, uint16 or float32, the values
    that the file holds, transparency over white."""
    image = read_image(path)
    if image.mode in DEEP_MODES:
        return deep_values(image)
    if image.mode in ("L", "1") and "transparency" not in image.info:
        return np.asarray(image.convert("L"))
    return np.asarray(to_rgb(image))


def deep_values(image: Image.Image) -> np.ndarray:
    """uint16 where all values fit in, else float32."""
    values = np.asarray(image)
    if values.dtype.kind == "u":
        return values.astype(np.uint16)
    if values.dtype.kind == "i" and values.min() >= 0 and values.max() <= 65535:
        return values.astype(np.uint16)
    return values.astype(np.float32)


def to_rgb(image: Image.Image) -> Image.Image:
    """Eight bits of red, green and blue, transparency over white."""
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    if image.mode in ("RGBA", "LA", "La", "PA", "RGBa") or "transparency" in image.info:
        whole = image.convert("RGBA")
        page = Image.new("RGB", whole.size, (255, 255, 255))
        page.paste(whole, mask=whole.getchannel("A"))
        return page
    return image.convert("RGB")


def limits(values: np.ndarray, window: dict[str, Any]) -> tuple[float, float]:
    """The raw values that become 0 and 1, by the window's kind.

    auto and file: 8 bits as they are, deeper ones as percentiles; full: all that the bits can
    hold, of floating point all that is there; fixed: low to high.
    """
    kind, deep = window["kind"], values.dtype != np.uint8
    if kind == "fixed":
        return float(window["low"]), float(window["high"])
    if kind == "percentiles" or (deep and kind in ("auto", "file")):
        return percentiles(values)
    if values.dtype.kind == "u":
        return 0.0, float(np.iinfo(values.dtype).max)
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)


def percentiles(values: np.ndarray) -> tuple[float, float]:
    """The 0.5 and 99.5 percentiles over every n-th finite value, about a million of them; the
    whole range where they are the same."""
    pixels = values.reshape(-1, values.shape[2]) if values.ndim == 3 else values.ravel()
    sample = pixels[:: max(1, values.size // 1000000)].ravel()
    if sample.dtype.kind == "f":
        sample = sample[np.isfinite(sample)]
    if sample.size == 0:
        return 0.0, 0.0
    low, high = (float(v) for v in np.percentile(sample, (0.5, 99.5)))
    return (low, high) if high > low else (float(sample.min()), float(sample.max()))


def stretched(values: np.ndarray, low: float, high: float, white: float) -> np.ndarray:
    """float32 from 0 (low) to white (high), cut off there; what is no number is 0."""
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = values.astype(np.float32)
        scaled -= np.float32(low)
        scaled *= np.float32(white / (high - low) if high > low else 0.0)
    np.nan_to_num(scaled, copy=False, nan=0.0, posinf=white, neginf=0.0)
    np.clip(scaled, 0, np.float32(white), out=scaled)
    return scaled


def see(values: np.ndarray, rules: dict[str, Any]) -> np.ndarray:
    """Through the window: uint8 where it changes nothing, else float32 in 0..1."""
    if rules["steps"] == "squash-1":  # models of older versions saw 8 bits and no more
        if values.dtype == np.uint8:
            return values
        flat: np.ndarray = np.rint(stretched(values, *percentiles(values), 255.0))
        return flat.astype(np.uint8)
    low, high = limits(values, rules["window"])
    if values.dtype == np.uint8 and (low, high) == (0, 255):
        return values
    return stretched(values, low, high, 1.0)


def resized(seen: np.ndarray, side: int, method: Any) -> np.ndarray:
    """The whole of it as a square; floating point channel by channel."""
    if seen.dtype == np.uint8:
        return np.asarray(Image.fromarray(seen).resize((side, side), method))

    def one(channel: np.ndarray) -> np.ndarray:
        whole = Image.fromarray(np.ascontiguousarray(channel))
        return np.asarray(whole.resize((side, side), method)).clip(0, 1)

    if seen.ndim == 2:
        return one(seen)
    return np.stack([one(seen[..., c]) for c in range(3)], axis=-1)


def prepare(values: np.ndarray, rules: dict[str, Any]) -> np.ndarray:
    """float32 [3, side, side] from a picture's values, by the rules of bundle.json."""
    methods = {
        "bilinear": Image.Resampling.BILINEAR,
        "bicubic": Image.Resampling.BICUBIC,
        "lanczos": Image.Resampling.LANCZOS,
    }
    square = resized(see(values, rules), rules["size"], methods[rules["resize"]])
    if square.ndim == 2:
        square = np.repeat(square[..., np.newaxis], 3, axis=2)
    unit = square / np.float32(255) if square.dtype == np.uint8 else square
    scaled = (unit - np.float32(rules["mean"])) / np.float32(rules["std"])
    return np.ascontiguousarray(scaled.transpose(2, 0, 1), dtype=np.float32)
