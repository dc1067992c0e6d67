"""How a segmenter looks at an image: at which scale, through which windows.

The same steps stand in an exported bundle: values in 0..1, the image made larger or smaller,
mirrored at its right and lower border until a window fits, normalised per channel.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tlstudio.domain.models import ModelSpec
from tlstudio.domain.recipe import Recipe
from tlstudio.imaging.unit import Seen, resized
from tlstudio.ml.runs.packing import Packed

VERSION = "windows-1"
WHOLE = -1
"""The patch of a model that sees whole images."""
NEAR = 32  # pixels that a whole image may be smaller than the window and keep its size


@dataclass(frozen=True, slots=True)
class View:
    """`size` is the side of the square the model sees, in pixels; `patch` the side of that
    square on the image as it is, or WHOLE; `overlap` the least share that windows have in common
    with the next one."""

    size: int
    patch: int
    overlap: float
    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    @classmethod
    def of(cls, spec: ModelSpec, recipe: Recipe) -> View:
        """Of a recipe whose automatic values are settled."""
        size = recipe.image_size or spec.input_size
        return cls(size, recipe.patch or size, recipe.overlap, spec.mean, spec.std)

    @classmethod
    def kept(cls, facts: Mapping[str, Any]) -> View:
        """Of the facts in best.json."""
        mean, std = tuple(facts["mean"]), tuple(facts["std"])
        return cls(int(facts["image_size"]), int(facts["patch"]), facts["overlap"], mean, std)

    def to_json(self) -> dict[str, Any]:
        """The facts that a bundle needs, under their names in best.json."""
        return {
            "image_size": self.size,
            "patch": self.patch,
            "overlap": self.overlap,
            "mean": list(self.mean),
            "std": list(self.std),
            "interpolation": "bilinear",
            "preprocessing": VERSION,
        }

    def scaled(self, width: int, height: int) -> tuple[int, int]:
        """Width and height at which the model sees an image of this size.

        A patch of `patch` pixels becomes one of `size`. A whole image fills the window with its
        longer side, but keeps its size where it is hardly smaller than the window.
        """
        if self.patch == WHOLE:
            longer = max(width, height)
            share = 1.0 if 0 <= self.size - longer < NEAR else self.size / longer
        else:
            share = self.size / self.patch
        return max(1, round(width * share)), max(1, round(height * share))

    def scale(self, image: Seen) -> Seen:
        """The image at the scale the model sees."""
        height, width = image.shape[:2]
        wanted = self.scaled(width, height)
        return image if wanted == (width, height) else resized(image, *wanted)

    def starts(self, length: int) -> list[int]:
        """Where windows begin along a side of `length` pixels of the scaled image: evenly, with
        at least the overlap; a side shorter than a window has one."""
        room = max(0, length - self.size)
        step = max(1.0, self.size * (1 - self.overlap))
        count = math.ceil(room / step) + 1
        return [round(place) for place in np.linspace(0, room, count)]

    def normalise(self, values: Tensor) -> Tensor:
        """[B, 3, S, S] in 0..1, changed in place to what the network takes."""
        mean = torch.tensor(self.mean, device=values.device).view(1, 3, 1, 1)
        std = torch.tensor(self.std, device=values.device).view(1, 3, 1, 1)
        return values.sub_(mean).div_(std)


def filled(values: Packed, size: int) -> Packed:
    """[H, W, C] mirrored at the right and lower border to at least `size` a side."""
    height, width = values.shape[:2]
    more = ((0, max(0, size - height)), (0, max(0, size - width)), (0, 0))
    if more == ((0, 0),) * 3:
        return values
    made: Any = np.pad(values, more, mode="symmetric")
    return cast(Packed, made)


def filled_map(classes: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """[H, W] of classes with void beyond the right and lower border, to at least `size` a side."""
    from tlstudio.imaging.semantic import VOID

    height, width = classes.shape
    more = ((0, max(0, size - height)), (0, max(0, size - width)))
    return np.pad(classes, more, constant_values=VOID)
