"""What makes two pictures the same: exact pixel hashes and 64-bit perceptual ones."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tlstudio.imaging.display import deep_values, is_deep

_STRIP = 4_000_000  # pixels hashed at a time, so that a huge image is not held twice
_SIDE = 32
_KEPT = 8


def _cosines() -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """First rows [8, 32] of the type-II discrete cosine transform."""
    k, n = np.mgrid[0:_KEPT, 0:_SIDE]
    basis: np.ndarray[tuple[int, int], np.dtype[np.float64]] = np.cos(
        np.pi * (2 * n + 1) * k / (2 * _SIDE)
    )
    return basis


_BASIS = _cosines()


def pixel_hash(
    image: Image.Image,
    seen: Image.Image,
    *,
    deep: NDArray[Any] | None = None,
    inverted: bool = False,
) -> str:
    """SHA-256 of the canonical pixels, 64 hexadecimal digits.

    `seen` is `to_8bit(image)`. Files that differ only in packing (palette, grey saved as RGB,
    opaque alpha, PNG or BMP) have one hash; deep images are hashed at their full depth,
    colour too where `deep` holds it [h, w, 3]. The same values seen the other way round
    (`inverted`) are other pixels.
    """
    digest = hashlib.sha256(b"inverted\n" if inverted and is_deep(image) else b"")
    if deep is not None:
        values = deep.astype(deep.dtype.newbyteorder("<"), copy=False)
        digest.update(f"deep {values.dtype.str} {image.width}x{image.height}x3\n".encode())
        digest.update(np.ascontiguousarray(values).data)
        return digest.hexdigest()
    if is_deep(image):
        values = deep_values(image)
        digest.update(f"deep {values.dtype.str} {image.width}x{image.height}\n".encode())
        digest.update(np.ascontiguousarray(values).data)
        return digest.hexdigest()
    raw = seen.tobytes() if seen.width * seen.height <= _STRIP else None
    grey = seen if seen.mode != "RGB" or not _all_grey(seen, raw) else seen.getchannel(0)
    digest.update(f"{grey.mode} {grey.width}x{grey.height}\n".encode())
    if raw is not None:
        digest.update(raw if grey is seen else grey.tobytes())
    else:
        for strip in _strips(grey):
            digest.update(strip.tobytes())
    return digest.hexdigest()


def near_hash(seen: Image.Image) -> str:
    """Perceptual hash, 16 hexadecimal digits: near pictures differ in few of its 64 bits.

    Signs of the lowest 8x8 cosine coefficients of the 32x32 grey image against their median
    (the "pHash" of Zauner, Implementation and Benchmarking of Perceptual Image Hash Functions,
    2010). The constant term counts as below, so that brightness alone does not change a hash.
    """
    return near_hashes([seen])[0]


def near_hashes(several: Sequence[Image.Image]) -> list[str]:
    """The `near_hash` of each: of small pictures together at half the price."""
    pixels = np.empty((len(several), _SIDE, _SIDE))
    for place, seen in enumerate(several):
        small = seen.resize((_SIDE, _SIDE), Image.Resampling.BOX, reducing_gap=2.0).convert("L")
        pixels[place] = np.frombuffer(small.tobytes(), np.uint8).reshape(_SIDE, _SIDE)
    low = np.round(_BASIS @ pixels @ _BASIS.T, 3).reshape(len(several), _KEPT * _KEPT)
    low[:, 0] = -np.inf
    median = np.sort(low[:, 1:], axis=1)[:, low.shape[1] // 2 - 1 :][:, :1]
    bits = (low > median) & low[:, 1:].any(axis=1, keepdims=True)
    return [one.tobytes().hex() for one in np.packbits(bits, axis=1)]


def _all_grey(seen: Image.Image, raw: bytes | None) -> bool:
    """Whether the channels of an RGB image are equal everywhere; `raw` are its bytes, if at
    hand. Nearly all colour images show it in a few pixels."""
    for strip in [raw] if raw is not None else (s.tobytes() for s in _strips(seen)):
        pixels = np.frombuffer(strip, np.uint8).reshape(-1, 3)
        for some in (pixels[:: max(1, len(pixels) // 64)], pixels):
            red = some[:, 0]
            if not ((red == some[:, 1]).all() and (red == some[:, 2]).all()):
                return False
    return True


def _strips(image: Image.Image) -> Iterator[Image.Image]:
    width, height = image.size
    rows = max(1, _STRIP // max(1, width))
    if rows >= height:
        yield image
        return
    for top in range(0, height, rows):
        yield image.crop((0, top, width, min(height, top + rows)))
