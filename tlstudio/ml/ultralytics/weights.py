"""Weights of YOLO networks: out of any file into the store, and from there into a network."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from tlstudio.catalog.index import is_official
from tlstudio.domain.errors import UserError
from tlstudio.domain.events import Progressed
from tlstudio.domain.models import ModelSpec
from tlstudio.domain.runs import JobSpec
from tlstudio.ml.files import sha256_of
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.ultralytics.network import backbone_depth, build, layer_of
from tlstudio.ml.zoo.loading import backbone_keys
from tlstudio.ml.zoo.pickled import NotReadable, tensors_of_model
from tlstudio.ml.zoo.reading import read_weights

COCO = 80
"""Labels of the published networks."""


@dataclass(frozen=True, slots=True)
class Fit:
    """How a file fits a network: what can be copied, by name, and how much of it is backbone."""

    tensors: dict[str, Tensor]
    matched: int
    total: int
    backbone_matched: int
    backbone_total: int


def import_weights(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """Store the weights in a file for the job's model; params and result as tlstudio.ml.weights.

    A file that ultralytics saved holds a whole pickled model; its tensors are read without running
    anything in it. The store's old file stays unless all of it worked.
    """
    from tlstudio.ml.weights import store

    spec = ModelSpec.from_json(job.params["model"])
    source, out = Path(job.params["file"]), Path(job.params["out"])
    reporter.emit(Progressed("weights.reading", 0, 3))
    given = read_any(source)
    sha256 = sha256_of(source, watch=reporter.check)
    reporter.emit(Progressed("weights.matching", 1, 3))
    network = build(spec, _labels_of(given))
    fit = fitting(network, given)
    other_head = _finds_once(given) != _finds_once(network.state_dict()) and _has_head(given)
    if other_head or 2 * fit.backbone_matched < fit.backbone_total:
        raise UserError(
            "weights.mismatch", file=str(source), model=spec.id, matched=fit.backbone_matched,
            total=fit.backbone_total,
        )  # fmt: skip
    reporter.check()
    reporter.emit(Progressed("weights.writing", 2, 3))
    store(fit.tensors, out, {"model": spec.id, "sha256": sha256})
    reporter.emit(Progressed("weights.writing", 3, 3))
    return {
        "model": spec.id,
        "sha256": sha256,
        "verified": is_official(spec, sha256),
        "keys_matched": fit.matched,
        "keys_missing": fit.total - fit.matched,
    }


def read_any(path: Path) -> dict[str, Tensor]:
    """Names and tensors in `path`: whatever `read_weights` reads, or a file of ultralytics.

    UserErrors as there; weights.pickle where a pickle holds something else than such a model.
    """
    try:
        return _plain(read_weights(path))
    except UserError as refusal:
        if refusal.code != "weights.pickle" or not zipfile.is_zipfile(path):
            raise
        try:
            tensors = _plain(tensors_of_model(path))
        except (NotReadable, zipfile.BadZipFile, OSError) as trouble:
            raise refusal from trouble
        if not tensors:
            raise
        for name, tensor in tensors.items():
            if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
                raise UserError("weights.not_finite", file=str(path), name=name) from None
        return tensors


def fitting(network: nn.Module, given: Mapping[str, Tensor], *, backbone: bool = False) -> Fit:
    """What of `given` fits `network` by name and shape, in the network's own precision.

    Counted are parameters and averages of batch norm. With `backbone` the layers behind the
    backbone get nothing.
    """
    depth = backbone_depth(network)
    own = network.state_dict()
    counted = [name for name in backbone_keys(network) if ".dfl." not in name]
    found = {
        name: given[name].to(value.dtype)
        for name, value in own.items()
        if name in given
        and given[name].shape == value.shape
        and (layer_of(name) < depth or not backbone)
    }
    of_backbone = [name for name in counted if layer_of(name) < depth]
    return Fit(
        found,
        sum(name in found for name in counted),
        len(counted),
        sum(name in found for name in of_backbone),
        len(of_backbone),
    )


def load(
    network: nn.Module, given: Mapping[str, Tensor], *, backbone: bool, file: str, name: str
) -> Fit:
    """Copy what fits into `network`; UserError("weights.mismatch"), with nothing copied, where
    fewer than half of the backbone's tensors fit."""
    fit = fitting(network, _plain(given), backbone=backbone)
    if 2 * fit.backbone_matched < fit.backbone_total:
        raise UserError(
            "weights.mismatch", file=file, model=name, matched=fit.backbone_matched,
            total=fit.backbone_total,
        )  # fmt: skip
    own = network.state_dict()
    with torch.no_grad():
        for key, value in fit.tensors.items():
            own[key].copy_(value)
    return fit


def _plain(given: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """`given` under the names of a DetectionModel: model.0.conv.weight."""
    return {_spelled(name): value for name, value in given.items()}


def _spelled(name: str) -> str:
    name = name.removeprefix("module.")
    while name.startswith("model.model."):
        name = name.removeprefix("model.")
    return f"model.{name}" if name[:1].isdigit() else name


def _has_head(given: Mapping[str, Tensor]) -> bool:
    return any(".cv3.0." in name for name in given)


def _finds_once(given: Mapping[str, Tensor]) -> bool:
    """Whether the network of these tensors has YOLO26's second head. Its backbone alone does not
    tell it from YOLO11, whose tensors have the same shapes."""
    return any(".one2one_cv3.0." in name for name in given)


def _labels_of(given: Mapping[str, Tensor]) -> int:
    """How many labels the head in the file tells apart; COCO's where there is none."""
    heads = [t for n, t in given.items() if n.endswith(".cv3.0.2.weight") and t.ndim == 4]
    return heads[0].shape[0] if heads else COCO
