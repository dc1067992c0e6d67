"""Made-up variety: flips, turns, zoom, light. What is drawn follows from seed, epoch and image.

One affine map a picture, applied to the whole batch at once, so that the work is one resampling
however many changes there are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor
from torchvision.transforms.v2 import functional as tv

DRAWS = 9


@dataclass(frozen=True, slots=True)
class Strength:
    """Largest changes: `turn` in degrees, `zoom` and `shift` as shares of the side, `light` as a
    share of brightness and contrast, `blur` as the sigma in pixels at 224. Without `mirrored`
    nothing is shown mirrored: what would be upside down is given half a turn."""

    turn: float = 0.0
    zoom: float = 0.0
    shift: float = 0.0
    light: float = 0.0
    flip_x: bool = False
    flip_y: bool = False
    blur: float = 0.0
    mirrored: bool = True


STRENGTHS: dict[str, Strength] = {
    "none": Strength(),
    "light": Strength(zoom=0.05, shift=0.03, light=0.1, flip_x=True),
    "medium": Strength(turn=10, zoom=0.12, shift=0.05, light=0.2, flip_x=True),
    "strong": Strength(
        turn=30, zoom=0.25, shift=0.1, light=0.35, flip_x=True, flip_y=True, blur=1.5
    ),
}


def matrices(drawn: Tensor, strength: Strength) -> Tensor:
    """[B, 2, 3] maps from places in the new picture to places in the old, for affine_grid."""
    signed = drawn * 2 - 1
    angle = signed[:, 0] * math.radians(strength.turn)
    scale = torch.exp(signed[:, 1] * strength.zoom)
    flip_x = torch.where((drawn[:, 4] < 0.5) & strength.flip_x, -1.0, 1.0)
    flip_y = torch.where((drawn[:, 5] < 0.5) & strength.flip_y, -1.0, 1.0)
    if not strength.mirrored:
        flip_x = flip_y
    cos, sin = torch.cos(angle) * scale, torch.sin(angle) * scale
    shift = signed[:, 2:4] * 2 * strength.shift
    first = torch.stack([cos * flip_x, -sin * flip_y, shift[:, 0]], dim=1)
    second = torch.stack([sin * flip_x, cos * flip_y, shift[:, 1]], dim=1)
    return torch.stack([first, second], dim=1)


def moved(values: Tensor, maps: Tensor, mode: str = "bilinear", *, mirrored: bool = True) -> Tensor:
    """[B, C, S, S] resampled by `maps`; beyond the borders it is mirrored, else drawn out."""
    grid = F.affine_grid(maps, list(values.shape), align_corners=False)
    beyond = "reflection" if mirrored else "border"
    return F.grid_sample(values, grid, mode=mode, padding_mode=beyond, align_corners=False)


def lit(values: Tensor, drawn: Tensor, most: float) -> Tensor:
    """Contrast about each picture's own mean, then brightness; kept in 0..1."""
    factors = 1 + (drawn * 2 - 1) * most
    contrast, brightness = factors[:, 0].view(-1, 1, 1, 1), factors[:, 1].view(-1, 1, 1, 1)
    mean = values.mean(dim=(1, 2, 3), keepdim=True)
    return values.sub_(mean).mul_(contrast).add_(mean).mul_(brightness).clamp_(0, 1)


def blurred(values: Tensor, drawn: Tensor, most: float) -> Tensor:
    """Every second picture, by the draw, blurred up to `most` (at 224 pixels)."""
    chosen = (drawn < 0.5).nonzero().flatten().tolist()
    for place in chosen:
        sigma = max(0.05, float(drawn[place]) * 2 * most * values.shape[-1] / 224)
        reach = 2 * math.ceil(2 * sigma) + 1
        values[place] = tv.gaussian_blur(values[place], [reach, reach], [sigma, sigma])
    return values
