"""Predictions of a kept model: for many images into a file, or one by one for a warm worker."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tlstudio.domain.errors import UserError
from tlstudio.domain.events import Answer, Started
from tlstudio.domain.models import ModelSpec
from tlstudio.domain.runs import JobSpec
from tlstudio.ml.checkpoint import BEST_WEIGHTS, load_best
from tlstudio.ml.classification.data import Picture
from tlstudio.ml.classification.feature_cache import FeatureCache
from tlstudio.ml.classification.features import backbone_hash, extract
from tlstudio.ml.classification.gallery import Gallery, Refused
from tlstudio.ml.classification.pixels import Transform
from tlstudio.ml.classification.scoring import Floats, softmax
from tlstudio.ml.devices import Device, choose_device, use_all_cores
from tlstudio.ml.files import replacing
from tlstudio.ml.reporter import Reporter
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
    size = int(facts["image_size"])
    model = build(spec, len(facts["labels"]), image_size=size, dropout=float(facts["dropout"]))
    model.load_state_dict(weights)
    model.to(device.torch).to(memory_format=torch.channels_last).eval()
    return Kept(model, facts["labels"], Transform.of(spec, size), device)


def predict(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """Write a line {key, probabilities} for each image of the job that can be read.

    The probabilities follow the job's labels where it gives them. Images that cannot be read
    are named in "skipped" of the result.
    """
    p = job.params
    device = _ready(p.get("device", "auto"), reporter)
    kept = load_kept(Path(p["run_folder"]), device)
    cache = Path(p["feature_cache"]) if p.get("feature_cache") else None
    pictures = _pictures(p["items"], Path(job.project))
    with Gallery(pictures, kept.transform) as gallery:
        refused = gallery.open(reporter, stage="training.stage.reading")
        places = np.flatnonzero(gallery.usable)
        found = probabilities_of(kept, gallery, places, cache, reporter)
    rows = kept.spread(found, p.get("labels"))
    out = Path(p["out"])
    with replacing(out) as beside, beside.open("w", encoding="utf-8") as file:
        for place, row in zip(places, rows, strict=True):
            line = {"key": p["items"][int(place)]["key"], "probabilities": row.tolist()}
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    return {
        "device": device.name,
        "labels": p.get("labels") or kept.labels,
        "predicted": len(places),
        "skipped": [_refusal(r) for r in refused],
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
    """Answer each request {id, run_folder, path, labels?} with an Answer event, the model kept
    warm between them, until the parent closes the channel."""
    device = _ready(job.params.get("device", "auto"), reporter)
    warm = _Warm(device)
    if job.params.get("run_folder"):
        warm.kept(Path(job.params["run_folder"]))
    served = 0
    for line in reporter.requests():
        reporter.emit(_answer(line, warm, job))
        served += 1
    if reporter.orders.cancel.is_set():
        reporter.check()
    return {"device": device.name, "served": served}


class _Warm:
    """The model used last, loaded again only when its file has changed."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._mark: tuple[str, int] | None = None
        self._kept: Kept | None = None

    def kept(self, folder: Path) -> Kept:
        try:
            mark = (str(folder), (folder / BEST_WEIGHTS).stat().st_mtime_ns)
        except OSError:
            raise UserError("training.no_best", file=str(folder)) from None
        if self._kept is None or mark != self._mark:
            self._kept, self._mark = load_kept(folder, self._device), mark
        return self._kept


def _answer(line: str, warm: _Warm, job: JobSpec) -> Answer:
    name = ""
    try:
        request = json.loads(line)
        name = str(request["id"])
        kept = warm.kept(Path(request["run_folder"]))
        pixels = torch.from_numpy(kept.transform.read(Path(job.project) / request["path"]))
        with torch.inference_mode():
            values = kept.transform.normalise(pixels[None].to(kept.device.torch))
            logits = kept.model(values).double().cpu().numpy()
        labels = request.get("labels") or kept.labels
        row = kept.spread(softmax(logits), labels)[0]
        return Answer(name, {"labels": labels, "probabilities": row.tolist()})
    except UserError as error:
        params = {key: str(value) for key, value in error.params.items()}
        return Answer(name, error={"code": error.code, "params": {"file": error.file, **params}})
    except (ValueError, KeyError, TypeError):
        return Answer(name, error={"code": "training.bad_request", "params": {}})


def _ready(wanted: str, reporter: Reporter) -> Device:
    device = choose_device(wanted)
    reporter.emit(Started(os.getpid(), device.name, device.reason, use_all_cores()))
    return device


def _pictures(items: Iterable[dict[str, Any]], project: Path) -> list[Picture]:
    return [Picture(item["key"], project / item["path"], item.get("sha256")) for item in items]


def _refusal(refused: Refused) -> dict[str, Any]:
    params = {name: str(value) for name, value in refused.params.items()}
    return {"key": refused.picture.key, "code": refused.code, "params": params}
