"""Made-up variety for boxes: flips, zoom, shifts, light. What is drawn follows from seed, epoch
and showing.

Boxes stay upright, so nothing is turned: a box about a turned box would be too large.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from tlstudio.ml.detection.canvas import Canvas
from tlstudio.ml.detection.data import VISIBLE, Boxes, Piece, clipped, large_enough
from tlstudio.ml.randomness import derive, uniforms

DRAWS = 9


@dataclass(frozen=True, slots=True)
class Strength:
    """Largest changes: `zoom` as a logarithm, `shift` as a share of the sides, `light` as a share
    of brightness and contrast, `colour` as a share of each channel's gain. Without `mirrored`
    nothing is shown mirrored: what would be upside down is given half a turn."""

    zoom: float = 0.0
    shift: float = 0.0
    light: float = 0.0
    colour: float = 0.0
    flip_x: bool = False
    flip_y: bool = False
    mirrored: bool = True


STRENGTHS: dict[str, Strength] = {
    "none": Strength(),
    "light": Strength(zoom=0.1, shift=0.05, light=0.1, flip_x=True),
    "medium": Strength(zoom=0.3, shift=0.1, light=0.2, colour=0.1, flip_x=True),
    "strong": Strength(zoom=0.5, shift=0.2, light=0.35, colour=0.2, flip_x=True, flip_y=True),
}


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A batch as a detector learns from it: normalised pixels [B, 3, H, W], and for each image
    {"boxes", "labels"}."""

    pixels: Tensor
    targets: list[dict[str, Tensor]]


class Augmenter:
    """Puts pieces on the canvas, changed by one of STRENGTHS, without mirror images where they are
    not wanted."""

    def __init__(self, level: str, seed: int, canvas: Canvas, *, mirrored: bool = True) -> None:
        self._strength = replace(STRENGTHS[level], mirrored=mirrored)
        self._moves = level != "none"
        self._seed, self._canvas = seed, canvas

    def apply(
        self,
        pieces: Sequence[Piece],
        units: Sequence[NDArray[np.float32]],
        keys: NDArray[np.int64],
        epoch: int,
    ) -> Shown:
        """A batch of `pieces` with their pixels [h, w, 3] in 0..1, each changed by what its key
        draws; hidden places are of the mean colour, where no object lies over them."""
        drawn = uniforms(derive(self._seed, "augment", epoch), keys, DRAWS)
        signed = drawn * 2 - 1
        if self._moves:
            units = [self._lit(u, row) for u, row in zip(units, signed, strict=True)]
        pixels = self._canvas.place(units)
        for image, piece in zip(pixels, pieces, strict=True):
            _hide(image, piece.hidden, piece.boxes)
        if not self._moves:
            return Shown(pixels, [_target(p.boxes, p.labels) for p in pieces])
        scale, offset = self._maps(pieces, drawn)
        pixels = self._moved(pixels, scale, offset)
        targets = []
        for image, piece, s, o in zip(pixels, pieces, scale, offset, strict=True):
            boxes, share = clipped(_mapped(piece.boxes, s, o), *self._canvas.size[::-1])
            kept = (share >= VISIBLE) & large_enough(boxes)
            _hide(image, boxes[~kept & (share > 0)], boxes[kept])
            targets.append(_target(boxes[kept], piece.labels[kept]))
        return Shown(pixels, targets)

    def _lit(self, unit: NDArray[np.float32], row: NDArray[np.float64]) -> NDArray[np.float32]:
        """Contrast about the image's own mean, brightness, and each channel's gain."""
        contrast, brightness = 1 + row[3:5] * self._strength.light
        gains = (brightness * (1 + row[5:8] * self._strength.colour)).astype(np.float32)
        mean = unit.mean(dtype=np.float64)
        changed = (unit - np.float32(mean)) * np.float32(contrast) + np.float32(mean)
        lit: NDArray[np.float32] = np.clip(changed * gains, 0, 1)
        return lit

    def _maps(
        self, pieces: Sequence[Piece], drawn: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """[B, 2] scale (negative where flipped) and offset, x and y: a place p of the canvas
        comes to scale * p + offset. The middle of the piece comes near the canvas's middle."""
        strength = self._strength
        signed = drawn * 2 - 1
        zoom = np.exp(signed[:, 0] * strength.zoom)
        flip = np.stack(
            [(drawn[:, 8] < 0.5) & strength.flip_x,
             ((drawn[:, 8] * 2) % 1 < 0.5) & strength.flip_y],
            axis=1,
        )  # fmt: skip
        if not strength.mirrored:
            flip[:, 0] = flip[:, 1]
        scale = np.where(flip, -1.0, 1.0) * zoom[:, None]
        side = np.array([self._canvas.width, self._canvas.height], np.float64)
        middle = np.array([self._canvas.fitted(*p.region[2:]) for p in pieces]) / 2
        offset = side / 2 + signed[:, 1:3] * strength.shift * side - scale * middle
        return scale, offset

    def _moved(
        self, pixels: Tensor, scale: NDArray[np.float64], offset: NDArray[np.float64]
    ) -> Tensor:
        """One resampling; what comes from outside is of the mean colour."""
        side = np.array([self._canvas.width, self._canvas.height], np.float64)
        # affine_grid maps places of the new image to the old, both from -1 to 1.
        inverse = 1 / scale
        shift = (2 * (-offset * inverse) / side) + inverse - 1
        matrix = np.zeros((len(scale), 2, 3))
        matrix[:, 0, 0], matrix[:, 1, 1] = inverse[:, 0], inverse[:, 1]
        matrix[:, :, 2] = shift
        grid = F.affine_grid(
            torch.from_numpy(matrix).float(), list(pixels.shape), align_corners=False
        )
        return F.grid_sample(pixels, grid, padding_mode="zeros", align_corners=False)


def _mapped(boxes: Boxes, scale: NDArray[np.float64], offset: NDArray[np.float64]) -> Boxes:
    corners = boxes.reshape(-1, 2, 2) * scale + offset
    found: Boxes = np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)
    return found


def _hide(image: Tensor, hidden: Boxes, objects: Boxes) -> None:
    """Give `hidden` places of [3, H, W] the mean colour; those under objects stay."""
    if not len(hidden):
        return
    mask = torch.zeros(image.shape[1:], dtype=torch.bool)
    for value, boxes in ((True, hidden), (False, objects)):
        for x0, y0, x1, y1 in boxes:
            rows = slice(int(np.floor(max(0, y0))), int(np.ceil(max(0, y1))))
            mask[rows, int(np.floor(max(0, x0))) : int(np.ceil(max(0, x1)))] = value
    image[:, mask] = 0.0


def _target(boxes: Boxes, labels: NDArray[np.int64]) -> dict[str, Tensor]:
    return {
        "boxes": torch.from_numpy(boxes).float().reshape(-1, 4),
        "labels": torch.from_numpy(np.asarray(labels, np.int64)),
    }
