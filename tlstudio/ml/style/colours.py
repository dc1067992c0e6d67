"""Colours of pictures as mean and covariance: given from one to another, or kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tlstudio.ml.zoo.stylizer import luminance

__all__ = ["Moments", "luminance", "matched", "mixed", "moments", "with_luminance"]

_LEAST = 1e-4
"""Variance that every direction of colour has at least, so that a grey picture has an inverse."""


@dataclass(frozen=True, slots=True)
class Moments:
    """Mean [C] and mean product [C, C] of the colours of a picture."""

    mean: Tensor
    product: Tensor

    @property
    def covariance(self) -> Tensor:
        own = self.product - self.mean[:, None] * self.mean
        return own + _LEAST * torch.eye(len(self.mean), dtype=own.dtype)


def moments(picture: Tensor, share: Tensor | None = None) -> Moments:
    """Of [1, C, H, W], each pixel counted by `share` [1, 1, H, W] where it is given; on the CPU,
    since not every card has double precision."""
    rows = picture[0].cpu().flatten(1).t().double()
    count = torch.ones(len(rows), 1, dtype=rows.dtype)
    if share is not None:
        count = share.reshape(-1, 1).to(rows)
    total = count.sum().clamp_min(1e-9)
    return Moments((rows * count).sum(0) / total, (rows * count).t() @ rows / total)


def mixed(parts: Sequence[Moments], weights: Sequence[float]) -> Moments:
    """Those of all pictures together, each with its share."""
    shares = [weight / sum(weights) for weight in weights]
    pairs = list(zip(shares, parts, strict=True))
    mean = torch.stack([share * part.mean for share, part in pairs]).sum(0)
    return Moments(mean, torch.stack([share * part.product for share, part in pairs]).sum(0))


def matched(picture: Tensor, own: Moments, wanted: Moments) -> Tensor:
    """[1, C, H, W] in 0..1: the picture's colours moved so that their mean and covariance, which
    are `own`, become `wanted`.

    The linear map that moves them least (Pitie and Kokaram 2007, The linear Monge-Kantorovitch
    colour mapping), which leaves what was grey close to grey.
    """
    root, inverse = _power(own.covariance, 0.5), _power(own.covariance, -0.5)
    table = inverse @ _power(root @ wanted.covariance @ root, 0.5) @ inverse
    offset = wanted.mean - table @ own.mean
    table, offset = table.to(picture), offset.to(picture)
    moved = torch.einsum("ij,njhw->nihw", table, picture) + offset.view(1, -1, 1, 1)
    return moved.clamp(0, 1)


def with_luminance(picture: Tensor, light: Tensor) -> Tensor:
    """[1, 3, H, W] in 0..1: `picture` with the brightness `light` [1, 1, H, W].

    The colour, as its distance from grey of the same brightness, stays as it is; where brightness
    leaves it no room between black and white it is moved towards grey, not to another hue.
    """
    light = light.clamp(0, 1)
    colour = picture - luminance(picture)
    room = torch.where(colour > 0, 1 - light, light)
    fits = (room / colour.abs().clamp_min(1e-6)).amin(1, keepdim=True).clamp(0, 1)
    return (light + fits * colour).clamp(0, 1)


def _power(matrix: Tensor, exponent: float) -> Tensor:
    values, vectors = torch.linalg.eigh(matrix)
    made: Tensor = vectors @ torch.diag(values.clamp_min(1e-12) ** exponent) @ vectors.t()
    return made
