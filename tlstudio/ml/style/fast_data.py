"""What a stylizer learns from: squares out of pictures, at many scales, as their keys say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tlstudio.domain.windows import Window
from tlstudio.imaging.unit import Seen, read_seen, resized
from tlstudio.ml.randomness import derive, uniforms
from tlstudio.ml.runs.packing import Packed, pack, unpack
from tlstudio.ml.runs.snapshot import Picture

ROOM = 2.0
"""A picture is kept so that its shorter side is at most this many squares long."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Loader:
    """Reads pictures for squares of `size` pixels; `window` is the choice of raw values."""

    size: int
    window: Window

    def load(self, picture: Picture) -> Packed:
        """[H, W, C] packed, its shorter side from `size` to ROOM times that; UserError where the
        file holds no image."""
        seen = read_seen(picture.path, frame=picture.frame, window=self.window)
        height, width = seen.shape[:2]
        shorter = min(height, width)
        wanted = min(max(shorter, self.size), round(ROOM * self.size))
        if wanted != shorter:
            scale = wanted / shorter
            seen = resized(
                seen, max(wanted, round(width * scale)), max(wanted, round(height * scale))
            )
        return pack(seen)


def cutter(size: int, seed: int, epoch: int) -> Callable[[Packed, int, int], Floats]:
    """A function that cuts [size, size, 3] in 0..1 out of a loaded picture, where its key says:
    a square of any place and of any side there is room for, mirrored or not."""
    stream = derive(seed, "square", epoch)

    def cut(packed: Packed, _place: int, key: int) -> Floats:
        scale, top, left, mirrored = uniforms(stream, np.array([key]), 4)[0].tolist()
        height, width = packed.shape[:2]
        most = min(height, width)
        side = min(most, round(size * (most / size) ** scale))
        y, x = int(top * (height - side + 1)), int(left * (width - side + 1))
        square = to_side(packed[y : y + side, x : x + side], size)
        return square[:, ::-1] if mirrored < 0.5 else square

    return cut


def middle(packed: Packed, size: int) -> Floats:
    """[size, size, 3] in 0..1: the square in the middle of a loaded picture, as large as it is."""
    height, width = packed.shape[:2]
    side = min(height, width)
    y, x = (height - side) // 2, (width - side) // 2
    return to_side(packed[y : y + side, x : x + side], size)


def to_side(square: Packed, size: int) -> Floats:
    """A packed square as [size, size, 3] in 0..1."""
    if len(square) == size:
        return unpack(square)
    if square.dtype != np.uint8:
        return np.asarray(resized(unpack(square), size, size), np.float32)
    flat = square[..., 0] if square.shape[2] == 1 else square
    seen: Seen = np.ascontiguousarray(flat, dtype=np.uint8)  # bytes are resized much sooner
    return unpack(pack(resized(seen, size, size)))


def stacked(squares: list[Floats], device: torch.device) -> Tensor:
    """[N, 3, S, S] in 0..1, channels last in memory."""
    return torch.from_numpy(np.stack(squares)).to(device).permute(0, 3, 1, 2)
