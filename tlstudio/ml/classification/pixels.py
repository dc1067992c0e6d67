"""From a file to a model's input. docs/decisions/0004-preprocessing.md, 0018-depth.md

The same steps stand in every exported bundle, with numpy and Pillow only: raw values on a scale
from 0 to 1 by a window, squashed to a square, normalised per channel. An image of 8 bits stays
in bytes until it is squashed; a deep one is floating point all the way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tlstudio.domain.models import ModelSpec
from tlstudio.domain.windows import AUTO, Window
from tlstudio.imaging.display import to_rgb8
from tlstudio.imaging.reading import read_image
from tlstudio.imaging.unit import Seen, read_seen, resized

VERSION = "squash-2"
EIGHT_BITS = "squash-1"
"""As of older runs: deep images too were rounded to 8 bits, by their percentiles."""


@dataclass(frozen=True, slots=True)
class Transform:
    """`size` in pixels, the side of the square; `mean` and `std` for values in 0..1; `steps` is
    VERSION or EIGHT_BITS."""

    size: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    interpolation: str = "bilinear"
    window: Window = AUTO
    steps: str = VERSION

    @classmethod
    def of(cls, spec: ModelSpec, size: int, window: Window = AUTO) -> Transform:
        return cls(size, spec.mean, spec.std, spec.interpolation, window)

    @classmethod
    def kept(cls, facts: Mapping[str, Any]) -> Transform:
        """That of the model whose best.json holds `facts`."""
        return cls(
            int(facts["image_size"]),
            _three(facts["mean"]),
            _three(facts["std"]),
            str(facts["interpolation"]),
            Window.from_json(facts.get("window")),
            str(facts.get("preprocessing", EIGHT_BITS)),
        )

    def to_json(self) -> dict[str, Any]:
        """What `kept` reads again."""
        return {
            "image_size": self.size,
            "mean": list(self.mean),
            "std": list(self.std),
            "interpolation": self.interpolation,
            "preprocessing": self.steps,
            "window": self.window.to_json(),
        }

    @property
    def hash(self) -> str:
        """Names this transform in the feature cache."""
        facts: tuple[object, ...] = (
            self.steps,
            self.size,
            self.mean,
            self.std,
            self.interpolation,
        )
        if self.steps != EIGHT_BITS:
            facts += (self.window.key,)
        return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]

    def read(self, path: Path, frame: int = 0) -> Seen:
        """The square of a frame's canonical image, in as few bytes as hold it: [size, size]
        where it is grey, else [size, size, 3]; UserError(data.…) where there is no image."""
        if self.steps == EIGHT_BITS:
            return self.square(np.asarray(to_rgb8(read_image(path, frame=frame))))
        return self.square(read_seen(path, frame=frame, window=self.window))

    def square(self, image: Seen) -> Seen:
        """The whole of an image [H, W] or [H, W, 3], its sides' ratio given up."""
        return resized(image, self.size, self.size, self.interpolation)

    def normalise(self, pixels: Tensor) -> Tensor:
        """[B, 3, S, S] float from uint8, or from float in 0..1 (which is changed in place)."""
        values = as_unit(pixels)
        mean = torch.tensor(self.mean, device=values.device).view(1, 3, 1, 1)
        std = torch.tensor(self.std, device=values.device).view(1, 3, 1, 1)
        return values.sub_(mean).div_(std)


def as_unit(pixels: Tensor) -> Tensor:
    """Float in 0..1 of uint8; float as it is."""
    return pixels.float().div_(255) if pixels.dtype is torch.uint8 else pixels


def batch_of(squares: Sequence[Seen]) -> Tensor:
    """[B, 3, S, S] of squares [S, S] or [S, S, 3], channels last in memory: uint8 where all are
    that, else float32 in 0..1."""
    shallow = all(square.dtype == np.uint8 for square in squares)
    side = squares[0].shape[0]
    kind: Any = np.uint8 if shallow else np.float32
    out: NDArray[Any] = np.empty((len(squares), side, side, 3), kind)
    for place, square in enumerate(squares):
        colour = square if square.ndim == 3 else square[..., np.newaxis]
        if not shallow and square.dtype == np.uint8:
            colour = colour.astype(np.float32) / np.float32(255)
        out[place] = colour
    return torch.from_numpy(out).permute(0, 3, 1, 2)


def _three(values: Any) -> tuple[float, float, float]:
    red, green, blue = values
    return float(red), float(green), float(blue)
