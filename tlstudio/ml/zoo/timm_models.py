"""timm's models by name, without their last layer."""

from __future__ import annotations

import re
from typing import Any

import timm
from timm.models import group_parameters
from torch import nn

from tlstudio.domain.models import ModelSpec
from tlstudio.ml.zoo.blocks import Stage
from tlstudio.ml.zoo.classifier import Backbone


def build(spec: ModelSpec, image_size: int) -> Backbone:
    """The backbone `timm:NAME` names, with random weights, for images of `image_size`."""
    name = spec.id.removeprefix("timm:")
    if image_size == spec.input_size:
        model = _create(name)
    else:
        try:
            model = _create(name, img_size=image_size)
        except TypeError:  # this architecture takes images of any size
            model = _create(name)
    dim = int(getattr(model, "head_hidden_size", None) or model.num_features)
    return Backbone(model, dim, stages(model))


def _create(name: str, **settings: Any) -> Any:
    return timm.create_model(name, pretrained=False, num_classes=0, **settings)


def stages(model: nn.Module) -> list[Stage]:
    """timm's own grouping of the parameters, coarse where it has a coarse one."""
    matcher = getattr(model, "group_matcher", None)
    if matcher is None:
        return [Stage("backbone", ".")]
    names = [name for name, _ in model.named_parameters()]
    try:
        coarse = matcher(coarse=True)
    except AssertionError:  # a few say so that they have only the fine grouping
        coarse = matcher(coarse=False)
    numbers = group_parameters(model, coarse, reverse=True)
    members: dict[int, list[str]] = {}
    for name in names:
        members.setdefault(int(numbers[name]), []).append(re.escape(name) + "$")
    return [
        Stage("stem" if at == 0 else f"stage{at}", "|".join(members[number]))
        for at, number in enumerate(sorted(members))
    ]
