"""Predictions of a kept detector: for many images into a file, or one by one when warm."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from tlstudio.domain.errors import UserError
from tlstudio.domain.events import Progressed
from tlstudio.domain.models import ModelSpec
from tlstudio.domain.runs import JobSpec
from tlstudio.domain.windows import Window
from tlstudio.imaging.unit import Seen, read_seen
from tlstudio.metrics.detection import Found
from tlstudio.ml.checkpoint import BEST_WEIGHTS, load_best
from tlstudio.ml.detection.answers import answer_of
from tlstudio.ml.detection.canvas import Canvas
from tlstudio.ml.detection.data import cut
from tlstudio.ml.detection.finding import find, in_batches
from tlstudio.ml.detection.tiles import merged, regions_of
from tlstudio.ml.devices import Device
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.runs.lines import write_lines
from tlstudio.ml.runs.snapshot import Picture
from tlstudio.ml.runs.starting import begin
from tlstudio.ml.runs.store import Refused, checked_hash, decoding_threads, open_all
from tlstudio.ml.zoo import Detector, Priors, build_detector

CHUNK = 8  # images read ahead in threads


@dataclass(frozen=True, slots=True)
class Kept:
    """A run's best model, in eval mode; `labels` [{id, name}] in the order of its outputs."""

    model: Detector
    spec: ModelSpec
    labels: list[dict[str, Any]]
    canvas: Canvas
    window: Window
    tile: int
    overlap: float
    threshold: float
    device: Device

    @property
    def label_ids(self) -> list[int]:
        return [int(label["id"]) for label in self.labels]

    def read(self, picture: Picture) -> Seen:
        """A picture as the model was trained on it."""
        return read_seen(picture.path, frame=picture.frame, window=self.window)

    def find(self, image: Seen) -> Found:
        """What the model finds in an image, in pixels of it; large ones in pieces."""
        height, width = image.shape[:2]
        regions = regions_of(width, height, self.tile, self.overlap)
        found: list[Found] = []
        for batch in in_batches(len(regions)):
            chosen = [regions[at] for at in batch]
            units = [self.canvas.fit(cut(image, region)) for region in chosen]
            found += find(self.model, self.canvas, units, chosen, self.device.torch)
        return merged(found, regions, width, height)


def load_kept(folder: Path, device: Device) -> Kept:
    """The best model of the run in `folder`; UserErrors as load_best."""
    weights, facts = load_best(folder)
    spec = ModelSpec.from_json(facts["model"])
    model = build_detector(
        spec,
        len(facts["labels"]),
        image_size=int(facts["image_size"]),
        priors=Priors.from_json(facts["anchors"]),
    )
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        file = str(folder / BEST_WEIGHTS)
        raise UserError("training.checkpoint_damaged", file=file) from error
    model.to(device.torch).to(memory_format=torch.channels_last).eval()
    mean, std = (tuple(float(v) for v in facts[name]) for name in ("mean", "std"))
    size = facts["canvas"]
    return Kept(
        model,
        spec,
        facts["labels"],
        Canvas(int(size["height"]), int(size["width"]), mean, std),  # type: ignore[arg-type]
        Window.from_json(facts.get("window")),
        int(facts["tile"]),
        float(facts["overlap"]),
        float(facts["threshold"]),
        device,
    )


def predict(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """Write a line {key, width, height, boxes, labels, scores} for each image of the job that can
    be read; boxes are x, y, width, height in its pixels. Images that cannot be read are named in
    "skipped" of the result."""
    p = job.params
    device = begin(p.get("device", "auto"), reporter)
    kept = load_kept(Path(p["run_folder"]), device)
    pictures = [_picture(item, Path(job.project)) for item in p["items"]]
    skipped: list[Refused] = []
    predicted = write_lines(Path(p["out"]), _lines(kept, pictures, skipped, reporter))
    return {
        "device": device.name,
        "labels": p.get("labels") or kept.labels,
        "threshold": kept.threshold,
        "predicted": predicted,
        "skipped": [refused.to_json() for refused in skipped],
    }


def _lines(
    kept: Kept, pictures: list[Picture], skipped: list[Refused], reporter: Reporter
) -> Iterator[dict[str, Any]]:
    """A line for each picture that can be read; the others go to `skipped`."""
    with decoding_threads() as pool:
        for at in range(0, len(pictures), CHUNK):
            chunk = pictures[at : at + CHUNK]
            images: dict[int, Seen] = {}

            def read(place: int, chunk: list[Picture] = chunk, into: Any = images) -> None:
                checked_hash(chunk[place])
                into[place] = kept.read(chunk[place])

            refused = open_all(pool, chunk, read, Reporter(orders=reporter.orders), stage="")
            skipped += [each for _, each in refused]
            for place in sorted(images):
                reporter.check()
                image = images.pop(place)
                yield {"key": chunk[place].key, **_answer(kept, image)}
            done = at + len(chunk)
            reporter.emit(Progressed("training.stage.predicting", done, len(pictures)))


def _answer(kept: Kept, image: Seen) -> dict[str, Any]:
    return answer_of(kept.find(image), kept.label_ids, image.shape[1], image.shape[0])


def answer_request(kept: Kept, request: dict[str, Any], project: Path) -> dict[str, Any]:
    """The line of `predict` for the image of a request {path, frame?} without its key, and the
    model's labels and threshold."""
    picture = _picture({"key": "", **request, "sha256": None}, project)
    told = _answer(kept, kept.read(picture))
    return {"names": kept.labels, "threshold": kept.threshold, **told}


def _picture(item: dict[str, Any], project: Path) -> Picture:
    frame = int(item.get("frame") or 0)
    return Picture(item["key"], project / item["path"], item.get("sha256"), frame)
