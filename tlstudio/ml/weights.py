"""Job import-weights: a file from anywhere becomes a backbone, or a detector, of the store.

params: {model: ModelSpec json, file: what to read, out: where the safetensors file goes}, and for a
model built on a classifier {backbone: its ModelSpec json, backbone_out: where its file goes}.
result: model (whose weights they are now: the classifier's, where the file holds nothing else),
sha256 (of the file read), verified (that is an officially published file), keys_matched,
keys_missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from torch import Tensor

from tlstudio.catalog.index import is_official
from tlstudio.domain.errors import UserError
from tlstudio.domain.events import Progressed
from tlstudio.domain.models import ModelSpec
from tlstudio.domain.runs import JobSpec
from tlstudio.domain.tasks import Task
from tlstudio.ml import zoo
from tlstudio.ml.files import replacing, sha256_of
from tlstudio.ml.reporter import Reporter


def import_weights(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """Read, match and store; the store's old file stays unless all of it worked."""
    spec = ModelSpec.from_json(job.params["model"])
    if spec.builder.startswith("tlstudio.ml.ultralytics."):
        from tlstudio.ml.ultralytics.weights import import_weights as import_yolo

        return import_yolo(job, reporter)
    source, out = Path(job.params["file"]), Path(job.params["out"])
    reporter.emit(Progressed("weights.reading", 0, 3))
    given = zoo.read_weights(source)
    sha256 = sha256_of(source, watch=reporter.check)
    reporter.emit(Progressed("weights.matching", 1, 3))
    if spec.task is Task.DETECTION:
        tensors, loaded = _detector(spec, given, str(source))
        kept = None if loaded.rest else of_backbone(job, given, sha256, reporter)
        return kept or stored(spec, tensors, loaded, out, sha256, reporter)
    tensors, matched = _classifier(spec, given, str(source))
    return stored(spec, tensors, matched, out, sha256, reporter)


def of_backbone(
    job: JobSpec, given: Mapping[str, Tensor], sha256: str, reporter: Reporter
) -> dict[str, Any] | None:
    """Store a file for the classifier that the job's model is built on, so that it serves every
    such model; None where there is no such classifier, or the file does not fit it."""
    if not job.params.get("backbone"):
        return None
    spec = ModelSpec.from_json(job.params["backbone"])
    try:
        tensors, matched = _classifier(spec, given, str(job.params["file"]))
    except UserError:
        return None
    return stored(spec, tensors, matched, Path(job.params["backbone_out"]), sha256, reporter)


def stored(
    spec: ModelSpec,
    tensors: dict[str, Tensor],
    matched: zoo.Matched | zoo.Loaded,
    out: Path,
    sha256: str,
    reporter: Reporter,
) -> dict[str, Any]:
    """Write the tensors to the store; gives the job's result."""
    reporter.check()
    reporter.emit(Progressed("weights.writing", 2, 3))
    store(tensors, out, {"model": spec.id, "sha256": sha256})
    reporter.emit(Progressed("weights.writing", 3, 3))
    return {
        "model": spec.id,
        "sha256": sha256,
        "verified": is_official(spec, sha256),
        "keys_matched": matched.keys_matched,
        "keys_missing": matched.keys_missing,
    }


def _classifier(
    spec: ModelSpec, given: Mapping[str, Tensor], file: str
) -> tuple[dict[str, Tensor], zoo.Matched]:
    """The backbone that `given` fits."""
    model = zoo.build(spec, 2, image_size=spec.input_size)
    matched = zoo.load_backbone(model, given, file=file, name=spec.id)
    return model.backbone.state_dict(), matched


def _detector(
    spec: ModelSpec, given: Mapping[str, Tensor], file: str
) -> tuple[dict[str, Tensor], zoo.Loaded]:
    """What fits of a detector, under our names and without the layers made for its labels; the
    backbone alone where nothing else fits."""
    model = zoo.build_detector(spec, 2, image_size=spec.input_size)
    loaded = zoo.load_detector(model, spec, given, file=file)
    kept = "" if loaded.rest else "backbone."
    tensors = {
        name: tensor
        for name, tensor in model.state_dict().items()
        if name.startswith(kept) and not model.depends_on_labels(name)
    }
    return tensors, loaded


def store(tensors: dict[str, Tensor], out: Path, facts: dict[str, str]) -> None:
    """Write a safetensors file in one step: whole or not at all."""
    # A copy each: safetensors refuses tensors that share memory.
    plain = {name: tensor.detach().clone().contiguous() for name, tensor in tensors.items()}
    try:
        with replacing(out) as beside:
            save_file(plain, beside, metadata=facts)
    except OSError as trouble:
        reason = trouble.strerror or str(trouble)
        raise UserError("weights.store", file=str(out), reason=reason) from trouble
