"""Pixels as small as they can be kept without a loss that training could see."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tlstudio.imaging.unit import Seen

Floats = NDArray[np.float32]
Packed = NDArray[np.uint8] | NDArray[np.uint16]


def pack(seen: Seen) -> Packed:
    """[H, W] grey or [H, W, 3] as [H, W, C] whole numbers: bytes as they are, values in 0..1 in
    steps of 16 bits."""
    values = seen[..., np.newaxis] if seen.ndim == 2 else seen
    if values.dtype == np.uint8:
        plain: NDArray[np.uint8] = np.ascontiguousarray(values, dtype=np.uint8)
        return plain
    deep: NDArray[np.uint16] = np.rint(values * np.float32(65535)).astype(np.uint16)
    return deep


def unpack(packed: Packed) -> Floats:
    """[H, W, 3] in 0..1 again."""
    most = np.float32(255 if packed.dtype == np.uint8 else 65535)
    values = packed.astype(np.float32) / most
    return np.repeat(values, 3, axis=2) if values.shape[2] == 1 else values
