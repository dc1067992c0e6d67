"""From a file to a model's input. docs/decisions/0004-preprocessing.md

The same four steps stand in every exported bundle, with numpy and Pillow only: RGB of 8 bits,
squashed to a square, divided by 255, normalised per channel.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from tlstudio.domain.models import ModelSpec
from tlstudio.imaging.display import to_rgb8
from tlstudio.imaging.reading import read_image

VERSION = "squash-1"


@dataclass(frozen=True, slots=True)
class Transform:
    """`size` in pixels, the side of the square; `mean` and `std` for values in 0..1."""

    size: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    interpolation: str = "bilinear"

    @classmethod
    def of(cls, spec: ModelSpec, size: int) -> Transform:
        return cls(size, spec.mean, spec.std, spec.interpolation)

    @property
    def hash(self) -> str:
        """Names this transform in the feature cache."""
        facts = (VERSION, self.size, self.mean, self.std, self.interpolation)
        return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]

    def read(self, path: Path) -> NDArray[np.uint8]:
        """[3, size, size] of the file's canonical image; UserError(data.…) where it has none."""
        return self.square(to_rgb8(read_image(path)))

    def square(self, image: Image.Image) -> NDArray[np.uint8]:
        """[3, size, size] of an RGB image: the whole of it, its sides' ratio given up."""
        method = Image.Resampling[self.interpolation.upper()]
        squashed = image.resize((self.size, self.size), method)
        return np.ascontiguousarray(np.asarray(squashed, dtype=np.uint8).transpose(2, 0, 1))

    def normalise(self, pixels: Tensor) -> Tensor:
        """[B, 3, S, S] float from uint8, or from float in 0..1."""
        values = pixels.float().div_(255) if pixels.dtype is torch.uint8 else pixels
        mean = torch.tensor(self.mean, device=values.device).view(1, 3, 1, 1)
        std = torch.tensor(self.std, device=values.device).view(1, 3, 1, 1)
        return values.sub_(mean).div_(std)
