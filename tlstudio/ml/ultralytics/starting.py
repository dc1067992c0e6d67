"""How a run of a YOLO detector begins: with which settings, and with which weights."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from tlstudio.domain.advice import recommend, settle
from tlstudio.domain.errors import UserError
from tlstudio.domain.fingerprint import Fingerprint
from tlstudio.ml.randomness import derive
from tlstudio.ml.runs.request import Request
from tlstudio.ml.runs.snapshot import read_rows
from tlstudio.ml.ultralytics.network import build
from tlstudio.ml.ultralytics.weights import load, read_any


def settled(request: Request) -> tuple[Request, int]:
    """The request with recommended values where its recipe leaves them automatic, and the bits a
    channel of the images it learns from."""
    spec, task = request.spec, request.task
    fingerprint = Fingerprint.of(task, list(read_rows(request.snapshot)))
    recipe = settle(request.recipe, recommend(fingerprint, spec, task, request.recipe), task)
    return replace(request, recipe=recipe), fingerprint.bit_depth


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
