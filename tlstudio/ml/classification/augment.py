"""Variety for pictures with one label each."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tlstudio.ml.classification.pixels import as_unit
from tlstudio.ml.randomness import derive, uniforms
from tlstudio.ml.variety import DRAWS, STRENGTHS, blurred, lit, matrices, moved


class Augmenter:
    """Changes batches by one of STRENGTHS, without mirror images where they are not wanted."""

    def __init__(self, level: str, seed: int, *, mirrored: bool = True) -> None:
        self._strength = replace(STRENGTHS[level], mirrored=mirrored)
        self._active = level != "none"
        self._seed = seed

    def apply(self, pixels: Tensor, keys: NDArray[np.int64], epoch: int) -> Tensor:
        """[B, 3, S, S] float in 0..1 from uint8 or from the same, each picture changed by what its
        key draws."""
        values = as_unit(pixels)
        if not self._active:
            return values
        stream = derive(self._seed, "augment", epoch)
        drawn = torch.from_numpy(uniforms(stream, keys, DRAWS)).float().to(pixels.device)
        maps = matrices(drawn, self._strength)
        values = moved(values, maps, mirrored=self._strength.mirrored)
        values = lit(values, drawn[:, 6:8], self._strength.light)
        if self._strength.blur:
            values = blurred(values, drawn[:, 8], self._strength.blur)
        return values
