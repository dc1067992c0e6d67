"""Masks as Label Studio's brush writes them: runs of bits over the bytes of an RGBA picture.

The stream (https://github.com/thi-ng/umbrella, package rle-pack): 32 bits number of values, 5
bits size of a value less 1, four times 4 bits a size of run lengths less 1; then runs: 1 bit
whether one value is repeated, 2 bits which size, that many bits length less 1, and the value
or the values.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tlstudio.domain.errors import UserError
from tlstudio.imaging.mask_images import MASK_LIMIT, mask_of_bytes

_HEAD = 32 + 5 + 4 * 4
_BYTE = 8


def alpha_of_runs(values: Sequence[object], width: int, height: int) -> NDArray[np.bool_]:
    """The pixels [height, width] whose last channel is above 0.

    Raises UserError("mask.broken") where the runs do not make a picture of that size,
    UserError("mask.too_large").
    """
    if width * height > MASK_LIMIT:
        raise UserError("mask.too_large", limit=MASK_LIMIT // 10**6)
    bits = _Bits(values)
    total = bits.number(32)
    size = bits.number(5) + 1
    lengths = [bits.number(4) + 1 for _ in range(4)]
    if size != _BYTE or total != 4 * width * height:
        raise UserError("mask.broken")
    out = np.zeros(total, dtype=np.uint8)
    done = 0
    while done < total:
        repeated = bits.number(1)
        count = min(bits.number(lengths[bits.number(2)]) + 1, total - done)
        out[done : done + count] = bits.number(_BYTE) if repeated else bits.several(count)
        done += count
    return np.asarray(out.reshape(height, width, 4)[..., 3] > 0)


class _Bits:
    """A stream of bits, the highest of a byte first."""

    def __init__(self, values: Sequence[object]) -> None:
        try:
            self._data = bytes(values)  # type: ignore[arg-type]  # what is no byte is refused
        except (TypeError, ValueError, OverflowError):
            raise UserError("mask.broken") from None
        self._at = 0

    def number(self, count: int) -> int:
        """The next `count` bits, up to 32, as a number."""
        end = self._at + count
        if end > len(self._data) * 8:
            raise UserError("mask.broken")
        last = -(-end // 8)
        some = int.from_bytes(self._data[self._at // 8 : last], "big")
        self._at = end
        return (some >> (last * 8 - end)) & ((1 << count) - 1)

    def several(self, count: int) -> NDArray[np.uint8]:
        """The next `count` bytes, wherever they begin."""
        first, end = self._at // 8, self._at + count * 8
        if end > len(self._data) * 8:
            raise UserError("mask.broken")
        raw = np.frombuffer(self._data[first : -(-end // 8)], dtype=np.uint8)
        shift = self._at % 8
        self._at = end
        if not shift:
            return raw
        both = (raw[:-1].astype(np.uint16) << 8) | raw[1:]
        return (both >> (8 - shift)).astype(np.uint8)


def mask_of_address(address: object) -> NDArray[np.bool_]:
    """The mask in an address that is itself a picture ("data:image/png;base64,…").

    Raises UserError("mask.broken"), "mask.too_large".
    """
    if not isinstance(address, str) or not address.startswith("data:image/"):
        raise UserError("mask.broken")
    try:
        data = base64.b64decode(address.partition(",")[2])
    except (binascii.Error, ValueError):
        raise UserError("mask.broken") from None
    return mask_of_bytes(data)
