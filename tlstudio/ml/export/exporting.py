"""The export job: a run folder and facts from the project in, a checked bundle out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from tlstudio.catalog.index import is_official, official_files
from tlstudio.domain.errors import UserError
from tlstudio.domain.models import ModelSpec
from tlstudio.domain.runs import JobSpec
from tlstudio.domain.tasks import Task
from tlstudio.ml import checkpoint
from tlstudio.ml.classification.pixels import Transform
from tlstudio.ml.devices import use_all_cores
from tlstudio.ml.export.bundle import Trained, write_bundle
from tlstudio.ml.export.classifier import TrainedClassifier
from tlstudio.ml.export.parity import Shown
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.zoo import build

FORMATS = ("onnx",)


def export(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """Write and check a bundle. Gives {bundle, files, parity: {"onnx": {n, max_diff, passed, …}}}.

    params: run_folder of a run of any task, out, formats, sample (bool), items
    [{key, path, frame, private}] to check on (relative paths are the project's), checked_on (val or
    train), labels [{id, name, colour}] and facts {training, data, metrics} for the card.
    Everything is computed on the CPU, where the bundle will be used. A failed check is an
    answer, not an error. UserError: bundle.*, training.no_best.
    """
    params = job.params
    for name in params.get("formats", FORMATS):
        if name not in FORMATS:
            raise UserError("bundle.format", format=name, known=", ".join(FORMATS))
    use_all_cores()
    trained, kept = load_trained(Path(params["run_folder"]), params["labels"])
    project = Path(job.project)
    written = write_bundle(
        trained,
        {**_with_kept(params["facts"], kept), "checked_on": params.get("checked_on", "val")},
        [
            Shown(project / i["path"], int(i.get("frame") or 0), bool(i.get("private")))
            for i in params["items"]
        ],
        Path(params["out"]),
        reporter,
        sample=bool(params.get("sample", True)),
    )
    return {
        "bundle": str(written.folder),
        "files": written.files,
        "parity": {"onnx": written.parity.to_json()},
    }


def load_trained(
    run_folder: Path, labels: list[Mapping[str, Any]]
) -> tuple[Trained, dict[str, Any]]:
    """The run's kept model of any task, in eval mode on the CPU, and the facts kept with it.

    Colours come from `labels`; a label that was renamed since has its new name, one that was
    deleted keeps the name it was learned with. UserErrors of `checkpoint.load_best`.
    """
    tensors, kept = checkpoint.load_best(run_folder)
    spec = ModelSpec.from_json(kept["model"])
    told = _labels(kept, labels)
    if spec.task is Task.DETECTION:
        from tlstudio.ml.export.boxes import load_detector

        return load_detector(run_folder, spec, told), kept
    if spec.task is Task.SEGMENTATION:
        from tlstudio.ml.export.regions import load_segmenter

        return load_segmenter(run_folder, spec, told), kept
    if spec.task is Task.STYLE:
        from tlstudio.ml.export.stylizer import load_stylizer

        return load_stylizer(run_folder, spec), kept
    return load_classifier(run_folder, spec, tensors, kept, told), kept


def load_classifier(
    run_folder: Path,
    spec: ModelSpec,
    tensors: Mapping[str, Tensor],
    kept: Mapping[str, Any],
    labels: list[dict[str, Any]],
) -> TrainedClassifier:
    """A classifier of the tensors and facts that `checkpoint.load_best` gave;
    UserError("training.checkpoint_damaged")."""
    transform = Transform.kept(kept)
    classes, dropout = len(kept["labels"]), float(kept["dropout"])
    classifier = build(spec, classes, image_size=transform.size, dropout=dropout)
    try:
        classifier.load_state_dict(tensors)
    except RuntimeError as error:
        file = str(run_folder / checkpoint.BEST_WEIGHTS)
        raise UserError("training.checkpoint_damaged", file=file) from error
    return TrainedClassifier(classifier.eval(), spec, transform, labels)


def _labels(kept: Mapping[str, Any], labels: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """{id, name, colour} in the order of the model's outputs."""
    now = {label["id"]: label for label in labels}
    return [
        {
            "id": label["id"],
            "name": now.get(label["id"], label)["name"],
            "colour": now.get(label["id"], {}).get("colour"),
        }
        for label in kept["labels"]
    ]


def _with_kept(facts: Mapping[str, Any], kept: Mapping[str, Any]) -> dict[str, Any]:
    """`facts` of the project, completed by what was kept beside the weights."""
    used = kept.get("weights_used") or {}
    weights = {
        "start": used.get("kind", "none"),
        "label": used.get("label", ""),
        "sha256": used.get("sha256"),
        "licence": _licence(ModelSpec.from_json(kept["model"]), used),
    }
    training = {"recipe": kept.get("recipe", {}), **facts["training"]}
    training["best"] = {"epoch": kept.get("epoch"), "values": kept.get("values", {})}
    metrics = {"validation": kept.get("metrics", {}), "evaluation": None, **facts["metrics"]}
    return {**facts, "weights": weights, "training": training, "metrics": metrics}


def _licence(spec: ModelSpec, used: Mapping[str, Any]) -> str:
    """Licence of the weights the run started from; empty where only their owner knows it."""
    sources = official_files(spec)
    names = {source.name for source in sources} | {
        source.url.rpartition("/")[2] for source in sources
    }
    known = used.get("label") in names or is_official(spec, used.get("sha256") or "")
    return spec.weights_licence if known else ""
