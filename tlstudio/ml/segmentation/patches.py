"""Patches to learn from, and how they are varied. All of it follows from seed, epoch and key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tlstudio.imaging.semantic import Map
from tlstudio.ml.randomness import derive, uniforms
from tlstudio.ml.runs.packing import Packed, unpack
from tlstudio.ml.runs.store import Places
from tlstudio.ml.segmentation.data import Sample
from tlstudio.ml.variety import DRAWS, STRENGTHS, blurred, lit, matrices, moved

ON_OBJECTS = 1 / 3
"""Share of patches that are laid over an object of a label drawn evenly, as in nnU-Net (Isensee
et al. 2021)."""

MOST_SHOWINGS = 8  # of one image in an epoch


def cutter(size: int, seed: int, epoch: int) -> Callable[[Sample, int, int], tuple[Packed, Map]]:
    """A function that cuts a square of `size` pixels out of a sample, where its key says."""
    stream = derive(seed, "patch", epoch)

    def cut(sample: Sample, _place: int, key: int) -> tuple[Packed, Map]:
        drawn = uniforms(stream, np.array([key]), 5)[0]
        top, left = _corner(sample, size, drawn)
        area = (slice(top, top + size), slice(left, left + size))
        return sample.pixels[area], sample.classes[area]

    return cut


def _corner(sample: Sample, size: int, drawn: NDArray[np.float64]) -> tuple[int, int]:
    height, width = sample.classes.shape
    rooms = (height - size, width - size)
    if sample.spots and drawn[0] < ON_OBJECTS:
        labels = sorted(sample.spots)
        spots = sample.spots[labels[int(drawn[1] * len(labels))]]
        spot = spots[int(drawn[2] * len(spots))]
        over = spot - (drawn[3:5] * size).astype(np.int32)
        top, left = np.clip(over, 0, rooms).tolist()
        return top, left
    top, left = (int(drawn[3 + axis] * (rooms[axis] + 1)) for axis in (0, 1))
    return top, left


def showings(width: int, height: int, size: int) -> int:
    """How often an image of this scaled size is shown in an epoch: once, and more often where a
    patch of `size` sees but a small part of it."""
    return max(1, min(MOST_SHOWINGS, round(width * height / size**2 / 2)))


class Varier:
    """Changes patches and their maps alike by one of STRENGTHS, without mirror images where they
    are not wanted."""

    def __init__(self, level: str, seed: int, *, mirrored: bool = True) -> None:
        self._strength = replace(STRENGTHS[level], mirrored=mirrored)
        self._active = level != "none"
        self._seed = seed

    def apply(
        self, pixels: Tensor, classes: Tensor, keys: Places, epoch: int
    ) -> tuple[Tensor, Tensor]:
        """[B, 3, S, S] in 0..1 with classes [B, S, S] as whole numbers, both varied."""
        if not self._active:
            return pixels, classes
        stream = derive(self._seed, "vary", epoch)
        drawn = torch.from_numpy(uniforms(stream, keys, DRAWS + 1)).float().to(pixels.device)
        mirrored = self._strength.mirrored
        maps = matrices(drawn, self._strength)
        if self._strength.flip_y:  # no way up: quarter turns too
            turned = maps[:, [1, 0]]
            if not mirrored:  # exchanging the axes alone mirrors
                turned = turned * turned.new_tensor([[1.0], [-1.0]])
            maps = torch.where((drawn[:, 9] < 0.5).view(-1, 1, 1), turned, maps)
        values = moved(pixels, maps, mirrored=mirrored)
        values = lit(values, drawn[:, 6:8], self._strength.light)
        if self._strength.blur:
            values = blurred(values, drawn[:, 8], self._strength.blur)
        found = moved(classes[:, None].float(), maps, "nearest", mirrored=mirrored)[:, 0]
        return values, found.round().long()


def stacked(patches: list[tuple[Packed, Map]], device: torch.device) -> tuple[Tensor, Tensor]:
    """Patches as [B, 3, S, S] in 0..1, channels last in memory, and classes [B, S, S]."""
    pixels = torch.from_numpy(np.stack([unpack(values) for values, _ in patches]))
    classes = torch.from_numpy(np.stack([classes for _, classes in patches]))
    return pixels.to(device).permute(0, 3, 1, 2), classes.to(device).long()
