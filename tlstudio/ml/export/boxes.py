"""A trained detector of either family as a bundle is made of it, checked by matched boxes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from tlstudio.domain.errors import UserError
from tlstudio.domain.models import ModelSpec
from tlstudio.ml.detection import ULTRALYTICS, tiles
from tlstudio.ml.detection.answers import FLOOR, answer_of
from tlstudio.ml.devices import choose_device
from tlstudio.ml.export.find_boxes import Boxes
from tlstudio.ml.export.onnx import OPSET
from tlstudio.ml.export.pairs import answers, chosen
from tlstudio.ml.export.parity import Lost, Shown
from tlstudio.ml.export.sample import FILE, write_picture
from tlstudio.ml.export.seeing import seeing
from tlstudio.ml.export.tell_shapes import Agreement, compare
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.runs.snapshot import Picture

Rules = dict[str, float]

MATCH = {"pixels": 0.5, "score": 1e-3, "lonely": 0.01}
"""Sides in pixels and confidence by which matched boxes may differ, and the share of unsure boxes
that may have no partner: which of two that overlap stays can hang on the last bit of a number."""
ELSEWHERE = {"pixels": 1.0, "score": 5e-3, "lonely": 0.05}
"""The same for the sample, on other machines and with other versions of the libraries."""


@dataclass(frozen=True, slots=True)
class BoxParity:
    """`matched` boxes have a partner with the same label, `lonely` ones of either side have none,
    `sure` are those of them from the threshold on. `max_diff` is of confidences and `max_pixels`
    of sides, both of matched boxes. `of` images were there; otherwise as `parity.Parity`."""

    n: int
    of: int
    max_diff: float
    max_pixels: float
    matched: int
    lonely: int
    sure: int
    skipped: int
    unread: int
    given: int
    tolerance: Rules
    passed: bool

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class TrainedDetector:
    """`kept` is the run's best model as the program asks it, of torchvision or ultralytics;
    `labels` are {id, name, colour} in the order of its outputs. See `bundle.Trained`."""

    kept: Any
    spec: ModelSpec
    labels: Sequence[Mapping[str, Any]]
    parameters: int
    yolo: bool
    programs: Sequence[str] = ("find_boxes.py", "tell_shapes.py")

    def write_model(self, path: Path) -> None:
        if self.yolo:
            from tlstudio.ml.ultralytics import onnx as square

            square.export_onnx(self.kept.network, self.kept.side, path)
        else:
            from tlstudio.ml.detection import onnx as canvas

            canvas.export_onnx(self.kept.model, self.kept.canvas.size, path)

    def describe(self) -> dict[str, Any]:
        told = _square(self.kept, len(self.labels)) if self.yolo else _canvas(self.kept)
        told["preprocessing"] |= {
            "tile": self.kept.tile,
            "overlap": self.kept.overlap,
            "tiles": "pieces of that side cover the image, tile -1: the image whole",
        }
        told["postprocessing"] |= {
            "floor": FLOOR,
            "threshold": self.kept.threshold,
            "pieces": {"same": tiles.SAME, "part": tiles.PART, "near": tiles.NEAR},
            "boxes": "x, y, width, height in pixels of the image, cut off at its borders",
        }
        return told

    def find(self, shown: Shown) -> Boxes:
        """What the program's own predictions say of an image; UserError where it cannot be read."""
        image = self.kept.read(Picture("", shown.path, None, shown.frame))
        height, width = image.shape[:2]
        places = range(len(self.labels))
        told = answer_of(self.kept.find(image), places, width, height)
        return Boxes(
            width,
            height,
            np.array(told["boxes"], np.float64).reshape(-1, 4),
            np.array(told["labels"], np.intp),
            np.array(told["scores"], np.float64),
        )

    def compare(self, bundle: Path, images: Sequence[Shown], reporter: Reporter) -> BoxParity:
        rules, agreement, lost = self._rules(MATCH), Agreement(), Lost()
        tried = chosen(images)
        count = 0

        def theirs(model: Any, held: Any) -> Any:
            return model.find(held)

        for own, other in answers(bundle, tried, self.find, theirs, lost, reporter):
            compare(own, other, rules, agreement)
            count += 1
        if not count:
            raise UserError("bundle.no_validation")
        return BoxParity(
            n=count,
            of=len(images),
            max_diff=agreement.score,
            max_pixels=agreement.pixels,
            matched=agreement.matched,
            lonely=agreement.lonely,
            sure=agreement.sure,
            skipped=lost.skipped,
            unread=lost.unread,
            given=lost.given,
            tolerance=rules,
            passed=agreement.fine(rules) and not lost.unread,
        )

    def write_sample(self, folder: Path, images: Sequence[Shown]) -> dict[str, Any]:
        kind, window = write_picture(folder, images, self.kept.window)
        found = replace(self, kept=replace(self.kept, window=window)).find(Shown(folder / FILE))
        names = [str(label["name"]) for label in self.labels]
        rows = zip(found.labels, found.scores, found.boxes.tolist(), strict=True)
        return {
            "image": FILE,
            "kind": kind,
            "window": window.to_json(),
            "width": found.width,
            "height": found.height,
            "objects": [
                {"label": names[label], "confidence": float(score), "box": box}
                for label, score, box in rows
            ],
            "tolerance": self._rules(ELSEWHERE),
        }

    def _rules(self, match: Mapping[str, float]) -> Rules:
        return {**match, "floor": FLOOR, "threshold": self.kept.threshold}


def _canvas(kept: Any) -> dict[str, Any]:
    from tlstudio.ml.detection.canvas import VERSION
    from tlstudio.ml.detection.onnx import INPUT, OUTPUTS
    from tlstudio.ml.zoo.detector import MOST_FOUND

    height, width = kept.canvas.size
    shapes = {"boxes": ["found", 4], "scores": ["found"], "labels": ["found"]}
    return {
        "preprocessing": {
            **seeing(VERSION, kept.window),
            "height": height,
            "width": width,
            "fit": "scaled, its sides' ratio kept, until it fits; in the upper left corner",
            "resize": "bilinear",
            "resize_library": "Pillow, antialiased; 8-bit images on 8 bits, others on float32",
            "scale": "0 to 1; 8-bit images are divided by 255 after the resize",
            "mean": list(kept.canvas.mean),
            "std": list(kept.canvas.std),
            "rest": "0 after the normalisation",
            "layout": "NCHW",
            "type": "float32",
        },
        "postprocessing": {
            "output": "corners x0, y0, x1, y1 on the canvas",
            "most": MOST_FOUND,
            "suppression": "model",
        },
        "onnx": {
            "file": "model.onnx",
            "opset": OPSET,
            "input": {"name": INPUT, "shape": [1, 3, height, width], "type": "float32"},
            "outputs": [
                {
                    "name": name,
                    "shape": shapes[name],
                    "type": "int64" if name == "labels" else "float32",
                }
                for name in OUTPUTS
            ],
        },
    }


def _square(kept: Any, labels: int) -> dict[str, Any]:
    from tlstudio.ml.ultralytics.letterbox import GREY, VERSION
    from tlstudio.ml.ultralytics.onnx import INPUT, OUTPUT
    from tlstudio.ml.ultralytics.suppression import CANDIDATES, MOST, OVERLAP

    side = kept.side
    return {
        "preprocessing": {
            **seeing(VERSION, kept.window),
            "side": side,
            "grey": GREY,
            "depth": "8 bits a channel, rounded",
            "fit": "scaled, its sides' ratio kept, until it fits; in the middle of the grey square",
            "resize": "bilinear between the four nearest pixels, no averaging",
            "scale": "divided by 255",
            "layout": "NCHW",
            "type": "float32",
        },
        "postprocessing": {
            "output": "centre x, y, width, height in the square, then a confidence for each label",
            "suppression": "after the model: same, candidates, most",
            "same": OVERLAP,
            "candidates": CANDIDATES,
            "most": MOST,
            "several_labels": True,
        },
        "onnx": {
            "file": "model.onnx",
            "opset": OPSET,
            "input": {"name": INPUT, "shape": [1, 3, side, side], "type": "float32"},
            "outputs": [{"name": OUTPUT, "shape": [1, 4 + labels, "cells"], "type": "float32"}],
        },
    }


def load_detector(
    folder: Path, spec: ModelSpec, labels: Sequence[Mapping[str, Any]]
) -> TrainedDetector:
    """The best detector of the run in `folder`, on the CPU; UserErrors as `load_best`."""
    device = choose_device("cpu")
    if spec.builder.startswith(ULTRALYTICS):
        from tlstudio.ml.ultralytics import predicting as yolo

        square = yolo.load_kept(folder, device)
        count = sum(p.numel() for p in square.network.parameters())
        return TrainedDetector(square, spec, labels, count, yolo=True)
    from tlstudio.ml.detection import predicting

    kept = predicting.load_kept(folder, device)
    count = sum(p.numel() for p in kept.model.parameters())
    return TrainedDetector(kept, spec, labels, count, yolo=False)
