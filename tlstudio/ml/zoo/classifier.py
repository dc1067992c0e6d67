"""Classifier: a backbone that yields pooled features, and a head on top of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import cast

from torch import Tensor, nn

from tlstudio.domain.models import ModelSpec
from tlstudio.ml.zoo.blocks import Stage, group_modules


@dataclass(frozen=True, slots=True)
class Backbone:
    """What a builder returns: `module` maps [B, 3, S, S] to pooled features [B, dim].

    `stages` name the parts of the module from input to output; each of its parameters belongs
    to the first stage whose pattern matches the start of its name.
    """

    module: nn.Module
    dim: int
    stages: Sequence[Stage]


Builder = Callable[[ModelSpec, int], Backbone]


class Classifier(nn.Module):
    """Images [B, 3, S, S], normalised as the model's spec says, to logits [B, classes].

    `backbone` keeps the parameter names of the library it comes from, so that published files
    fit; `head` is dropout and one linear layer.
    """

    def __init__(self, backbone: Backbone, classes: int, dropout: float) -> None:
        super().__init__()
        self.backbone = backbone.module
        self.feature_dim = backbone.dim
        self._stages = tuple(backbone.stages)
        self.head: nn.Module = _head(backbone.dim, classes, dropout)

    def features(self, x: Tensor) -> Tensor:
        """Pooled features [B, feature_dim] of images [B, 3, S, S]."""
        return cast(Tensor, self.backbone(x))

    def forward(self, x: Tensor) -> Tensor:
        return cast(Tensor, self.head(self.features(x)))

    def change_head(self, classes: int, dropout: float) -> None:
        """A new, untrained head for another number of labels; the backbone stays."""
        weight = next(self.head.parameters())
        self.head = _head(self.feature_dim, classes, dropout).to(weight.device, weight.dtype)

    def blocks(self) -> list[tuple[str, list[nn.Module]]]:
        """The backbone in blocks from input to output: names, and modules holding parameters.

        Each parameter of the backbone is in exactly one block. Parameters that a library keeps
        outside any layer (class token, position embedding) come in a ParameterList of the same
        tensors.
        """
        return group_modules(self.backbone, self._stages)


def _head(dim: int, classes: int, dropout: float) -> nn.Sequential:
    linear = nn.Linear(dim, classes)
    nn.init.trunc_normal_(linear.weight, std=0.01)
    nn.init.zeros_(linear.bias)
    return nn.Sequential(nn.Dropout(dropout), linear)


def build(spec: ModelSpec, classes: int, *, image_size: int, dropout: float = 0.0) -> Classifier:
    """The classifier `spec` describes, with random weights, for square images of `image_size`.

    Raises UserError("recipe.size") for a size the model cannot train and export at.
    """
    spec.check_size(image_size)
    return Classifier(_builder(spec.builder)(spec, image_size), classes, dropout)


def _builder(address: str) -> Builder:
    module, _, name = address.partition(":")
    if not module.startswith("tlstudio.ml.zoo."):
        raise ValueError(f"{address!r} is no builder of this program")
    return cast(Builder, getattr(import_module(module), name))
