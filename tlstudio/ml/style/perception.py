"""Feature networks: what two pictures are compared by, frozen and cut after the last layer used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor, nn
from torchvision import models

from tlstudio.domain.errors import UserError
from tlstudio.domain.styling import DEFAULT_LAYERS, LAYERS
from tlstudio.ml.zoo.reading import read_weights

__all__ = ["DEFAULT_LAYERS", "LAYERS", "FeatureNetwork", "gram"]

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet, per RGB channel for values in 0..1."""

_PREFIXES = ("module.", "backbone.", "features.")

# The place in torchvision's `features` behind which each layer is taken, always after its ReLU.
_PLACES: dict[str, tuple[int, ...]] = {
    "squeezenet1_1": (1, 3, 4, 6, 7, 9, 10, 11, 12),
    "vgg19": (1, 3, 6, 8, 11, 13, 15, 17, 20, 22, 24, 26, 29, 31, 33, 35),
}


class FeatureNetwork(nn.Module):
    """The activations of some layers of SqueezeNet 1.1 or VGG19, whose weights never change.

    Pixel (0, 0) of a layer begins at pixel (0, 0) of the picture and pixel (y, x) at
    (stride * y, stride * x), so that a part of a picture that begins at multiples of all strides
    has the features of the whole, but for those that begin less than `reach[0]` pixels behind or
    less than `reach[1]` pixels before a cut.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, name: str, layers: Iterable[str] | None = None) -> None:
        """Without weights yet (its parameters are on torch's meta device); `layers` are names of
        domain.styling.LAYERS, those of DEFAULT_LAYERS if None."""
        super().__init__()
        wanted = set(sum(DEFAULT_LAYERS[name], ()) if layers is None else layers)
        places = zip(LAYERS[name], _PLACES[name], strict=True)
        self._taken = {place: layer for layer, place in places if layer in wanted}
        if not wanted or len(self._taken) < len(wanted):
            raise ValueError(f"layers of {name}: {sorted(wanted)}")
        self.name = name
        self.layers = tuple(self._taken.values())
        with torch.device("meta"):
            whole = models.get_model(name, weights=None).features
        self.features = whole[: max(self._taken) + 1]
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(STD).view(1, 3, 1, 1))
        self.strides, self.reach = _geometry(self.features, self._taken)

    @classmethod
    def load(
        cls,
        name: str,
        weights_file: Path,
        device: torch.device | str = "cpu",
        layers: Iterable[str] | None = None,
    ) -> Self:
        """The network with the weights in `weights_file`, in eval mode and without gradients to
        them. UserErrors: those of `zoo.reading.read_weights`, styling.weights."""
        made = cls(name, layers)
        made.fill(read_weights(weights_file), str(weights_file))
        return made.to(device).to(memory_format=torch.channels_last)

    def fill(self, given: Mapping[str, Tensor], file: str = "") -> None:
        """Take the weights under torchvision's names, with or without what comes before the
        number of the layer; UserError("styling.weights") where one is missing or misshapen."""
        plain = {_plain(key): value for key, value in given.items() if "classifier" not in key}
        own = self.features.state_dict()
        for key, value in own.items():
            if key not in plain or plain[key].shape != value.shape:
                raise UserError(
                    "styling.weights", file=file, network=self.name, layer=f"features.{key}"
                )
        tensors = {key: plain[key].detach().float().clone() for key in own}
        self.features.load_state_dict(tensors, assign=True)
        self.requires_grad_(False).eval()

    def forward(self, pixels: Tensor) -> dict[str, Tensor]:
        """{layer: [N, C, h, w]} of unit RGB [N, 3, H, W] in 0..1, in the network's order."""
        found: dict[str, Tensor] = {}
        x = (pixels - self.mean) / self.std
        for place, step in enumerate(self.features):
            x = step(x)
            if place in self._taken:
                found[self._taken[place]] = x
        return found


class _Products(torch.autograd.Function):
    """rows^T rows. The derivative of a symmetric matrix needs one product where autograd's own
    takes two: half of the backward pass of a Gram matrix."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor) -> Tensor:
        ctx.save_for_backward(rows)
        return rows.t() @ rows

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        (rows,) = ctx.saved_tensors
        return torch.as_tensor(rows @ (gradients[0] + gradients[0].t()))


def products(features: Tensor) -> Tensor:
    """[C, C]: the summed products of the channels of [1, C, h, w] over its places."""
    # Rows of places: as features lie in memory where channels are last.
    rows = features[0].permute(1, 2, 0).reshape(-1, features.shape[1])
    return torch.as_tensor(_Products.apply(rows))


def gram(features: Tensor) -> Tensor:
    """[N, C, C]: the mean products of the channels of [N, C, h, w] over its places.

    Gatys, Ecker and Bethge 2016 (Image style transfer using convolutional neural networks),
    equation 3, divided by the number of places so that pictures of any size compare.
    """
    places = features.shape[2] * features.shape[3]
    return torch.stack([products(each[None]) for each in features]) / places


def _plain(key: str) -> str:
    for prefix in _PREFIXES:
        key = key.removeprefix(prefix)
    return key


def _geometry(features: Any, taken: Mapping[int, str]) -> tuple[dict[str, int], tuple[int, int]]:
    """({layer: its stride}, pixels that the last layer's features see before and behind their
    own first pixel)."""
    strides: dict[str, int] = {}
    stride, before, behind = 1, 0, 0
    for place, step in enumerate(features):
        core = getattr(step, "expand3x3", step)
        if isinstance(core, nn.Conv2d | nn.MaxPool2d):
            kernel, jump, pad = (_first(v) for v in (core.kernel_size, core.stride, core.padding))
            before += pad * stride
            behind += (kernel - 1 - pad) * stride
            stride *= jump
        if place in taken:
            strides[taken[place]] = stride
    return strides, (before, behind)


def _first(value: Any) -> int:
    return int(value[0] if isinstance(value, tuple) else value)
