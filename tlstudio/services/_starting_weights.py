"""Where a run starts: stored weights, a file, another run's kept model, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlstudio.domain.errors import UserError
from tlstudio.domain.models import ModelSpec
from tlstudio.domain.runs import Run, RunState
from tlstudio.domain.tasks import Task
from tlstudio.storage import paths, runs

if TYPE_CHECKING:
    from tlstudio.storage.project import Project

BEST = "best.safetensors"

_NAMED_ALIKE = ("resnet", "vgg", "densenet", "inception_v3")
"""Architectures whose layers have the same names in timm and in torchvision."""

MODEL, BACKBONE, ANY = "model", "backbone", "any"
"""What of the model the weights are for; any: a person's file, the worker sees what fits."""


def starting_weights(project: Project, spec: ModelSpec, wanted: str) -> dict[str, Any]:
    """What the worker is told of the weights to start from.

    Keys: kind (none, file, run), path, sha256, label (for a person), part (model, backbone or
    any), model (whose weights they are), task (of the run they come from). `wanted` is default,
    none, run:ID or a file; default is the model's own weights, else those of its backbone.
    A style is learned through the weights of its feature network, the backbone, and needs them.
    Raises UserError: weights.absent, weights.absent_backbone, weights.absent_features,
    weights.none, training.no_best, training.other_family, training.weights_file,
    training.style_random, training.style_from_run, training.stylizer_start, project.no_run.
    """
    if spec.task is Task.STYLE:
        _refuse_for_style(spec, wanted)
    if wanted == "none":
        return _told("none", None, "none")
    if wanted == "default":
        return _default(spec)
    if wanted.startswith("run:"):
        return _of_run(project, spec, wanted.removeprefix("run:"))
    file = Path(wanted).expanduser().absolute()
    if not file.is_file():
        raise UserError("training.weights_file", file=str(file))
    part = BACKBONE if spec.task is Task.CLASSIFICATION else ANY
    return _told("file", file, file.name, part=part, model=spec.id)


def lasting(wanted: str, told: Mapping[str, Any]) -> str:
    """`wanted`, for which `starting_weights` gave what is `told`, as a run records it: the run
    itself for run:latest and run:best, the whole path of a file."""
    if wanted in ("default", "none"):
        return wanted
    return str(told["label"] if told["kind"] == "run" else told["path"])


def _refuse_for_style(spec: ModelSpec, wanted: str) -> None:
    if wanted == "none":
        raise UserError("training.style_random", model=spec.id)
    if wanted.startswith("run:"):
        raise UserError("training.style_from_run", network=spec.backbone or spec.id)


def _told(kind: str, path: Path | None, label: str, **more: Any) -> dict[str, Any]:
    facts = {"sha256": None, "part": None, "model": None, "task": None, **more}
    return {"kind": kind, "path": str(path) if path else None, "label": label, **facts}


def _default(spec: ModelSpec) -> dict[str, Any]:
    from tlstudio.services.models import list_weights, weights_file, weights_label

    hashes = {each.model: each.sha256 for each in list_weights()}
    for model in (spec.id, spec.backbone):
        file = weights_file(model) if model in hashes else None
        if model is None or file is None:
            continue
        whole = model == spec.id and spec.task is not Task.CLASSIFICATION
        return _told(
            "file",
            file,
            weights_label(model),
            sha256=hashes[model],
            part=MODEL if whole else BACKBONE,
            model=model,
        )
    if spec.backbone is None:
        raise UserError("weights.absent" if spec.weights else "weights.none", model=spec.id)
    code = "weights.absent_both" if spec.weights else "weights.absent_backbone"
    if spec.task is Task.STYLE:
        code = "weights.absent_features"
    raise UserError(code, model=spec.id, backbone=spec.backbone)


def _of_run(project: Project, spec: ModelSpec, run_id: str) -> dict[str, Any]:
    """The kept model of a run, whole where it is of the same model, else its backbone."""
    from tlstudio.services.models import find_model

    with project.read() as db:
        run = runs.get_run(db, run_id)
    file = paths.run(project.folder, run.id) / BEST
    if not file.exists():
        raise UserError("training.no_best", file=str(file.parent))
    if run.task == Task.STYLE:
        raise UserError("training.stylizer_start", run=run.id, model=spec.id)
    other = find_model(run.model)
    if backbone_name(other) != backbone_name(spec):
        raise UserError(
            "training.other_family",
            run=run.id,
            model=spec.id,
            theirs=backbone_name(other),
            wanted=backbone_name(spec),
        )
    same = other.id == spec.id and spec.task is not Task.CLASSIFICATION
    part = MODEL if same else BACKBONE
    return _told("run", file, f"run:{run.id}", part=part, model=other.id, task=run.task)


def runs_to_start_from(project: Project, model_id: str) -> list[Run]:
    """Finished runs with a kept model whose backbone is that of `model_id`, oldest first; none
    for a stylizer, and no stylizer for others.

    Raises UserError("weights.unknown_model").
    """
    from tlstudio.services.models import find_model

    spec = find_model(model_id)
    if spec.task is Task.STYLE:
        return []
    wanted = backbone_name(spec)
    names: dict[str, str] = {}
    found = []
    with project.read() as db:
        known = runs.all_runs(db)
    for run in known:
        if run.state is not RunState.DONE or run.task == Task.STYLE:
            continue
        if run.model not in names:
            try:
                names[run.model] = backbone_name(find_model(run.model))
            except UserError:  # a model of a newer or older program
                names[run.model] = ""
        if names[run.model] == wanted and (paths.run(project.folder, run.id) / BEST).exists():
            found.append(run)
    return found


def backbone_name(spec: ModelSpec) -> str:
    """The architecture of a model's backbone: two models with the same fit each other's weights.

    The backbone's id, or what follows the colon, without a tag behind. "timm:" stands before it
    where timm's layers have other names than torchvision's of that architecture. A model without
    any of these is its own.
    """
    name = spec.backbone or spec.id
    if spec.task is not Task.CLASSIFICATION and spec.backbone is None:
        name = spec.id.rpartition(":")[2]
    plain = name
    for prefix in ("timm:", "timm-", "tu-"):
        plain = plain.removeprefix(prefix)
    architecture = plain.partition(".")[0]
    same = plain == name or architecture.startswith(_NAMED_ALIKE)
    return architecture if same else f"timm:{architecture}"
