# SPDX-License-Identifier: AGPL-3.0-or-later
"""From an image file to the numbers that the model sees. Made by TL Studio; predict.py uses it.

It needs Python 3.9 or newer, numpy and Pillow; pydicom for DICOM files, tifffile and imagecodecs
for colour of 16 bits a channel and TIFFs of several channels. Raw values are put on a scale from
0 to 1 by the window that bundle.json names, without being rounded to 8 bits on the way.
"""

from __future__ import annotations

import sys
import warnings
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

IMAGE_ENDINGS = (
    ".avif", ".bmp", ".dib", ".gif", ".j2k", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpg", ".mpo",
    ".pbm", ".pgm", ".png", ".pnm", ".ppm", ".tif", ".tiff", ".webp",
)  # fmt: skip
DICOM_ENDINGS = (".dc3", ".dcm", ".dicom", ".ima")
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


class OtherKind(Trouble):
    """A file of a kind that TL Studio reads and this program does not."""


class Held:
    """A picture's values [height, width] or [height, width, 3]: uint8, uint16 or float32.

    `window` is (low, high, curve or None) where the file states one, `inverted` says that the
    least values are white, `full` is what the bits can hold where the file says so.
    """

    def __init__(
        self, values: np.ndarray, window: Any = None, inverted: bool = False, full: Any = None
    ) -> None:
        self.values, self.window, self.inverted, self.full = values, window, inverted, full


def read_values(path: Path, frame: int = 0) -> Held:
    """The values that the file holds of a frame (0 is the first), transparency over white."""
    try:
        with path.open("rb") as file:
            head = file.read(352)
    except FileNotFoundError:
        raise Trouble(f"{path}: there is no such file") from None
    except OSError as reason:
        raise Trouble(f"{path}: {reason.strerror}") from None
    name = path.name.lower()
    bare = name.endswith(DICOM_ENDINGS)
    if head[128:132] == b"DICM" or (bare and head[:2] in (b"\2\0", b"\10\0", b"\0\10")):
        return dicom_values(path, frame)
    if name.endswith((".nii", ".nii.gz")) or head[344:348] == b"n+1\0":
        raise OtherKind(f"{path}: NIfTI is not read here; save its slices as 16-bit PNG or TIFF")
    return plain_values(path, frame)


def dicom_values(path: Path, frame: int) -> Held:
    """By read_dicom.py beside this file, where pydicom is installed."""
    try:
        told = beside("read_dicom.py").read_dicom(path, frame)
    except ImportError:
        raise Trouble(
            f"{path}: to read DICOM, type: pip install pydicom pylibjpeg[all]"
            " (it takes Python 3.10 or newer)"
        ) from None
    except Exception as reason:  # damaged files raise anything
        raise Trouble(f"{path}: cannot be read as DICOM ({reason})") from None
    return Held(settled(told["values"]), told["window"], told["inverted"], told["full"])


@cache
def beside(name: str) -> Any:
    """The file `name` beside this one as a module; no compiled copy of it is left behind."""
    file = Path(__file__).resolve().with_name(name)
    spec: Any = spec_from_file_location(file.stem, file)
    writing, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = writing
    return module


def plain_values(path: Path, frame: int) -> Held:
    """What Pillow reads; colour of 16 bits, which it cuts down to 8, by other libraries."""
    image = read_image(path, frame)
    if isinstance(image, Held):
        return image
    if image.mode in DEEP_MODES:
        return Held(settled(np.asarray(image)))
    if image.mode in ("L", "1") and "transparency" not in image.info:
        return Held(np.asarray(image.convert("L")))
    return Held(np.asarray(to_rgb(image)))


def read_image(path: Path, frame: int = 0) -> Any:
    """A frame of `path` as Pillow has it, turned upright by its EXIF, in the mode it was stored
    in; as Held where Pillow would not give all of it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path, formats=known_formats()) as image:
                if image.width * image.height > PIXEL_LIMIT:
                    raise Trouble(f"{path}: has more than {PIXEL_LIMIT // 10**6} million pixels")
                place, channel = seek(image, path, frame)
                if deep_kind(image):
                    return deep_picture(image, path, place, channel)
                image.load()
                turn = TURNS.get(orientation_of(image))
                return image.copy() if turn is None else image.transpose(turn)
    except Trouble:
        raise
    except FileNotFoundError:
        raise Trouble(f"{path}: there is no such file") from None
    except UnidentifiedImageError:
        return unknown_to_pillow(path, frame)
    except Exception as reason:  # decoders raise whatever they like over damaged files
        raise Trouble(f"{path}: cannot be read as an image ({reason})") from None


def seek(image: Any, path: Path, frame: int) -> Any:
    """Turn to a frame. Gives its place in the file and its channel, None for a picture."""
    frames = frames_of(image)
    if not 0 <= frame < len(frames):
        raise Trouble(f"{path}: there is no frame {frame + 1}")
    image.seek(frames[frame][0])
    return frames[frame]


def frames_of(image: Any) -> list[Any]:
    """(place, channel) of every frame; smaller copies and masks within a TIFF do not count. Its
    channels are frames where the first page has some."""
    if image.format == "MPO":
        return [(0, None)]
    places = range(getattr(image, "n_frames", 1))
    if image.format != "TIFF":
        return [(place, None) for place in places]
    found: list[Any] = []
    tiff = beside("read_tiff.py")
    several = tiff.has_channels(image)
    for place in places:
        image.seek(place)
        if place == 0 or not int(image.tag_v2.get(254, 0)) & 5:
            channels = tiff.channels_of(*tiff.kind_of(image)) if several else [None]
            found += [(place, channel) for channel in channels]
    return found


def deep_kind(image: Any) -> bool:
    """Whether Pillow would give the picture at less than its depth, or wrong."""
    if image.format == "TIFF":
        tags = image.tag_v2

        def tag(code: int, otherwise: int) -> int:
            value = tags.get(code, otherwise)
            return int(max(value)) if isinstance(value, tuple) else int(value)

        bits, kind, samples, light = tag(258, 1), tag(339, 1), tag(277, 1), tag(262, 1)
        if beside("read_tiff.py").has_channels(image):
            return True
        if bits == 8:
            return kind == 2
        if samples > 1:
            return bits > 8 and light in (0, 1, 2)
        return (bits, kind) == (32, 1) or (bits > 8 and light == 0)
    several = image.mode in ("RGB", "RGBA", "LA")
    return image.format == "PNG" and several and ";16" in str(image.tile)


def deep_picture(image: Any, path: Path, place: int, channel: Any) -> Held:
    """A TIFF by tifffile, a PNG by imagecodecs."""
    try:
        if image.format == "TIFF":
            return tiff_values(path, place, channel)
        from imagecodecs import png_decode
    except ImportError:
        raise Trouble(
            f"{path}: to read images of this kind, type: pip install tifffile imagecodecs"
        ) from None
    values = png_decode(path.read_bytes())
    if image.mode != "RGB":
        values = over_white(values)
    return Held(settled(turned(values, orientation_of(image))))


def unknown_to_pillow(path: Path, frame: int) -> Held:
    """A TIFF of a kind that Pillow does not know at all."""
    with path.open("rb") as file:
        if file.read(4) not in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
            raise Trouble(f"{path}: is not an image of a known format")
    try:
        frames = beside("read_tiff.py").frames_in(path)
        if not 0 <= frame < len(frames):
            raise Trouble(f"{path}: there is no frame {frame + 1}")
        return tiff_values(path, *frames[frame])
    except ImportError:
        raise Trouble(f"{path}: to read this TIFF, type: pip install tifffile") from None
    except Trouble:
        raise
    except Exception as reason:  # damaged files raise anything
        raise Trouble(f"{path}: cannot be read as an image ({reason})") from None


def tiff_values(path: Path, place: int, channel: Any) -> Held:
    """By read_tiff.py beside this file, turned upright and over white."""
    told = beside("read_tiff.py").read_tiff(path, place, channel)
    values = over_white(told["values"]) if told["clear"] else told["values"]
    if values.ndim == 3 and (values.shape[2] != 3 or not told["colour"]):
        raise OtherKind(f"{path}: a TIFF of this kind is not read here")
    return Held(settled(turned(values, told["orientation"])), inverted=told["inverted"])


def over_white(values: np.ndarray) -> np.ndarray:
    """[height, width, 2 or 4] over white; the last channel is how opaque a pixel is."""
    whole = values.dtype.kind in "iu"
    white = np.float32(np.iinfo(values.dtype).max if whole else 1.0)
    part = values[..., -1:].astype(np.float32) / white
    found: np.ndarray = values[..., :-1].astype(np.float32) * part + white * (1 - part)
    if whole:
        found = np.rint(found).clip(0, white).astype(values.dtype)
    flat: np.ndarray = found[..., 0] if found.shape[2] == 1 else found
    return flat


def turned(values: np.ndarray, orientation: int) -> np.ndarray:
    """Values turned upright by an EXIF orientation."""
    if orientation in (5, 6, 7, 8):
        values = values.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        values = values[::-1]
    if orientation in (2, 3, 6, 7):
        values = values[:, ::-1]
    return np.ascontiguousarray(values)


def settled(values: np.ndarray) -> np.ndarray:
    """uint8 as it is, uint16 where all values fit in, else float32."""
    if values.dtype.kind == "b":
        return np.where(values, np.uint8(255), np.uint8(0))
    if values.dtype == np.uint8:
        return values
    if values.dtype.kind in "iu" and (
        values.dtype == np.uint16 or (values.min() >= 0 and values.max() <= 65535)
    ):
        return values.astype(np.uint16)
    with np.errstate(over="ignore"):
        return values.astype(np.float32)


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


def limits(held: Held, window: dict[str, Any]) -> tuple[float, float]:
    """The raw values that become 0 and 1, by the window's kind.

    auto: 8 bits as they are, deeper ones by the file's window, else as percentiles; file: the
    file's window, else as auto; full: all that the bits can hold, of floating point all that is
    there; fixed: low to high.
    """
    values, kind = held.values, window["kind"]
    deep = values.dtype != np.uint8
    if kind == "fixed":
        return float(window["low"]), float(window["high"])
    if held.window is not None and (kind == "file" or (kind == "auto" and deep)):
        return float(held.window[0]), float(held.window[1])
    if kind == "percentiles" or (deep and kind in ("auto", "file")):
        return percentiles(values)
    if held.full is not None:
        return float(held.full[0]), float(held.full[1])
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


def see(held: Held, rules: dict[str, Any]) -> np.ndarray:
    """Through the window: uint8 where it changes nothing, else float32 in 0..1."""
    values, eight = held.values, rules["steps"] == "squash-1"  # older models saw 8 bits, no more
    low, high = limits(held, {"kind": "auto"} if eight else rules["window"])
    if values.dtype == np.uint8 and (low, high) == (0, 255):
        return np.uint8(255) - values if held.inverted else values
    curve = held.window[2] if held.window is not None else None
    if curve is not None and (low, high) == (held.window[0], held.window[1]):
        found = stretched(values, low, high, 1.0)
        found = np.interp(found, np.linspace(0, 1, curve.size), curve).astype(np.float32)
        found = found * np.float32(255) if eight else found
    else:
        found = stretched(values, low, high, 255.0 if eight else 1.0)
    if eight:
        flat: np.ndarray = np.rint(found).astype(np.uint8)
        return np.uint8(255) - flat if held.inverted else flat
    return np.float32(1) - found if held.inverted else found


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


def prepare(held: Held, rules: dict[str, Any]) -> np.ndarray:
    """float32 [3, side, side] from what a picture holds, by the rules of bundle.json."""
    methods = {
        "bilinear": Image.Resampling.BILINEAR,
        "bicubic": Image.Resampling.BICUBIC,
        "lanczos": Image.Resampling.LANCZOS,
    }
    square = resized(see(held, rules), rules["size"], methods[rules["resize"]])
    if square.ndim == 2:
        square = np.repeat(square[..., np.newaxis], 3, axis=2)
    unit = square / np.float32(255) if square.dtype == np.uint8 else square
    scaled = (unit - np.float32(rules["mean"])) / np.float32(rules["std"])
    return np.ascontiguousarray(scaled.transpose(2, 0, 1), dtype=np.float32)
