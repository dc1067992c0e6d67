"""Backbones that give feature maps at falling resolutions, under their library's own names.

A segmenter's backbone is the module of a classifier of the catalogue without what the maps do not
need, so that a classifier's weights fit it name by name.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import timm
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision import models

from tlstudio.domain.errors import UserError
from tlstudio.ml.zoo import timm_models, torchvision_models
from tlstudio.ml.zoo.blocks import Stage

TIMM = "timm-"
Features = Callable[[nn.Module, Tensor], list[Tensor]]


@dataclass(frozen=True, slots=True)
class Pyramid:
    """`features(module, images)` gives maps at 1, 1/2, 1/4 … of the size of images [B, 3, S, S],
    with `channels` of them; `stages` name the module's parts from input to output."""

    module: nn.Module
    channels: tuple[int, ...]
    features: Features
    stages: tuple[Stage, ...]

    @property
    def depth(self) -> int:
        return len(self.channels) - 1


def make_pyramid(encoder: str, *, depth: int, stride: int, size: int) -> Pyramid:
    """The encoder with random weights for images of `size` pixels, with maps down to 1/2^depth;
    from 1/stride on they keep their size, by dilated convolutions.

    An encoder that has fewer maps gives those it has. UserError("training.no_pyramid") where the
    network gives no such maps or cannot be dilated.
    """
    try:
        if encoder.startswith(TIMM):
            made = _timm(encoder.removeprefix(TIMM), depth, stride, size)
        elif encoder in _TAPS:
            made = _tapped(encoder, depth, stride)
        else:
            made = _smp(encoder, depth, stride)
        maps = _pruned(made, size)
    except (ValueError, TypeError, KeyError, RuntimeError, AssertionError,
            NotImplementedError, AttributeError) as error:  # fmt: skip
        if isinstance(error, torch.OutOfMemoryError):
            raise
        raise UserError("training.no_pyramid", model=encoder) from error
    sizes = [size // min(2**level, stride) for level in range(len(maps))]
    if [values.shape[-1] for values in maps] != sizes or len(maps) < 4:
        raise UserError("training.no_pyramid", model=encoder)
    names = [name for name, _ in made.module.named_parameters()]
    held = tuple(s for s in made.stages if any(re.match(s.pattern, name) for name in names))
    return replace(made, channels=tuple(values.shape[1] for values in maps), stages=held)


def _smp(encoder: str, depth: int, stride: int) -> Pyramid:
    """segmentation-models-pytorch's own, which subclass torchvision's and keep its names."""
    from segmentation_models_pytorch.encoders import get_encoder

    module: nn.Module = get_encoder(encoder, depth=depth, weights=None, output_stride=stride)

    def features(network: nn.Module, images: Tensor) -> list[Tensor]:
        maps: list[Tensor] = network(images)
        return maps

    return Pyramid(module, (), features, torchvision_models.stages(encoder))


# Places in torchvision's `features`: the last layers of each resolution.
_TAPS: dict[str, tuple[int, ...]] = {
    "squeezenet1_1": (1, 4, 7, 12),
    "mobilenet_v2": (1, 3, 6, 13, 18),
    "mobilenet_v3_large": (1, 3, 6, 12, 16),
    "mobilenet_v3_small": (0, 1, 3, 8, 12),
    **{f"efficientnet_b{number}": (1, 2, 3, 5, 7) for number in range(5)},
    "efficientnet_v2_s": (1, 2, 3, 5, 7),
}


def _tapped(encoder: str, depth: int, stride: int) -> Pyramid:
    """torchvision's classifiers that are one sequence of layers, read at the taps."""
    from segmentation_models_pytorch.encoders._utils import replace_strides_with_dilation

    module = models.get_model(encoder, weights=None)
    taps = _TAPS[encoder][:depth]
    layers = list(module.get_submodule("features"))
    for level, (before, last) in enumerate(pairwise(taps), 2):
        if 2**level > stride:
            for layer in layers[before + 1 : last + 1]:
                replace_strides_with_dilation(layer, 2**level // stride)
    unpadded = encoder == "squeezenet1_1"

    def features(network: nn.Module, images: Tensor) -> list[Tensor]:
        maps = [images]
        # SqueezeNet does not pad: one more row and column make its maps exact halves.
        values = F.pad(images, (0, 1, 0, 1), mode="replicate") if unpadded else images
        for at, layer in enumerate(network.get_submodule("features").children()):
            values = layer(values)
            if at in taps:
                maps.append(values)
            if at == taps[-1]:
                break
        return maps

    return Pyramid(module, (), features, torchvision_models.stages(encoder))


def _timm(name: str, depth: int, stride: int, size: int) -> Pyramid:
    """timm's models through their own reader of intermediate maps.

    Where the first map is at a quarter of the size (ConvNeXt, Swin), the image at half its size
    takes the place of the one that is missing.
    """
    settings: dict[str, Any] = {"features_only": True, "feature_cls": "getter"}
    if stride < 2**depth:
        settings["output_stride"] = stride
    with torch.device("meta"):
        drawn: Any = timm.create_model(name, pretrained=False, **settings)
    scales = drawn.feature_info.reduction()
    first = {1: 0, 2: 1, 4: 2}[scales[0]]
    settings["out_indices"] = tuple(range(min(depth + 1 - first, len(scales))))
    try:
        getter: Any = timm.create_model(name, pretrained=False, img_size=size, **settings)
    except TypeError:  # this architecture takes images of any size
        getter = timm.create_model(name, pretrained=False, **settings)
    indices = list(getter.out_indices)

    def features(network: nn.Module, images: Tensor) -> list[Tensor]:
        read: Any = network.forward_intermediates
        maps: list[Tensor] = read(
            images, indices=indices, norm=False, output_fmt="NCHW", intermediates_only=True
        )
        before = [images, F.avg_pool2d(images, 2)] if first else []
        return [*before[:first], *maps]

    module: nn.Module = getter.model
    return Pyramid(module, (), features, tuple(timm_models.stages(module)))


def _pruned(pyramid: Pyramid, size: int) -> list[Tensor]:
    """Put an identity in place of every layer that no map needs (the classifier's own last
    layers, what lies deeper than the last map); gives the maps of a black picture."""
    called: set[nn.Module] = set()
    handles = [
        layer.register_forward_hook(lambda layer, _given, _made: called.add(layer))
        for layer in pyramid.module.modules()
    ]
    training = pyramid.module.training
    pyramid.module.eval()
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        device = next(pyramid.module.parameters()).device
        maps = pyramid.features(pyramid.module, torch.zeros(1, 3, size, size, device=device))
    pyramid.module.train(training)
    for handle in handles:
        handle.remove()
    _drop(pyramid.module, called)
    return maps


def _drop(layer: nn.Module, called: set[nn.Module]) -> None:
    for name, child in layer.named_children():
        if not any(True for _ in child.parameters()):
            continue
        if any(each in called for each in child.modules()):
            _drop(child, called)
        else:
            setattr(layer, name, nn.Identity())
