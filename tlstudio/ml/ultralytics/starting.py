"""How a run of a YOLO detector begins: with which settings, and with which weights."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

import torch
from torch import nn

from tlstudio.domain.errors import UserError
from tlstudio.ml.randomness import derive
from tlstudio.ml.runs.request import Request
from tlstudio.ml.ultralytics.network import build
from tlstudio.ml.ultralytics.weights import load, read_any


def start(
    request: Request, classes: int
) -> tuple[nn.Module, dict[str, Any], Container[str] | None]:
    """The network with its starting weights, what was used of them, and the names of the tensors
    that they filled; None without weights."""
    torch.manual_seed(derive(request.recipe.seed, "init"))
    network = build(request.spec, classes)
    weights = request.weights
    used: dict[str, Any] = {"kind": weights.kind, "label": weights.label, "sha256": weights.sha256}
    if not weights.pretrained:
        return network, used | {"layers": [{"part": "model", "source": "random"}]}, None
    if weights.path is None:
        raise UserError("training.no_weights", model=request.spec.id)
    backbone = weights.part == "backbone"
    file = str(weights.path)
    fit = load(network, read_any(weights.path), backbone=backbone, file=file, name=request.spec.id)
    behind = fit.matched - fit.backbone_matched
    layers: list[dict[str, Any]] = [
        {
            "part": "backbone",
            "source": "weights",
            "matched": fit.backbone_matched,
            "missing": fit.backbone_total - fit.backbone_matched,
        },
        {
            "part": "head",
            "source": "weights" if behind else "random",
            "matched": behind,
            "missing": fit.total - fit.backbone_total - behind,
        },
    ]
    used |= {
        "part": "backbone" if backbone else "model",
        "keys_matched": fit.matched,
        "keys_missing": fit.total - fit.matched,
        "layers": layers,
    }
    return network, used, frozenset(fit.tensors)
