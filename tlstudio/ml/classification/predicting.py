"""Predictions of a kept model: for many images into a file, or one by one for a warm worker."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tlstudio.domain.models import ModelSpec
from tlstudio.domain.runs import JobSpec
from tlstudio.ml.checkpoint import load_best
from tlstudio.ml.classification.data import Picture
from tlstudio.ml.classification.feature_cache import FeatureCache
from tlstudio.ml.classification.features import backbone_hash, extract
from tlstudio.ml.classification.gallery import Gallery
from tlstudio.ml.classification.pixels import Transform, batch_of
from tlstudio.ml.classification.scoring import Floats, softmax
from tlstudio.ml.devices import Device
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.runs import serving
from tlstudio.ml.runs.lines import write_lines
from tlstudio.ml.runs.starting import begin
from tlstudio.ml.zoo import Classifier, build


@dataclass(frozen=True, slots=True)
class Kept:
    """A run's best model, ready in eval mode; `labels` in the order of its outputs."""

    model: Classifier
    labels: list[dict[str, Any]]
    transform: Transform
    device: Device

    def spread(self, probabilities: Floats, labels: list[dict[str, Any]] | None) -> Floats:
        """Columns in the order of `labels`, 0 for those the model does not know; the model's own
        order where `labels` is None."""
        if labels is None:
            return probabilities
        place = {int(label["id"]): index for index, label in enumerate(self.labels)}
        wanted = np.zeros((len(probabilities), len(labels)))
        for column, label in enumerate(labels):
            if int(label["id"]) in place:
                wanted[:, column] = probabilities[:, place[int(label["id"])]]
        return wanted


def load_kept(folder: Path, device: Device) -> Kept:
    """The best model of the run in `folder`; UserErrors as load_best."""
    weights, facts = load_best(folder)
    spec = ModelSpec.from_json(facts["model"])
    transform = Transform.kept(facts)
    classes, dropout = len(facts["labels"]), float(facts["dropout"])
    model = build(spec, classes, image_size=transform.size, dropout=dropout)
    model.load_state_dict(weights)
    model.to(device.torch).to(memory_format=torch.channels_last).eval()
    return Kept(model, facts["labels"], transform, device)


def predict(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """Write a line {key, probabilities} for each image of the job that can be read.

    The probabilities follow the job's labels where it gives them. Images that cannot be read
    are named in "skipped" of the result.
    """
    p = job.params
    device = begin(p.get("device", "auto"), reporter)
    kept = load_kept(Path(p["run_folder"]), device)
    cache = Path(p["feature_cache"]) if p.get("feature_cache") else None
    pictures = _pictures(p["items"], Path(job.project))
    with Gallery(pictures, kept.transform) as gallery:
        refused = gallery.open(reporter, stage="training.stage.reading")
        places = np.flatnonzero(gallery.usable)
        found = probabilities_of(kept, gallery, places, cache, reporter)
    rows = kept.spread(found, p.get("labels"))
    out = Path(p["out"])
    keys = [p["items"][int(place)]["key"] for place in places]
    answers = ({"key": k, "probabilities": r.tolist()} for k, r in zip(keys, rows, strict=True))
    write_lines(out, answers)
    return {
        "device": device.name,
        "labels": p.get("labels") or kept.labels,
        "predicted": len(places),
        "skipped": [r.to_json() for r in refused],
    }


def probabilities_of(
    kept: Kept,
    gallery: Gallery,
    places: NDArray[np.int64],
    cache_folder: Path | None,
    reporter: Reporter,
) -> Floats:
    """[len(places), labels of the model]; features come from the cache where it knows them."""
    cache = None
    if cache_folder is not None:
        cache = FeatureCache(cache_folder, backbone_hash(kept.model), kept.transform.hash)
    features = extract(
        kept.model,
        gallery,
        places,
        cache,
        kept.device.torch,
        reporter,
        stage="training.stage.predicting",
    )
    with torch.inference_mode():
        logits = kept.model.head(torch.from_numpy(features).to(kept.device.torch))
    return softmax(logits.double().cpu().numpy())


def serve(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """Answer each request {id, run_folder, path, frame?, labels?}; see `serving.serve`."""

    def answer(kept: Kept, request: dict[str, Any]) -> dict[str, Any]:
        path, frame = Path(job.project) / request["path"], int(request.get("frame") or 0)
        pixels = batch_of([kept.transform.read(path, frame)])
        with torch.inference_mode():
            values = kept.transform.normalise(pixels.to(kept.device.torch))
            logits = kept.model(values).double().cpu().numpy()
        labels = request.get("labels") or kept.labels
        row = kept.spread(softmax(logits), labels)[0]
        return {"labels": labels, "probabilities": row.tolist()}

    return serving.serve(job, reporter, load_kept, answer)


def _pictures(items: Iterable[dict[str, Any]], project: Path) -> list[Picture]:
    return [
        Picture(
            item["key"],
            project / item["path"],
            item.get("sha256"),
            frame=int(item.get("frame") or 0),
        )
        for item in items
    ]
