"""A kept YOLO detector, and what it finds in an image."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from tlstudio.domain.models import ModelSpec
from tlstudio.domain.windows import Window
from tlstudio.imaging.unit import read_rgb8
from tlstudio.metrics.detection import Found
from tlstudio.ml.checkpoint import load_best
from tlstudio.ml.detection.tiles import merged, regions_of
from tlstudio.ml.devices import Device
from tlstudio.ml.runs.snapshot import Picture
from tlstudio.ml.ultralytics.letterbox import Pixels, letterboxed
from tlstudio.ml.ultralytics.network import build
from tlstudio.ml.ultralytics.pictures import cut, moved
from tlstudio.ml.ultralytics.suppression import boxes_of

BATCH = 8


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
