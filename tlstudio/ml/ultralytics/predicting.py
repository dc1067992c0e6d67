"""Predictions of a kept YOLO detector: for many images into a file, or one by one when warm."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from tlstudio.domain.events import Progressed
from tlstudio.domain.models import ModelSpec
from tlstudio.domain.runs import JobSpec
from tlstudio.domain.windows import Window
from tlstudio.imaging.unit import read_rgb8
from tlstudio.metrics.detection import Found
from tlstudio.ml.checkpoint import load_best
from tlstudio.ml.detection.answers import answer_of
from tlstudio.ml.detection.tiles import merged, regions_of
from tlstudio.ml.devices import Device
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.runs.lines import write_lines
from tlstudio.ml.runs.snapshot import Picture
from tlstudio.ml.runs.starting import begin
from tlstudio.ml.runs.store import Refused, Store
from tlstudio.ml.ultralytics.letterbox import Pixels, letterboxed
from tlstudio.ml.ultralytics.network import build
from tlstudio.ml.ultralytics.pictures import cut, moved
from tlstudio.ml.ultralytics.suppression import boxes_of

BATCH = 8
AHEAD = 32
"""Pictures read before they are looked at."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A run's best model, in eval mode, batch norms folded into the convolutions before them;
    `labels` [{id, name}] in the order of its outputs."""

    network: nn.Module
    labels: list[dict[str, Any]]
    side: int
    window: Window
    tile: int
    overlap: float
    threshold: float
    device: Device

    @property
    def label_ids(self) -> list[int]:
        return [int(label["id"]) for label in self.labels]

    def read(self, picture: Picture) -> Pixels:
        """[H, W, 3] of a picture, as the model was trained on."""
        return read_rgb8(picture.path, frame=picture.frame, window=self.window)

    def find(self, image: Pixels) -> Found:
        """What the model finds in an image [H, W, 3], in pixels of it; large ones in pieces."""
        height, width = image.shape[:2]
        regions = regions_of(width, height, self.tile, self.overlap)
        found: list[Found] = []
        for at in range(0, len(regions), BATCH):
            chosen = regions[at : at + BATCH]
            whole = self.find_in([cut(image, region) for region in chosen])
            found += [moved(one, region) for one, region in zip(whole, chosen, strict=True)]
        return merged(found, regions, width, height)

    def find_in(self, images: list[Pixels]) -> list[Found]:
        """The boxes in each image [H, W, 3] as a whole, in pixels of it."""
        squares = [letterboxed(image, self.side) for image in images]
        pixels = torch.from_numpy(np.stack([square for square, _ in squares]))
        values = pixels.to(self.device.torch).permute(0, 3, 1, 2).contiguous().float() / 255
        with torch.inference_mode():
            raw = self.network(values)
        answers = (raw[0] if isinstance(raw, tuple) else raw).float().cpu().numpy()
        found = []
        for answer, (_, place) in zip(answers, squares, strict=True):
            boxes, scores, labels = boxes_of(answer)
            found.append(Found.of(place.to_image(boxes), labels, scores))
        return found


def load_kept(folder: Path, device: Device) -> Kept:
    """The best model of the run in `folder`; UserErrors as load_best."""
    weights, facts = load_best(folder)
    spec = ModelSpec.from_json(facts["model"])
    network: Any = build(spec, len(facts["labels"]))
    network.load_state_dict(weights)
    network.to(device.torch).eval()
    network.fuse(verbose=False)
    return Kept(
        network,
        facts["labels"],
        int(facts["image_size"]),
        Window.from_json(facts.get("window")),
        int(facts.get("tile", -1)),
        float(facts.get("overlap", 0.0)),
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
    reading = Reporter(orders=reporter.orders)  # which is not worth telling of
    for at in range(0, len(pictures), AHEAD):
        chunk = pictures[at : at + AHEAD]
        with Store(chunk, kept.read, lambda image: image.nbytes) as store:
            skipped += store.open(reading, stage="")
            for place in np.flatnonzero(store.usable).tolist():
                reporter.check()
                yield {"key": chunk[place].key, **_answer(kept, store.get(place))}
                done = at + place + 1
                reporter.emit(Progressed("training.stage.predicting", done, len(pictures)))


def _answer(kept: Kept, image: Pixels) -> dict[str, Any]:
    return answer_of(kept.find(image), kept.label_ids, image.shape[1], image.shape[0])


def answer_request(kept: Kept, request: dict[str, Any], project: Path) -> dict[str, Any]:
    """The line of `predict` for the image of a request {path, frame?} without its key, and the
    model's labels and threshold."""
    image = kept.read(_picture({"key": "", **request, "sha256": None}, project))
    return {"names": kept.labels, "threshold": kept.threshold, **_answer(kept, image)}


def _picture(item: dict[str, Any], project: Path) -> Picture:
    frame = int(item.get("frame") or 0)
    return Picture(item["key"], project / item["path"], item.get("sha256"), frame)
