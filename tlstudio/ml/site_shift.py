"""Images as other sites would have taken them, for learning. What is drawn follows from seed,
epoch and showing. docs/decisions/0029-other-sites-look.md"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tlstudio.domain.fingerprint import GREY
from tlstudio.domain.recipe import Recipe
from tlstudio.imaging.looks.varying import DRAWS, P, vary
from tlstudio.ml.randomness import derive, uniforms
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.runs.snapshot import read_rows

NONE = "none"


class SiteShift:
    """Changes training images by the recipe's look_augmentation and look_strength."""

    def __init__(self, recipe: Recipe) -> None:
        self._kind, self._strength = recipe.look_augmentation, recipe.look_strength
        self._seed = recipe.seed

    @property
    def active(self) -> bool:
        return self._kind != NONE and self._strength > 0

    def one(self, pixels: P, key: int, epoch: int) -> P:
        """[H, W, 1 or 3] of uint8, uint16 or 0..1, in the same type; pixels themselves where
        nothing is to change."""
        if not self.active:
            return pixels
        return vary(pixels, self._drawn(np.array([key]), epoch)[0], self._kind, self._strength)

    def batch(self, pixels: Tensor, keys: NDArray[np.int64], epoch: int) -> Tensor:
        """[B, 3, S, S] on the processor, uint8 or 0..1; channels last in memory."""
        if not self.active:
            return pixels
        images = pixels.permute(0, 2, 3, 1).contiguous().numpy()
        made = np.empty_like(images)
        for place, drawn in enumerate(self._drawn(keys, epoch)):
            made[place] = vary(images[place], drawn, self._kind, self._strength)
        return torch.from_numpy(made).permute(0, 3, 1, 2)

    def _drawn(self, keys: NDArray[np.int64], epoch: int) -> NDArray[np.float64]:
        return uniforms(derive(self._seed, "look", epoch), keys, DRAWS)


def tell_of_site_shift(recipe: Recipe, snapshot: Path, reporter: Reporter) -> None:
    """Say so where the training images have no colour that could be changed."""
    if SiteShift(recipe).active and all(
        row.get("mode", "RGB") in GREY for row in read_rows(snapshot) if row["split"] == "train"
    ):
        reporter.remark("training.look_grey", level="info")
