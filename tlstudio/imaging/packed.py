"""A mask as a short piece of text, to be sent from one process to another."""

from __future__ import annotations

import base64
import binascii
import zlib

import numpy as np
from numpy.typing import NDArray


def pack(mask: NDArray[np.bool_]) -> str:
    """`mask` [h, w] as base64 of zlib of its bits, each row told as its difference to the row
    above: edges move little from row to row, so that hardly anything is left to be sent."""
    bits = np.packbits(mask, axis=1)
    bits[1:] ^= np.packbits(mask[:-1], axis=1)
    return base64.b64encode(zlib.compress(bits.tobytes(), 6)).decode("ascii")


def unpack(text: str, width: int, height: int) -> NDArray[np.bool_]:
    """The mask [height, width] that `pack` told; ValueError where the text is no such mask."""
    row = (width + 7) // 8
    try:
        data = zlib.decompressobj().decompress(base64.b64decode(text, validate=True), row * height)
    except (binascii.Error, zlib.error) as error:
        raise ValueError(f"no packed mask: {error}") from error
    if len(data) != row * height:
        raise ValueError(f"a packed mask of {len(data)} bytes, not of {row * height}")
    if not data:
        return np.zeros((height, width), dtype=bool)
    rows = np.frombuffer(data, dtype=np.uint8).reshape(height, row)
    bits = np.bitwise_xor.accumulate(rows, axis=0)
    return np.unpackbits(bits, axis=1, count=width).astype(bool)
