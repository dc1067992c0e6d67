"""Feature maps of a classifier's layers, for networks that look for objects in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torchvision import models

from tlstudio.ml.zoo import torchvision_models
from tlstudio.ml.zoo.blocks import Stage
from tlstudio.ml.zoo.classifier import Backbone

Maps = Callable[[Tensor], list[Tensor]]

_SQUEEZENET = "squeezenet1_1"


def body_of(classifier: Any, *, reduced_tail: bool = False) -> Backbone:
    """The classifier (a spec of the catalogue) without what comes after its last feature map.

    Its parameters keep the classifier's names, so that its weights fit. `reduced_tail` halves
    the last layers of MobileNet v3 (Howard et al. 2019, section 6.3), for which no classifier's
    weights exist.
    """
    found = torchvision_models.build(classifier, classifier.input_size)
    module: Any = found.module
    if reduced_tail:
        module = models.get_model(classifier.id, weights=None, reduced_tail=True)
    for name in ("avgpool", "classifier", "fc"):
        if hasattr(module, name):
            setattr(module, name, nn.Identity())
    if classifier.id == _SQUEEZENET:
        _align(module.features)
    return Backbone(module, found.dim, _held(module, found.stages))


def _held(module: nn.Module, stages: Sequence[Stage]) -> list[Stage]:
    """The stages that still have parameters."""
    import re

    names = [name for name, _ in module.named_parameters()]
    return [stage for stage in stages if any(re.match(stage.pattern, n) for n in names)]


def _align(features: nn.Sequential) -> None:
    """SqueezeNet with padding: cell i of a map of stride s then looks at pixel i * s.

    As published, without padding, the cells of its last map look 15 pixels further right and
    down than anchors and box pooling take for granted.
    """
    for layer in features:
        if isinstance(layer, nn.Conv2d):
            layer.padding = (1, 1)
        elif isinstance(layer, nn.MaxPool2d):
            layer.padding, layer.ceil_mode = 1, False


def resnet_maps(body: Any, layers: Sequence[int]) -> Maps:
    """Outputs of layer1 to layer4 of a ResNet, those numbered in `layers`."""

    def maps(x: Tensor) -> list[Tensor]:
        x = body.maxpool(body.relu(body.bn1(body.conv1(x))))
        found = []
        for number in range(1, max(layers) + 1):
            x = getattr(body, f"layer{number}")(x)
            if number in layers:
                found.append(x)
        return found

    return maps


def sequential_maps(body: Any, taps: Sequence[int]) -> Maps:
    """Outputs of the layers of `body.features` numbered in `taps`."""

    def maps(x: Tensor) -> list[Tensor]:
        found = []
        for at in range(max(taps) + 1):
            x = body.features[at](x)
            if at in taps:
                found.append(x)
        return found

    return maps


def expansion_maps(body: Any, block: int) -> Maps:
    """The expanded map inside of inverted residual `block`, and the last one (SSDlite's C4, C5)."""

    def maps(x: Tensor) -> list[Tensor]:
        for at in range(block):
            x = body.features[at](x)
        parts = body.features[block].block
        first = x = parts[0](x)
        for part in parts[1:]:
            x = part(x)
        for at in range(block + 1, len(body.features)):
            x = body.features[at](x)
        return [first, x]

    return maps


def last_taps(body: Any, strides: Sequence[int]) -> tuple[int, ...]:
    """For each stride, the last layer of `body.features` whose map has it, where there is one."""
    size = 64
    state = body.training
    body.eval()
    x = torch.zeros(1, 3, size, size, device=next(body.parameters()).device)
    found: dict[int, int] = {}
    with torch.no_grad():
        for at, layer in enumerate(body.features):
            x = layer(x)
            found[size // x.shape[-1]] = at
    body.train(state)
    return tuple(found[stride] for stride in strides if stride in found)


def channels_of(maps: Maps, body: nn.Module) -> list[int]:
    """Channels of each map."""
    state = body.training
    body.eval()
    with torch.no_grad():
        found = maps(torch.zeros(1, 3, 64, 64, device=next(body.parameters()).device))
    body.train(state)
    return [x.shape[1] for x in found]
