"""How a run begins: on which device, and with which weights."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from tlstudio.domain.errors import UserError
from tlstudio.domain.events import Started
from tlstudio.domain.recipe import Recipe
from tlstudio.ml.devices import Device, choose_device, use_all_cores
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.runs.request import Request
from tlstudio.ml.runs.snapshot import LearnSet, read_pictures
from tlstudio.ml.runs.store import Refused
from tlstudio.ml.zoo.loading import Matched, load_backbone
from tlstudio.ml.zoo.reading import read_weights

LoadWhole = Callable[[Any, Mapping[str, Tensor], str], Matched]


def begin(wanted: str, reporter: Reporter) -> Device:
    """The device, with all cores in use; told with the Started event."""
    device = choose_device(wanted)
    reporter.emit(Started(os.getpid(), device.name, device.reason, use_all_cores()))
    return device


def begin_training(wanted: str, reporter: Reporter) -> Device:
    """`begin`; a graphics card that is there and cannot be used is remarked on."""
    device = begin(wanted, reporter)
    if device.fell_back:
        reporter.remark(device.reason)
    return device


def read_shapes(request: Request, reporter: Reporter) -> LearnSet:
    """The pictures of a run that learns boxes or regions, with all that is drawn on them; raises
    as `read_pictures`."""
    return read_pictures(
        request.snapshot,
        request.labels,
        request.project,
        request.moved,
        reporter,
        keep_unknown=True,
    )


def deadline_of(recipe: Recipe) -> float | None:
    """The time.monotonic() at which the recipe's time limit ends, None without one."""
    return time.monotonic() + 60 * recipe.time_limit if recipe.time_limit else None


def spending(recipe: Recipe) -> Callable[[], float]:
    """The share of the recipe's time limit that is used up from now on; 0 without a limit."""
    start, limit = time.monotonic(), 60 * recipe.time_limit
    return lambda: (time.monotonic() - start) / limit if limit else 0.0


def tell_left_out(refused: list[Refused], total: int, reporter: Reporter) -> None:
    """Name the pictures that cannot be used, by the first of them; `refused` may hold several
    pieces of a picture, `total` counts pictures."""
    if refused:
        reporter.remark(
            "training.images_left_out",
            count=len({each.picture.key for each in refused}),
            total=total,
            file=str(refused[0].picture.path),
            reason=refused[0].code,
        )


def load_start(
    model: nn.Module, request: Request, load_whole: LoadWhole | None = None
) -> dict[str, Any]:
    """Fill `model` with the request's weights; gives what was used of them.

    Weights of the part "model" go through `load_whole(model, tensors, file)`, which knows how a
    task's library names its models, and those of "any" too where the file has all of the model;
    all others fill the module `model.backbone`. "layers" tells of each part of the model where it
    comes from: {part, source, matched, missing}, `source` is "weights" or "random".
    UserError: training.no_weights, weights.*.
    """
    weights = request.weights
    used: dict[str, Any] = {"kind": weights.kind, "label": weights.label, "sha256": weights.sha256}
    if not weights.pretrained:
        return used | {"layers": [{"part": "model", "source": "random"}]}
    if weights.path is None:
        raise UserError("training.no_weights", model=request.spec.id)
    file: Path = weights.path
    tensors = read_weights(file)
    matched = None
    if load_whole is not None and weights.part in ("model", "any"):
        try:
            matched = load_whole(model, tensors, str(file))
        except UserError as error:
            if weights.part == "model" or error.code != "weights.mismatch":
                raise
    part = "backbone" if matched is None else "model"
    if matched is None:
        matched = load_backbone(model, tensors, file=str(file), name=request.spec.id)
    layers = [
        {
            "part": part,
            "source": "weights",
            "matched": matched.keys_matched,
            "missing": matched.keys_missing,
        }
    ]
    if part == "backbone":
        layers.append({"part": "head", "source": "random"})
    return used | {
        "part": part,
        "keys_matched": matched.keys_matched,
        "keys_missing": matched.keys_missing,
        "layers": layers,
    }
