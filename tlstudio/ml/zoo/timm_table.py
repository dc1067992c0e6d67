"""Rows of the catalogue's timm table, found by trying every architecture on the meta device."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

import timm
import torch
from timm.models import get_arch_pretrained_cfgs, get_pretrained_cfg, is_model_pretrained

from tlstudio.catalog.timm_models import USUAL
from tlstudio.domain.models import ModelSpec, SizeRule
from tlstudio.domain.tasks import Task
from tlstudio.ml.zoo import timm_models
from tlstudio.ml.zoo.classifier import Classifier
from tlstudio.ml.zoo.tables import hash_prefix

_HUB_FILE = "model.safetensors"
_SMALLEST = (32, 64, 96, 128, 160, 192)


def timm_rows() -> list[dict[str, Any]]:
    """A row for each name timm can build as a classifier of square RGB images.

    `default` marks the tag that a name without one means. Rows that fail are told on stderr.
    """
    return [row for arch in timm.list_models() for row in _rows_of(arch)]


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
    params, rule = _tried(name if cfg.tag else arch, height, bool(cfg.fixed_input_size))
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


_RULES: dict[tuple[str, int, bool], tuple[int, list[int | None]]] = {}


def _tried(name: str, size: int, fixed: bool) -> tuple[int, list[int | None]]:
    """Parameters with the published head, and [least, step, most] of the sizes that run."""
    key = (name.partition(".")[0], size, fixed)
    if key not in _RULES:
        if not _runs(name, size, size):
            raise ValueError(f"does not run at {size}")
        with torch.device("meta"):
            whole = timm.create_model(name, pretrained=False)
        _RULES[key] = (sum(p.numel() for p in whole.parameters()), _rule(name, size))
    return _RULES[key]


def _rule(name: str, size: int) -> list[int | None]:
    for step in _steps(name, size):
        if _runs(name, size, size + step) and _runs(name, size, size + 3 * step):
            starts = [s for s in sorted({-(-s // step) * step for s in _SMALLEST}) if s <= size]
            least = next((s for s in starts if _runs(name, size, s)), size)
            return [least, step, None]
    return [size, size, size]


def _steps(name: str, size: int) -> list[int]:
    """Whole patches, or the usual thirty-two-fold reduction, whichever divides `size`.

    Some models run at other sizes too, by ignoring the pixels past the last whole patch.
    """
    with torch.device("meta"):
        model = timm.create_model(name, pretrained=False)
    patch = getattr(getattr(model, "patch_embed", None), "patch_size", 1)
    edge = int(patch[0] if isinstance(patch, tuple) else patch)
    usual = [edge] if edge >= 8 else [math.gcd(size, 32)]
    return sorted({s for s in (*usual, 32, 64, size) if size % s == 0 and s % edge == 0})


def _runs(name: str, default: int, size: int) -> bool:
    """Whether the model builds for `size`, yields [B, dim] features and falls into blocks."""
    try:
        with torch.device("meta"), torch.no_grad():
            model = Classifier(timm_models.build(_spec(name, default), size), 2, 0.0).eval()
            shape = model.features(torch.zeros(1, 3, size, size)).shape
            return shape == (1, model.feature_dim) and bool(model.blocks())
    except Exception:  # whatever a model says to a size it cannot take
        return False


@cache
def _spec(name: str, size: int) -> ModelSpec:
    none = (0.0, 0.0, 0.0)
    return ModelSpec(
        f"timm:{name}", Task.CLASSIFICATION, "timm", name, "", 0, size, SizeRule(1), none, none,
        "", "", None, "tlstudio.ml.zoo.timm_models:build",
    )  # fmt: skip
