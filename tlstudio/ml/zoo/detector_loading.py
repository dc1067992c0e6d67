"""Weights into a detector: torchvision's published files, our own, or a classifier's backbone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from tlstudio.domain.models import ModelSpec
from tlstudio.ml.zoo.detector import Detector
from tlstudio.ml.zoo.loading import backbone_keys, load_backbone

_NECK = "head.backbone.neck."
_PREFIXES = ("module.", "_orig_mod.")
_SQUEEZED = r"(\.(?:inner|layer)_blocks\.\d+)\.(weight|bias)$"

# torchvision's names to ours, tried in turn; the first that matches the start is used.
_RULES: dict[str, list[tuple[str, str]]] = {
    "resnet": [(r"backbone\.body\.", "backbone."), (r"backbone\.fpn\.", _NECK)],
    "mobilenet": [(r"backbone\.body\.", "backbone.features."), (r"backbone\.fpn\.", _NECK)],
    "ssd": [
        (r"backbone\.features\.", "backbone.features."),
        (r"backbone\.extra\.0\.7\.", _NECK + "extra.0."),
        *[(rf"backbone\.extra\.0\.{i}\.", f"backbone.features.{23 + i}.") for i in range(7)],
        (r"backbone\.", _NECK),
    ],
    "ssdlite": [
        (r"backbone\.features\.0\.13\.", "backbone.features.13.block.0."),
        (r"backbone\.features\.0\.", "backbone.features."),
        (r"backbone\.features\.1\.0\.", "backbone.features.13.block."),
        *[(rf"backbone\.features\.1\.{i}\.", f"backbone.features.{13 + i}.") for i in range(1, 4)],
        (r"backbone\.", _NECK),
    ],
}
# The addend under the root of batch norm that a published file was made with, where the layers
# here have another.
_EPS = {
    "fasterrcnn_resnet50_fpn": 0.0,
    "retinanet_resnet50_fpn": 0.0,
    "fasterrcnn_mobilenet_v3_large_fpn": 1e-5,
    "fasterrcnn_mobilenet_v3_large_320_fpn": 1e-5,
}
# What pixels 0..1 were shifted and divided by for a published file, where the spec's are others.
_LOOKS: dict[str, tuple[tuple[float, ...], float]] = {
    "ssd300_vgg16": ((0.48235, 0.45882, 0.40784), 1 / 255),
    "ssdlite320_mobilenet_v3_large": ((0.5, 0.5, 0.5), 0.5),
}


@dataclass(frozen=True, slots=True)
class Loaded:
    """How a file fitted a detector: matched and all tensors of the backbone, and of the rest
    (neck and box layers, the layers made for the labels among them, which always begin anew).
    `fresh` names those of the detector's tensors that the file did not fill."""

    backbone: int
    backbone_keys: int
    rest: int
    rest_keys: int
    fresh: frozenset[str] = frozenset()

    @property
    def keys_matched(self) -> int:
        return self.backbone + self.rest

    @property
    def keys_missing(self) -> int:
        """Of the backbone alone, where nothing else came from the file."""
        wanted = self.backbone_keys + (self.rest_keys if self.rest else 0)
        return wanted - self.keys_matched

    def to_json(self) -> dict[str, Any]:
        return {
            "keys_matched": self.keys_matched,
            "keys_missing": self.keys_missing,
            "layers": [
                _layer("backbone", self.backbone, self.backbone_keys),
                _layer("head", self.rest, self.rest_keys),
            ],
        }


def _layer(part: str, matched: int, total: int) -> dict[str, Any]:
    """Where a part of a model comes from, as `runs.starting.load_start` tells it."""
    if not matched:
        return {"part": part, "source": "random"}
    return {"part": part, "source": "weights", "matched": matched, "missing": total - matched}


def load_detector(
    model: Detector,
    spec: ModelSpec,
    given: Mapping[str, Tensor],
    *,
    file: str | None = None,
    only_backbone: bool = False,
) -> Loaded:
    """Copy what fits into `model`: the backbone, and unless `only_backbone` the neck and the box
    layers. Layers made for the labels keep their fresh values.

    `given` may be torchvision's published file for this model, a detector of our own, or a
    classifier's weights. UserError("weights.mismatch"), with nothing copied, where fewer than
    half of the backbone's keys match.
    """
    tensors = our_names(model, spec, given)
    rest = [key for key in backbone_keys(model) if key.startswith("head.")]
    matched = load_backbone(model, _backbone_of(tensors), file=file, name=spec.id)
    copied: set[str] = set()
    if not only_backbone:
        own = model.state_dict()
        with torch.no_grad():
            for key in rest:
                value = tensors.get(key)
                if value is None or model.depends_on_labels(key):
                    continue
                if value.shape == own[key].shape:
                    own[key].copy_(value)
                    copied.add(key)
    total = matched.keys_matched + matched.keys_missing
    without = {f"backbone.{key}" for key in (*matched.missing, *matched.misshapen)}
    fresh = frozenset(without.union(rest) - copied)
    return Loaded(matched.keys_matched, total, len(copied), len(rest), fresh)


def our_names(model: Detector, spec: ModelSpec, given: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """`given` under this program's names; a published file's values brought to the numbers that
    our layers compute with (addend of batch norm, normalisation of pixels)."""
    tensors = {_bare(name): value for name, value in given.items()}
    if not _published(tensors):
        return tensors
    rules = _RULES[_manner(spec)]
    named = {_renamed(name, spec, rules): value for name, value in tensors.items()}
    if spec.id in _EPS:
        _fold_eps(model, named, _EPS[spec.id])
    if spec.id in _LOOKS:
        _fold_look(named, spec, *_LOOKS[spec.id])
    return named


def _bare(name: str) -> str:
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    return name


def _published(tensors: Mapping[str, Tensor]) -> bool:
    """Whether these are the names of torchvision's detectors."""
    starts = ("rpn.", "roi_heads.", "head.classification_head.")
    return any(name.startswith(starts) for name in tensors)


def _manner(spec: ModelSpec) -> str:
    if spec.family in _RULES:
        return spec.family
    return "mobilenet" if "mobilenet" in spec.id else "resnet"


def _renamed(name: str, spec: ModelSpec, rules: list[tuple[str, str]]) -> str:
    name = re.sub(_SQUEEZED, r"\1.0.\2", name)
    name = re.sub(r"^(rpn\.head\.conv)\.(weight|bias)$", r"\1.0.0.\2", name)
    if spec.family == "retinanet":  # older files number the activations between the layers too
        old = re.match(r"^(head\.\w+_head\.conv)\.(\d+)\.(weight|bias)$", name)
        if old:
            name = f"{old[1]}.{int(old[2]) // 2}.0.{old[3]}"
    for pattern, ours in rules:
        if found := re.match(pattern, name):
            return ours + name[found.end() :]
    return "head." + name


def _backbone_of(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The backbone's tensors of a detector, or all tensors of another file."""
    own = {k: v for k, v in tensors.items() if k.startswith("backbone.")}
    return own or dict(tensors)


def _fold_eps(model: Detector, named: dict[str, Tensor], eps: float) -> None:
    """Scale weights of batch norm so that our addend gives what `eps` gave."""
    for name, module in model.named_modules():
        key, spread = f"{name}.weight", f"{name}.running_var"
        if isinstance(module, torch.nn.BatchNorm2d) and key in named and spread in named:
            var = named[spread].double()
            factor = ((var + module.eps) / (var + eps).clamp(min=1e-30)).sqrt()
            named[key] = (named[key].double() * factor).to(named[key].dtype)


def _fold_look(
    named: dict[str, Tensor], spec: ModelSpec, mean: tuple[float, ...], std: float
) -> None:
    """Change the first layer so that it takes pixels normalised as the spec says.

    With x the spec's pixel, the published one is (x * s + m - mean) / std. What is constant in
    it goes into the bias, or into the mean of the batch norm that follows. Exact but for the
    rim of the image, where padding means the mean colour of one or of the other.
    """
    first = next(k for k in ("backbone.features.0.weight", "backbone.features.0.0.weight")
                 if k in named)  # fmt: skip
    weight = named[first].double()
    own_mean, own_std = (torch.tensor(v, dtype=torch.float64) for v in (spec.mean, spec.std))
    shift = (weight * ((own_mean - torch.tensor(mean).double()) / std).view(1, 3, 1, 1)).sum(
        dim=(1, 2, 3)
    )
    named[first] = (weight * (own_std / std).view(1, 3, 1, 1)).float()
    bias, average = first.replace("weight", "bias"), "backbone.features.0.1.running_mean"
    if bias in named:
        named[bias] = (named[bias].double() + shift).float()
    else:
        named[average] = (named[average].double() - shift).float()
