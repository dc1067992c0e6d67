"""Segmenter: a backbone that gives feature maps, and a head that gives a class to every pixel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import cast

from torch import Tensor, nn

from tlstudio.domain.models import ModelSpec
from tlstudio.ml.zoo.blocks import Stage, group_modules

Maps = list[Tensor]


@dataclass(frozen=True, slots=True)
class Parts:
    """What a builder returns: `features(backbone, images)` gives what `head` takes; `head` gives
    logits [B, classes, S, S] of images [B, 3, S, S], or smaller ones where `resizes`.

    `published` is the name in a published file for one of the model's own, "" for none.
    """

    backbone: nn.Module
    features: Callable[[nn.Module, Tensor], Maps]
    head: nn.Module
    stages: Sequence[Stage]
    resizes: bool = False
    published: Callable[[str], str] = lambda name: name


Builder = Callable[[ModelSpec, int, int], Parts]


class Segmenter(nn.Module):
    """Images [B, 3, S, S], normalised as the model's spec says, to logits [B, classes, S, S],
    the background first.

    `backbone` keeps the parameter names of the library's classifier, so that its files fit;
    `head` is all the rest.
    """

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self.backbone = parts.backbone
        self.head = parts.head
        self.published = parts.published
        self._features = parts.features
        self._stages = tuple(parts.stages)
        self._resizes = parts.resizes

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.head(self._features(self.backbone, images))
        if self._resizes:
            logits = nn.functional.interpolate(
                logits, size=images.shape[-2:], mode="bilinear", align_corners=False
            )
        return logits

    def blocks(self) -> list[tuple[str, list[nn.Module]]]:
        """The backbone in blocks from input to output: names, and modules holding parameters."""
        return group_modules(self.backbone, self._stages)


def build_segmenter(spec: ModelSpec, classes: int, *, size: int) -> Segmenter:
    """The segmenter `spec` describes, with random weights, for patches of `size` pixels and
    `classes` outputs, the background among them.

    UserError: recipe.size for a size the model cannot train and export at, training.no_pyramid
    for a backbone that does not fit.
    """
    spec.check_size(size)
    module, _, name = spec.builder.partition(":")
    if not module.startswith("tlstudio.ml.zoo."):
        raise ValueError(f"{spec.builder!r} is no builder of this program")
    build = cast(Builder, getattr(import_module(module), name))
    return Segmenter(build(spec, classes, size))
