"""torchvision's classifiers without their last layer.

Each builder takes the published architecture and removes what comes after the penultimate
features, so that the remaining parameters keep torchvision's names and its files fit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torchvision import models

from tlstudio.domain.models import ModelSpec
from tlstudio.ml.zoo.blocks import Stage, children
from tlstudio.ml.zoo.classifier import Backbone

_RESNET = [Stage("stem", r"(conv1|bn1)\.")] + [
    Stage(f"layer{i}", rf"layer{i}\.") for i in (1, 2, 3, 4)
]
_DENSENET = [
    Stage("stem", r"features\.(conv0|norm0)\."),
    Stage("block1", r"features\.(denseblock1|transition1)\."),
    Stage("block2", r"features\.(denseblock2|transition2)\."),
    Stage("block3", r"features\.(denseblock3|transition3)\."),
    Stage("block4", r"features\.(denseblock4|norm5)\."),
]
_INCEPTION = [
    Stage("stem", r"Conv2d_"),
    Stage("mixed5", r"Mixed_5"),
    Stage("mixed6", r"Mixed_6"),
    Stage("mixed7", r"Mixed_7"),
]
_GOOGLENET = [
    Stage("stem", r"conv[123]\."),
    Stage("inception3", r"inception3"),
    Stage("inception4", r"inception4"),
    Stage("inception5", r"inception5"),
]
_SHUFFLENET = [
    Stage("stem", r"conv1\."),
    Stage("stage2", r"stage2\."),
    Stage("stage3", r"stage3\."),
    Stage("stage4", r"stage4\."),
    Stage("conv5", r"conv5\."),
]
_FOUR_STAGES = (
    ("stem", (0,)),
    ("stage1", (1,)),
    ("stage2", (2, 3)),
    ("stage3", (4, 5)),
    ("stage4", (6, 7)),
)
# Inverted residuals between two halvings of the resolution belong together.
_MOBILENET_V2 = (
    ("stem", (0, 1)),
    ("stage2", (2, 3)),
    ("stage3", (4, 5, 6)),
    ("stage4", (7, 8, 9, 10)),
    ("stage5", (11, 12, 13)),
    ("stage6", (14, 15, 16, 17)),
    ("last", (18,)),
)
_MOBILENET_V3 = {
    "mobilenet_v3_small": (
        ("stem", (0,)),
        ("stage1", (1,)),
        ("stage2", (2, 3)),
        ("stage3", (4, 5, 6)),
        ("stage4", (7, 8)),
        ("stage5", (9, 10, 11)),
    ),
    "mobilenet_v3_large": (
        ("stem", (0, 1)),
        ("stage2", (2, 3)),
        ("stage3", (4, 5, 6)),
        ("stage4", (7, 8, 9, 10)),
        ("stage5", (11, 12)),
        ("stage6", (13, 14, 15)),
    ),
}
_SQUEEZENET = (
    ("stem", (0,)),
    ("fire2-3", (3, 4)),
    ("fire4-5", (6, 7)),
    ("fire6-7", (9, 10)),
    ("fire8-9", (11, 12)),
)


def build(spec: ModelSpec, image_size: int) -> Backbone:
    """The backbone of one of torchvision's classifiers, with random weights."""
    return _FAMILIES[spec.family](spec.id, image_size)


def stages(name: str) -> tuple[Stage, ...]:
    """The parts of one of torchvision's classifiers, in the catalogue or not, from input to
    output; nothing is computed and no random number drawn."""
    family = next(family for family in _FAMILIES if name.startswith(family))
    with torch.device("meta"):
        return tuple(_FAMILIES[family](name, 224).stages)


def _make(name: str, **settings: Any) -> Any:
    return models.get_model(name, weights=None, **settings)


def _without_fc(name: str, stages: list[Stage], **settings: Any) -> Backbone:
    model = _make(name, **settings)
    dim = model.fc.in_features
    model.fc = nn.Identity()
    return Backbone(model, dim, stages)


def _resnet(name: str, _: int) -> Backbone:
    return _without_fc(name, _RESNET)


def _shufflenet(name: str, _: int) -> Backbone:
    return _without_fc(name, _SHUFFLENET)


def _inception(name: str, _: int) -> Backbone:
    stages = _INCEPTION if name == "inception_v3" else _GOOGLENET
    # transform_input turns ImageNet's normalisation into the one these weights were trained with.
    backbone = _without_fc(name, stages, aux_logits=False, transform_input=True, init_weights=True)
    backbone.module.dropout = nn.Identity()
    return backbone


def _classic(name: str, _: int) -> Backbone:
    """AlexNet and VGG: the two large fully connected layers stay in the backbone."""
    model = _make(name)
    layers = list(model.classifier)
    while not isinstance(layers[-1], nn.ReLU):
        layers.pop()
    model.classifier = nn.Sequential(*layers)
    linear = [i for i, layer in enumerate(layers) if isinstance(layer, nn.Linear)]
    stages = children("features", _convolutions(model.features, name == "alexnet"))
    stages += children("classifier", [(f"fc{6 + i}", (at,)) for i, at in enumerate(linear)])
    return Backbone(model, layers[linear[-1]].out_features, stages)


def _convolutions(layers: nn.Sequential, each: bool) -> list[tuple[str, list[int]]]:
    """Positions of the layers with parameters: `each` by itself, or cut at the poolings."""
    parts: list[list[int]] = [[]]
    for at, layer in enumerate(layers):
        if isinstance(layer, nn.MaxPool2d):
            parts.append([])
        elif any(True for _ in layer.parameters()):
            parts[-1].append(at)
            if each:
                parts.append([])
    return [(f"conv{i}", part) for i, part in enumerate((p for p in parts if p), 1)]


def _densenet(name: str, _: int) -> Backbone:
    model = _make(name)
    dim = model.classifier.in_features
    model.classifier = nn.Identity()
    return Backbone(model, dim, _DENSENET)


def _efficientnet(name: str, _: int) -> Backbone:
    model = _make(name)
    dim = model.classifier[-1].in_features
    model.classifier = nn.Identity()
    last = len(model.features) - 1
    groups = [("stem", (0,)), *((f"stage{i}", (i,)) for i in range(1, last)), ("last", (last,))]
    return Backbone(model, dim, children("features", groups))


def _mobilenet(name: str, _: int) -> Backbone:
    model = _make(name)
    dim = model.classifier[-1].in_features
    if name == "mobilenet_v2":
        model.classifier = nn.Identity()
        return Backbone(model, dim, children("features", _MOBILENET_V2))
    model.classifier = nn.Sequential(*model.classifier[:2])
    last = len(model.features) - 1
    stages = children("features", _MOBILENET_V3[name])
    return Backbone(model, dim, [*stages, Stage("last", rf"features\.{last}\.|classifier\.")])


def _squeezenet(name: str, _: int) -> Backbone:
    model = _make(name)
    dim = model.classifier[1].in_channels
    model.classifier = nn.AdaptiveAvgPool2d(1)
    return Backbone(model, dim, children("features", _SQUEEZENET))


def _convnext(name: str, _: int) -> Backbone:
    model = _make(name)
    dim = model.classifier[-1].in_features
    model.classifier = nn.Sequential(*model.classifier[:-1])
    stages = children("features", _FOUR_STAGES[:-1])
    return Backbone(model, dim, [*stages, Stage("stage4", r"features\.[67]\.|classifier\.")])


def _swin(name: str, _: int) -> Backbone:
    model = _make(name)
    dim = model.head.in_features
    model.head = nn.Identity()
    stages = children("features", _FOUR_STAGES[:-1])
    return Backbone(model, dim, [*stages, Stage("stage4", r"features\.[67]\.|norm\.")])


def _vit(name: str, image_size: int) -> Backbone:
    model = _make(name, image_size=image_size)
    model.heads = nn.Identity()
    depth = len(model.encoder.layers)
    stages = [Stage("embedding", r"conv_proj\.|class_token|encoder\.pos_embedding")]
    for i in range(depth):
        pattern = rf"encoder\.layers\.encoder_layer_{i}\."
        stages.append(
            Stage(f"block{i + 1}", pattern if i < depth - 1 else pattern + r"|encoder\.ln\.")
        )
    return Backbone(model, model.hidden_dim, stages)


_FAMILIES: dict[str, Callable[[str, int], Backbone]] = {
    "alexnet": _classic,
    "vgg": _classic,
    "resnet": _resnet,
    "inception": _inception,
    "densenet": _densenet,
    "efficientnet": _efficientnet,
    "mobilenet": _mobilenet,
    "squeezenet": _squeezenet,
    "shufflenet": _shufflenet,
    "convnext": _convnext,
    "vit": _vit,
    "swin": _swin,
}
