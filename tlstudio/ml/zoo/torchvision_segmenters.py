"""torchvision's segmenters: FCN, DeepLabV3 and LR-ASPP on the backbones they were published with.

The auxiliary classifiers of the published files are left out: nothing is learned with them here.
"""

from __future__ import annotations

import re

from torch import Tensor, nn
from torchvision import models
from torchvision.models.segmentation.deeplabv3 import DeepLabHead
from torchvision.models.segmentation.fcn import FCNHead
from torchvision.models.segmentation.lraspp import LRASPPHead

from tlstudio.domain.models import ModelSpec
from tlstudio.ml.zoo import torchvision_models
from tlstudio.ml.zoo.segmenter import Maps, Parts

_LOW, _HIGH = 4, 16  # MobileNet's layers at 1/8 and, dilated, 1/16 of the size


class _Last(nn.Module):
    """FCN and DeepLabV3 look at the last map."""

    def __init__(self, classifier: nn.Module) -> None:
        super().__init__()
        self.classifier = classifier

    def forward(self, maps: Maps) -> Tensor:
        logits: Tensor = self.classifier(maps[-1])
        return logits


class _Both(_Last):
    """LR-ASPP looks at a fine and a coarse map."""

    def forward(self, maps: Maps) -> Tensor:
        logits: Tensor = self.classifier({"low": maps[0], "high": maps[1]})
        return logits


def build(spec: ModelSpec, classes: int, size: int) -> Parts:
    """The model of this name, with random weights; `size` does not matter to it."""
    del size
    kind, _, backbone = spec.id.partition("_")
    if backbone == "mobilenet_v3_large":
        return _on_mobilenet(kind, backbone, classes)
    network = models.get_model(
        backbone, weights=None, replace_stride_with_dilation=[False, True, True]
    )
    network.fc = nn.Identity()
    head = {"fcn": FCNHead, "deeplabv3": DeepLabHead}[kind](2048, classes)
    stages = torchvision_models.stages(backbone)
    return Parts(network, _resnet_maps, _Last(head), stages, True, _of_resnet)


def _resnet_maps(network: nn.Module, images: Tensor) -> Maps:
    values = images
    for name, layer in network.named_children():
        if name not in ("avgpool", "fc"):
            values = layer(values)
    return [values]


def _on_mobilenet(kind: str, backbone: str, classes: int) -> Parts:
    network = models.get_model(backbone, weights=None, dilated=True)
    network.classifier = nn.Identity()
    layers = network.features
    low, high = layers[_LOW].out_channels, layers[_HIGH].out_channels
    head: nn.Module
    if kind == "lraspp":
        head = _Both(LRASPPHead(low, high, classes, 128))
    else:
        head = _Last(DeepLabHead(high, classes))
    stages = [
        stage._replace(pattern=stage.pattern.removesuffix(r"|classifier\."))
        for stage in torchvision_models.stages(backbone)
    ]
    return Parts(network, _mobilenet_maps, head, stages, True, _of_mobilenet)


def _mobilenet_maps(network: nn.Module, images: Tensor) -> Maps:
    values, maps = images, []
    for at, layer in enumerate(network.get_submodule("features").children()):
        values = layer(values)
        if at in (_LOW, _HIGH):
            maps.append(values)
    return maps


def _of_resnet(name: str) -> str:
    return re.sub(r"^head\.", "", name)


def _of_mobilenet(name: str) -> str:
    """The published file numbers the layers of `features` right below the backbone."""
    return re.sub(r"^head\.", "", name.replace("backbone.features.", "backbone."))
