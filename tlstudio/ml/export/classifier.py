"""A trained classifier as a bundle is made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import nn

from tlstudio.domain.models import ModelSpec
from tlstudio.ml.classification.pixels import EIGHT_BITS, Transform
from tlstudio.ml.export.onnx import INPUT, OPSET, OUTPUT, export_onnx
from tlstudio.ml.export.parity import Parity, Shown, answer_of, compare
from tlstudio.ml.export.sample import FILE, TOLERANCE, write_picture
from tlstudio.ml.export.seeing import seeing
from tlstudio.ml.reporter import Reporter


@dataclass(frozen=True, slots=True)
class TrainedClassifier:
    """`labels` are {id, name, colour} in the order of its outputs; see `bundle.Trained`."""

    classifier: nn.Module
    spec: ModelSpec
    transform: Transform
    labels: Sequence[Mapping[str, Any]]
    programs: Sequence[str] = ()

    @property
    def parameters(self) -> int:
        return sum(p.numel() for p in self.classifier.parameters())

    def write_model(self, path: Path) -> None:
        export_onnx(self.classifier.cpu(), self.transform.size, path)

    def describe(self) -> dict[str, Any]:
        transform, size = self.transform, self.transform.size
        return {
            "preprocessing": {
                **seeing(transform.steps, transform.window),
                "size": size,
                "fit": "squash",
                "resize": transform.interpolation,
                "resize_library": "Pillow, antialiased; 8-bit images on 8 bits, others on float32",
                "scale": "0 to 1; 8-bit images are divided by 255 after the resize",
                "mean": list(transform.mean),
                "std": list(transform.std),
                "layout": "NCHW",
                "type": "float32",
            },
            "postprocessing": {"output": "softmax probabilities", "answer": "label of the highest"},
            "onnx": {
                "file": "model.onnx",
                "opset": OPSET,
                "input": {"name": INPUT, "shape": ["batch", 3, size, size], "type": "float32"},
                "output": {
                    "name": OUTPUT,
                    "shape": ["batch", len(self.labels)],
                    "type": "float32",
                },
            },
        }

    def compare(self, bundle: Path, images: Sequence[Shown], reporter: Reporter) -> Parity:
        return compare(bundle, self.classifier, self.transform, images, reporter)

    def write_sample(self, folder: Path, images: Sequence[Shown]) -> dict[str, Any]:
        transform = self.transform
        eight = transform.steps == EIGHT_BITS
        kind, shown = write_picture(folder, images, transform.window, eight_bits=eight)
        square = replace(transform, window=shown).read(folder / FILE)
        told = answer_of(self.classifier, transform, [square])[0]
        names = [str(label["name"]) for label in self.labels]
        return {
            "image": FILE,
            "kind": kind,
            "window": shown.to_json(),
            "label": names[int(told.argmax())],
            "probabilities": {name: float(p) for name, p in zip(names, told, strict=True)},
            "tolerance": TOLERANCE,
        }
