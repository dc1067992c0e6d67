"""A kept detector of torchvision, and what it finds in an image."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from tlstudio.domain.errors import UserError
from tlstudio.domain.models import ModelSpec
from tlstudio.domain.windows import Window
from tlstudio.imaging.unit import Seen, read_seen
from tlstudio.metrics.detection import Found
from tlstudio.ml.checkpoint import BEST_WEIGHTS, load_best
from tlstudio.ml.detection.canvas import Canvas
from tlstudio.ml.detection.data import cut
from tlstudio.ml.detection.finding import find, in_batches
from tlstudio.ml.detection.tiles import merged, regions_of
from tlstudio.ml.devices import Device
from tlstudio.ml.runs.snapshot import Picture
from tlstudio.ml.zoo import Detector, Priors, build_detector


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
