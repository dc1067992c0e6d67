"""What the optimisation makes small: distance to the content, to the styles, and noise.

Every part is divided by the size of what it is compared with, so that the same weights suit every
network, layer and picture. docs/decisions/0024-style-optimisation.md
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional as F

from tlstudio.domain.styling import StyleSettings
from tlstudio.ml.style.perception import FeatureNetwork, products
from tlstudio.ml.style.tiles import MOST_SEEN, Tile, tiles_of

CONTENT, STYLE, SMOOTH = 1.0, 60.0, 10.0
"""Weights of the three parts where the settings say 1."""
MOST_KEPT = 100_000_000
"""Numbers of content features that are kept; those of more are computed again at each step."""


@dataclass(frozen=True, slots=True)
class Weights:
    content: float
    style: float
    smooth: float

    @classmethod
    def of(cls, settings: StyleSettings) -> Weights:
        return cls(
            CONTENT * settings.content_weight,
            STYLE * settings.style_weight,
            SMOOTH * settings.smoothness,
        )


@dataclass(frozen=True, slots=True)
class Losses:
    """The parts by their weights; `total` is their sum."""

    content: float
    style: float
    smoothness: float

    @property
    def total(self) -> float:
        return self.content + self.style + self.smoothness

    def to_json(self) -> dict[str, float]:
        return {
            "content": self.content,
            "style": self.style,
            "smoothness": self.smoothness,
            "total": self.total,
        }


@dataclass(frozen=True, slots=True)
class Look:
    """One style, or a mix of some, and where it belongs: pictures [1, C, h, w] with their shares
    of the mix, and how much each pixel of the result has of it, [1, 1, H, W]; None: all of it."""

    pictures: Sequence[Tensor]
    weights: Sequence[float]
    share: Tensor | None = None


@dataclass(frozen=True, slots=True)
class _Target:
    """Of a look: its Gram matrices and their sizes by layer, its shares by layer with the sum of
    their squares (the number of places where it is everywhere), and the part of the picture."""

    grams: Mapping[str, Tensor]
    sizes: Mapping[str, Tensor]
    shares: Mapping[str, Tensor]
    counts: Mapping[str, float]
    area: float


@dataclass(slots=True)
class _Sums:
    """What the tiles add up to: the content's loss and the products of each look and layer."""

    content: Tensor
    products: dict[tuple[int, str], Tensor] = field(default_factory=dict)


class Objective:
    """The loss of pictures [1, C, H, W] of one size, and its gradient.

    A large picture is looked at in tiles: first for the Gram matrices of the whole, then for the
    gradient, so that both are those of the untiled picture. Regions are guided Gram matrices
    (Gatys et al. 2017, Controlling perceptual factors in neural style transfer, section 4.1),
    each weighted by its part of the picture so that small ones are not painted harder.
    """

    def __init__(
        self,
        network: FeatureNetwork,
        content: Tensor,
        looks: Sequence[Look],
        weights: Weights,
        layers: tuple[Sequence[str], Sequence[str]],
        *,
        most_seen: int | None = None,
    ) -> None:
        """`layers` are (content, style); `content` [1, C, H, W] is grey where C is 1."""
        self._network, self._weights = network, weights
        self._content_layers, self._style_layers = layers
        self._most = most_seen or MOST_SEEN[network.name]
        self._tiles = tiles_of(network, content.shape[2], content.shape[3], self._most)
        self._content = content
        self._kept: list[dict[str, Tensor]] | None = None
        self._counts: dict[str, int] = {}
        self._sizes: dict[str, Tensor] = {}
        with torch.no_grad():
            shapes = self._look_at_content()
            self._targets = [self._target(look, shapes) for look in looks]

    @property
    def tiles(self) -> int:
        return len(self._tiles)

    def __call__(self, picture: Tensor) -> tuple[Losses, Tensor]:
        """(losses, gradient of their total) of a picture in 0..1."""
        smooth, slope = self._smoothness(picture)
        if len(self._tiles) == 1:
            content, style, gradient = self._whole(picture)
        else:
            content, style, gradient = self._in_tiles(picture)
        return Losses(content, style, smooth), gradient.add_(slope)

    def losses(self, picture: Tensor) -> Losses:
        """The losses alone."""
        smooth, _ = self._smoothness(picture)
        with torch.no_grad():
            sums = self._sums(picture)
            style = self._style_loss(sums.products)
        return Losses(float(sums.content), float(style), smooth)

    def _whole(self, picture: Tensor) -> tuple[float, float, Tensor]:
        leaf = picture.detach().requires_grad_(True)
        sums = _Sums(leaf.new_zeros(()))
        self._add(sums, 0, leaf)
        style = self._style_loss(sums.products)
        (gradient,) = torch.autograd.grad(sums.content + style, leaf)
        return float(sums.content.detach()), float(style.detach()), gradient

    def _in_tiles(self, picture: Tensor) -> tuple[float, float, Tensor]:
        with torch.no_grad():
            sums = self._sums(picture)
        found = {key: value.requires_grad_(True) for key, value in sums.products.items()}
        style = self._style_loss(found)
        slopes = dict(zip(found, _slopes(style, list(found.values())), strict=True))
        gradient = torch.zeros_like(picture)
        for number, tile in enumerate(self._tiles):
            leaf = tile.of(picture).detach().clone().requires_grad_(True)
            part = _Sums(leaf.new_zeros(()))
            self._add(part, number, leaf)
            # To first order the style's loss is the sum of these over all tiles.
            steep = part.content
            for key, value in part.products.items():
                steep = steep + (slopes[key] * value).sum()
            tile.of(gradient).add_(*torch.autograd.grad(steep, leaf))
        return float(sums.content), float(style.detach()), gradient

    def _sums(self, picture: Tensor) -> _Sums:
        sums = _Sums(picture.new_zeros(()))
        for number, tile in enumerate(self._tiles):
            self._add(sums, number, tile.of(picture))
        return sums

    def _add(self, sums: _Sums, number: int, part: Tensor) -> None:
        """Add what tile `number` with the pixels `part` has of the losses."""
        tile = self._tiles[number]
        found = self._counted(tile, part)
        if self._weights.content:
            kept = self._kept[number] if self._kept is not None else self._content_of(tile)
            for layer in self._content_layers:
                gap = (found[layer] - kept[layer]).square().sum()
                share = self._weights.content / len(self._content_layers) / self._counts[layer]
                sums.content = sums.content + gap * share / self._sizes[layer]
        if not self._weights.style:
            return
        for place, target in enumerate(self._targets):
            for layer in self._style_layers:
                values = found[layer]
                if layer in target.shares:
                    row, column = tile.place(self._network.strides[layer])
                    height, width = values.shape[2:]
                    mask = target.shares[layer]
                    values = values * mask[..., row : row + height, column : column + width]
                key = (place, layer)
                here = products(values)
                sums.products[key] = here + sums.products[key] if key in sums.products else here

    def _style_loss(self, found: Mapping[tuple[int, str], Tensor]) -> Tensor:
        total = self._content.new_zeros(())
        each = self._weights.style / len(self._style_layers)
        for (place, layer), value in found.items():
            target = self._targets[place]
            gap = (value / target.counts[layer] - target.grams[layer]).square().sum()
            total = total + each * target.area * gap / target.sizes[layer]
        return total

    def _smoothness(self, picture: Tensor) -> tuple[float, Tensor]:
        """Mean squared differences of neighbours, by its weight, and its gradient."""
        slope = torch.zeros_like(picture)
        value = 0.0
        for axis in (2, 3):
            length = picture.shape[axis]
            step = picture.diff(dim=axis)
            value += float(step.square().mean())
            step.mul_(2 * self._weights.smooth / step.numel())
            slope.narrow(axis, 1, length - 1).add_(step)
            slope.narrow(axis, 0, length - 1).sub_(step)
        return self._weights.smooth * value, slope

    def _counted(self, tile: Tile, part: Tensor) -> dict[str, Tensor]:
        found = self._network(part.expand(-1, 3, -1, -1))
        return {
            layer: tile.counted(values, self._network.strides[layer])
            for layer, values in found.items()
        }

    def _content_of(self, tile: Tile) -> dict[str, Tensor]:
        with torch.no_grad():
            found = self._counted(tile, tile.of(self._content))
        return {layer: found[layer] for layer in self._content_layers}

    def _look_at_content(self) -> dict[str, tuple[int, int]]:
        """Learn the content's features and their sizes; gives (h, w) of every layer."""
        shapes: dict[str, tuple[int, int]] = {}
        energy: dict[str, Tensor] = {}
        kept: list[dict[str, Tensor]] | None = []
        for tile in self._tiles:
            found = self._counted(tile, tile.of(self._content))
            for layer, values in found.items():
                row, column = tile.place(self._network.strides[layer])
                shapes[layer] = (row + values.shape[2], column + values.shape[3])
            mine = {layer: found[layer].clone() for layer in self._content_layers}
            for layer, values in mine.items():
                self._counts[layer] = self._counts.get(layer, 0) + values.numel()
                energy[layer] = energy.get(layer, values.new_zeros(())) + values.square().sum()
            if kept is not None:
                kept.append(mine)
                if sum(self._counts.values()) > MOST_KEPT:
                    kept = None
        self._kept = kept
        self._sizes = {
            layer: (energy[layer] / self._counts[layer]).clamp_min(1e-12) for layer in energy
        }
        return shapes

    def _target(self, look: Look, shapes: Mapping[str, tuple[int, int]]) -> _Target:
        parts = [self._grams(picture) for picture in look.pictures]
        shares = [weight / sum(look.weights) for weight in look.weights]
        grams = {
            layer: torch.stack(
                [s * part[layer] for s, part in zip(shares, parts, strict=True)]
            ).sum(0)
            for layer in self._style_layers
        }
        masks: dict[str, Tensor] = {}
        counts = {layer: float(h * w) for layer, (h, w) in shapes.items()}
        area = 1.0
        if look.share is not None:
            area = float(look.share.mean())
            for layer in self._style_layers:
                masks[layer] = F.interpolate(look.share, size=shapes[layer], mode="area")
                counts[layer] = max(float(masks[layer].square().sum()), 1e-6)
        sizes = {layer: value.square().sum().clamp_min(1e-12) for layer, value in grams.items()}
        return _Target(grams, sizes, masks, counts, area)

    def _grams(self, picture: Tensor) -> dict[str, Tensor]:
        """The Gram matrices of a style image, in tiles where it is large."""
        found: dict[str, Tensor] = {}
        places = dict.fromkeys(self._style_layers, 0)
        for tile in tiles_of(self._network, picture.shape[2], picture.shape[3], self._most):
            counted = self._counted(tile, tile.of(picture))
            for layer in self._style_layers:
                here = products(counted[layer])
                found[layer] = here + found[layer] if layer in found else here
                places[layer] += counted[layer].shape[2] * counted[layer].shape[3]
        return {layer: value / places[layer] for layer, value in found.items()}


def _slopes(loss: Tensor, values: list[Tensor]) -> list[Tensor]:
    """The gradient of `loss` to each of `values`, which may be none of its business."""
    return list(torch.autograd.grad(loss, values)) if values else []
