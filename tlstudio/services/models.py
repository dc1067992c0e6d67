"""Models to choose from, and their pretrained weights: fetched, imported, or not there."""

from __future__ import annotations

import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tlstudio.catalog import index
from tlstudio.domain.errors import UserError
from tlstudio.domain.models import ModelSpec, purpose
from tlstudio.domain.progress import Cancel, Progress, silent
from tlstudio.domain.runs import JobSpec
from tlstudio.domain.tasks import Aid, Task
from tlstudio.services import _weights_store, network
from tlstudio.services._weights_store import WeightsReport
from tlstudio.services._work import run_to_end

__all__ = [
    "ModelRow",
    "WeightsReport",
    "fetch_weights",
    "find_model",
    "import_weights",
    "list_models",
    "list_weights",
    "remove_weights",
    "search_models",
    "weights_file",
    "weights_label",
]


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A model, and whether the weights it would start from are here: present, absent, or none
    published.

    `weights_of` is the model whose they are: itself, or the classifier that its backbone is, None
    where there are none. `origins` are all whose weights it can start from, in that order.
    """

    spec: ModelSpec
    weights: str
    weights_of: str | None = None
    origins: tuple[ModelSpec, ...] = ()

    def to_json(self) -> dict[str, Any]:
        spec = self.spec
        return {
            "id": spec.id,
            "name": spec.name,
            "task": str(spec.task),
            "family": spec.family,
            "params": spec.params,
            "input": spec.input_size,
            "licence": spec.licence,
            "weights_licence": spec.weights_licence,
            "weights": self.weights,
            "weights_of": self.weights_of,
            "backbone": spec.backbone,
        }


def list_models(
    task: Task | Aid | str | None = None, search: str | None = None, *, include_timm: bool = False
) -> list[ModelRow]:
    """The catalogue for `task`, narrowed to rows that hold every word of `search`.

    timm's two thousand come only with `include_timm`; those whose weights are here always do.
    """
    wanted = None if task is None else purpose(task)
    rows = index.models(wanted, search or "", include_timm=include_timm)
    here = _weights_store.present()
    if not include_timm and any(model.startswith("timm:") for model in here):
        known = index.models(wanted, search or "", include_timm=True)
        rows += [spec for spec in known if spec.id in here and spec not in rows]
    backbones: dict[str, ModelSpec] = {}
    return [_row(spec, here, backbones) for spec in rows]


def search_models(task: Task | Aid | str, text: str) -> list[ModelRow]:
    """The rows for `task` that hold every word of `text`, timm's among them; before them a model
    that is in no list and has this id (`fpn:vgg16_bn`, `unet:timm-NAME`)."""
    wanted = purpose(task)
    rows = list_models(wanted, text.removeprefix("timm:"), include_timm=True)
    try:
        spec = index.find(text)
    except UserError:
        return rows
    if spec.task is wanted and all(row.spec.id != spec.id for row in rows):
        rows.insert(0, _row(spec, _weights_store.present(), {}))
    return rows


def _row(spec: ModelSpec, here: Collection[str], backbones: dict[str, ModelSpec]) -> ModelRow:
    """Its own weights before those of its backbone, what is here before what is not.
    `backbones` remembers what was looked up for the rows before."""
    found = [spec]
    if spec.backbone is not None:
        if spec.backbone not in backbones:
            backbones[spec.backbone] = index.find(spec.backbone)
        found.append(backbones[spec.backbone])
    origins = tuple(each for each in found if each.weights or each.id in here)
    present = [each.id for each in origins if each.id in here]
    if present:
        return ModelRow(spec, "present", present[0], origins)
    state = "absent" if origins else "none"
    return ModelRow(spec, state, origins[0].id if origins else None, origins)


def find_model(model_id: str) -> ModelSpec:
    """The model of this id, timm:NAME included; UserError("weights.unknown_model")."""
    return index.find(model_id)


def weights_file(model_id: str) -> Path | None:
    """The stored weights of a model; None where there are none."""
    spec = find_model(model_id)
    return _weights_store.file_of(spec.id) if spec.id in _weights_store.present() else None


def weights_label(model_id: str) -> str:
    """What the stored weights are: the official name where verified, else their file's name."""
    spec = find_model(model_id)
    report = _weights_store.present().get(spec.id)
    if report is None:
        return "none"
    official = {source.hash_prefix: source.name for source in index.official_files(spec)}
    for prefix, name in official.items():
        if report.verified and prefix and report.sha256.startswith(prefix):
            return name
    return report.source.rpartition("/")[2] or "imported"


def list_weights() -> list[WeightsReport]:
    """What is in the store, by model."""
    return sorted(_weights_store.present().values(), key=lambda report: report.model)


def remove_weights(model_id: str) -> bool:
    """Take a model's weights out of the store; False where there were none."""
    return _weights_store.remove(find_model(model_id).id)


def fetch_weights(
    model_id: str, progress: Progress = silent, cancel: Cancel | None = None
) -> WeightsReport:
    """Download the official weights of a model, check and store them; where it has none of its
    own, those of its backbone.

    Weights that are here already and are the official ones are not downloaded again. Raises
    Cancelled; UserError weights.none where nothing is published, and those of network.download
    and import_weights.
    """
    spec = find_model(model_id)
    if spec.weights is None and spec.backbone is not None:
        spec = find_model(spec.backbone)
    if spec.weights is None:
        raise UserError("weights.none", model=spec.id)
    here = _weights_store.present().get(spec.id)
    if here is not None and (here.verified or here.source == spec.weights.url):
        return here
    with _weights_store.landing_place() as place:
        file = place / (spec.weights.url.rpartition("/")[2] or "weights")
        network.download(
            spec.weights.url,
            file,
            size=spec.weights.size,
            hash_prefix=spec.weights.hash_prefix,
            progress=progress,
            cancel=cancel,
        )
        return _take_in(spec, file, spec.weights.url, progress, cancel)


def import_weights(
    model_id: str, file: Path, progress: Progress = silent, cancel: Cancel | None = None
) -> WeightsReport:
    """Store the weights in `file` (safetensors or a plain PyTorch state dict) for a model; for one
    that learns a style, those of the feature network that teaches it. A file of the backbone alone
    is stored for the classifier of that name, and so serves all models that are built on it.

    They replace what is there only if all goes well. Raises Cancelled; UserError
    weights.unknown_model, .no_file, .empty, .truncated, .format, .pickle, .torchscript,
    .no_tensors, .not_finite, .mismatch, .store.
    """
    spec = find_model(model_id)
    if spec.task is Task.STYLE and spec.backbone is not None:
        spec = find_model(spec.backbone)
    file = Path(file).expanduser().absolute()
    if not file.is_file():
        reason = "it is a folder" if file.is_dir() else "there is no such file"
        raise UserError("weights.no_file", file=str(file), reason=reason)
    return _take_in(spec, file, file.name, progress, cancel)


def _take_in(
    spec: ModelSpec, file: Path, source: str, progress: Progress, cancel: Cancel | None
) -> WeightsReport:
    """Let a worker read, match and store the file; note what came of it."""
    params = {
        "model": spec.to_json(),
        "file": str(file),
        "out": str(_weights_store.file_of(spec.id)),
    }
    if spec.backbone is not None:
        params["backbone"] = find_model(spec.backbone).to_json()
        params["backbone_out"] = str(_weights_store.file_of(spec.backbone))
    with tempfile.TemporaryDirectory(prefix="tlstudio-weights-") as place:
        job = JobSpec(
            kind="import-weights",
            task=str(spec.task),
            folder=place,
            project=place,
            params=params,
        )
        result = run_to_end(job, progress, cancel)
    return _weights_store.record(
        WeightsReport(
            model=result["model"],
            sha256=result["sha256"],
            verified=result["verified"],
            keys_matched=result["keys_matched"],
            keys_missing=result["keys_missing"],
            source=source,
        )
    )
