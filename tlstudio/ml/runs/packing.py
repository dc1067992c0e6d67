"""Pixels as small as they can be kept without losing a value that a file can hold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Packed = NDArray[np.uint8] | NDArray[np.uint16]

_CLOSE = 1e-4  # of one step of 8 bits


def pack(unit: Floats) -> Packed:
    """[H, W, 3] in 0..1 as [H, W, C] whole numbers: uint8 where every value is one of 8 bits,
    else uint16; one channel where all three are alike."""
    if np.array_equal(unit[..., 0], unit[..., 1]) and np.array_equal(unit[..., 0], unit[..., 2]):
        unit = unit[..., :1]
    steps = unit * np.float32(255)
    whole = np.rint(steps)
    if float(np.abs(steps - whole).max(initial=0)) < _CLOSE:
        eight: NDArray[np.uint8] = whole.astype(np.uint8)
        return eight
    sixteen: NDArray[np.uint16] = np.rint(unit * np.float32(65535)).astype(np.uint16)
    return sixteen


def unpack(packed: Packed) -> Floats:
    """[H, W, 3] in 0..1 again; single precision is exact to a step of either depth."""
    most = np.float32(255 if packed.dtype == np.uint8 else 65535)
    values = packed.astype(np.float32) / most
    return np.repeat(values, 3, axis=2) if values.shape[2] == 1 else values
