"""Rows of the catalogue's timm table, found by trying every architecture on the meta device."""

from __future__ import annotations

import contextlib
import inspect
import math
import sys
from collections.abc import Iterator
from typing import Any
from unittest import mock

import timm
import torch
from timm.models import get_arch_pretrained_cfgs, get_pretrained_cfg, is_model_pretrained
from torch import nn

from tlstudio.catalog.timm_models import USUAL
from tlstudio.domain.models import ModelSpec, SizeRule
from tlstudio.domain.tasks import Task
from tlstudio.ml.zoo import timm_models
from tlstudio.ml.zoo.classifier import Classifier
from tlstudio.ml.zoo.loading import load_backbone
from tlstudio.ml.zoo.tables import hash_prefix

_HUB_FILE = "model.safetensors"
_SMALLEST = (32, 64, 96, 128, 160, 192)


def timm_rows() -> list[dict[str, Any]]:
    """A row for each name timm can build as a classifier of square RGB images.

    `default` marks the tag that a name without one means. Rows that fail are told on stderr.
    """
    rows: list[dict[str, Any]] = []
    names = timm.list_models()
    for at, arch in enumerate(names, 1):
        rows += _rows_of(arch)
        if at % 50 == 0:
            print(f"{at} of {len(names)} architectures", file=sys.stderr)
    return rows


def _rows_of(arch: str) -> Iterator[dict[str, Any]]:
    default = get_pretrained_cfg(arch)
    tags = list(get_arch_pretrained_cfgs(arch)) if is_model_pretrained(arch) else []
    full = f"{arch}.{default.tag}" if default and default.tag else arch
    for name in dict.fromkeys([full, *sorted(tags)]):
        cfg = get_pretrained_cfg(name) or default
        if cfg is None:
            continue
        try:
            row = _row(name, arch, cfg)
        except Exception as trouble:  # any library failure means that the model is left out
            print(f"left out {name}: {type(trouble).__name__}: {trouble}"[:300], file=sys.stderr)
            continue
        yield {**row, "default": True} if name == full else row


def _row(name: str, arch: str, cfg: Any) -> dict[str, Any]:
    channels, height, width = cfg.input_size
    if (channels, height) != (3, width):
        raise ValueError(f"takes {cfg.input_size}")
    params, rule = _tried(name if cfg.tag else arch, height)
    row = {
        "name": name,
        "params": params,
        "input": height,
        "sizes": rule,
        "interpolation": cfg.interpolation if cfg.interpolation == "bilinear" else "bicubic",
        "mean": list(cfg.mean),
        "std": list(cfg.std),
        "licence": cfg.license if cfg.license not in (None, "unknown") else "",
        **_address(cfg, name),
    }
    return {key: value for key, value in row.items() if value != USUAL.get(key)}


def _address(cfg: Any, name: str) -> dict[str, str]:
    """The file with a published hash where there is one, else the hub's own."""
    if cfg.url and hash_prefix(cfg.url):
        return {"url": cfg.url}
    if cfg.hf_hub_id:
        hub = cfg.hf_hub_id + name if cfg.hf_hub_id.endswith("/") else cfg.hf_hub_id
        return {"hub": f"{hub}/{cfg.hf_hub_filename or _HUB_FILE}"}
    return {"url": cfg.url} if cfg.url else {}


Sizes = list[int | None]
_FOUND: dict[tuple[str, int], tuple[int, Sizes]] = {}
_SHARED: dict[tuple[str, int, tuple[int, ...]], Sizes] = {}

# Depth and width do not change the sizes that these take; others, with windows, are each tried.
_UNIFORM = """
    ResNet ResNetV2 VisionTransformer VisionTransformerDistilled Eva Beit ConvNeXt MetaFormer
    EfficientNet MobileNetV3 RegNet NormFreeNet DenseNet VGG MlpMixer
"""


def _tried(name: str, size: int) -> tuple[int, Sizes]:
    """Parameters with the published head, and [least, step, most] of the sizes that run."""
    key = (name.partition(".")[0], size)
    if key not in _FOUND:
        with torch.device("meta"), _uninitialised():
            whole = timm.create_model(name, pretrained=False)
        _FOUND[key] = (sum(p.numel() for p in whole.parameters()), _rule(name, size, whole))
    return _FOUND[key]


def _rule(name: str, size: int, whole: nn.Module) -> Sizes:
    steps = _steps(whole, size)
    kind = type(whole).__name__
    key = (kind, size, tuple(steps))
    if key in _SHARED:
        return _SHARED[key]
    model = _built(name, size, size)
    model.blocks()
    if not _runs(model, size):
        raise ValueError(f"yields no [batch, {model.feature_dim}] at {size}")
    rule = _try_sizes(name, size, model, whole, steps)
    if kind in _UNIFORM.split():
        _SHARED[key] = rule
    return rule


def _try_sizes(
    name: str, size: int, model: Classifier, whole: nn.Module, steps: list[int]
) -> Sizes:
    def runs(other: int) -> bool:
        try:
            if not resized:
                return _runs(model, other)
            fitted = _built(name, size, other)
            # Weights for one size are of no use at another where a table cannot be interpolated.
            return _runs(fitted, other) and _carry_over(model, fitted)
        except Exception:  # whatever a model says to a size it cannot take
            return False

    resized = any("img_size" in inspect.signature(c).parameters for c in type(whole).mro()[:-2])
    for step in steps:
        if runs(size + step):
            starts = [s for s in sorted({-(-s // step) * step for s in _SMALLEST}) if s <= size]
            return [next((s for s in starts if runs(s)), size), step, None]
    return [size, size, size]


def _steps(model: nn.Module, size: int) -> list[int]:
    """Whole patches, or the usual thirty-two-fold reduction, whichever divides `size`.

    Some models run at other sizes too, by ignoring the pixels past the last whole patch.
    """
    patch = getattr(getattr(model, "patch_embed", None), "patch_size", 1)
    edge = int(patch[0] if isinstance(patch, tuple | list) else patch)
    usual = [edge] if edge >= 8 else [math.gcd(size, 32)]
    return sorted({s for s in (*usual, 32, 64, size) if size % s == 0 and s % edge == 0})


def _built(name: str, default: int, size: int) -> Classifier:
    none = (0.0, 0.0, 0.0)
    spec = ModelSpec(
        f"timm:{name}", Task.CLASSIFICATION, "timm", name, "", 0, default, SizeRule(1), none, none,
        "", "", None, "tlstudio.ml.zoo.timm_models:build",
    )  # fmt: skip
    with torch.device("meta"), _uninitialised():
        return Classifier(timm_models.build(spec, size), 2, 0.0).eval()


@contextlib.contextmanager
def _uninitialised() -> Iterator[None]:
    """Random values are not drawn: on the meta device they cost time and are nothing."""

    def leave(tensor: torch.Tensor, *_: object, **__: object) -> torch.Tensor:
        return tensor

    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch("timm.layers.weight_init._trunc_normal_", leave))
        for name in ("normal_", "uniform_", "trunc_normal_", "kaiming_normal_",
                     "kaiming_uniform_", "xavier_uniform_", "zeros_", "ones_"):  # fmt: skip
            stack.enter_context(mock.patch.object(nn.init, name, leave))
        yield


def _carry_over(model: Classifier, other: Classifier) -> bool:
    return load_backbone(other, model.backbone.state_dict()).keys_missing == 0


def _runs(model: Classifier, size: int) -> bool:
    """Whether the model yields [B, dim] features of images of this size."""
    with torch.device("meta"), torch.no_grad():
        return model.features(torch.zeros(1, 3, size, size)).shape == (1, model.feature_dim)
