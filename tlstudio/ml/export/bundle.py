"""The bundle: one folder that holds a trained model and all that is needed to use it.

bundle.json is for programs, MODEL_CARD.md for people; both say the same. Neither holds a path,
a file name or a group of the project.
"""

from __future__ import annotations

import json
import platform
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from torch import nn

from tlstudio import __version__
from tlstudio.domain.events import Progressed
from tlstudio.domain.models import ModelSpec
from tlstudio.ml.classification.pixels import Transform
from tlstudio.ml.export import card, folder
from tlstudio.ml.export.onnx import INPUT, OPSET, OUTPUT, export_onnx
from tlstudio.ml.export.parity import Parity, Shown, compare
from tlstudio.ml.export.sample import write_sample
from tlstudio.ml.files import sha256_of
from tlstudio.ml.reporter import Reporter

MODEL = "model.onnx"
PROGRAMS = ("predict.py", "read_images.py", "read_dicom.py")


@dataclass(frozen=True, slots=True)
class Trained:
    """A trained classifier: `labels` are {id, name, colour} in the order of its outputs."""

    classifier: nn.Module
    spec: ModelSpec
    transform: Transform
    labels: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Written:
    """`folder` is where the bundle lies: beside the place asked for, if its check failed."""

    folder: Path
    files: list[str]
    parity: Parity


def write_bundle(
    trained: Trained,
    facts: Mapping[str, Any],
    images: Sequence[Shown],
    out: Path,
    reporter: Reporter,
    *,
    sample: bool = True,
) -> Written:
    """Write the bundle to `out` and check it on `images` (those of validation).

    `facts` tell the card and bundle.json about training, data, metrics, weights and the split
    that is `checked_on`. With `sample` one of the images travels along, else a drawn pattern.
    A bundle that fails its check is put beside `out` under the name "OUT-failed", so that `out`
    never holds one.
    UserError: bundle.not_empty, bundle.not_a_folder, bundle.unwritable, bundle.failed,
    bundle.no_validation.
    """
    folder.check_target(out)
    with folder.fresh_folder(out) as fresh:
        reporter.emit(Progressed("bundle.exporting", 0, 1))
        export_onnx(trained.classifier.cpu(), trained.transform.size, fresh / MODEL)
        for name in PROGRAMS:
            shutil.copyfile(Path(__file__).with_name(name), fresh / name)
        table = {**_describe(trained), **facts}
        _write(fresh / folder.FACTS, table)
        reporter.check()
        parity = compare(fresh, trained.classifier, trained.transform, images, reporter)
        reporter.emit(Progressed("bundle.writing", 0, 1))
        names = [str(label["name"]) for label in trained.labels]
        shown = images if sample else ()
        expected = write_sample(fresh, trained.classifier, trained.transform, names, shown)
        table["parity"] = parity.to_json()
        table["sample"] = {"file": expected["image"], "kind": expected["kind"]}
        _write(fresh / "expected.json", expected)
        _write(fresh / "parity.json", {"onnx": parity.to_json()})
        (fresh / "README.txt").write_text(card.write_readme(table), encoding="utf-8")
        (fresh / "MODEL_CARD.md").write_text(card.write_card(table), encoding="utf-8")
        table["files"] = {
            path.name: {"sha256": sha256_of(path), "bytes": path.stat().st_size}
            for path in sorted(fresh.iterdir())
            if path.name != folder.FACTS
        }
        _write(fresh / folder.FACTS, table)
        reporter.check()
        place = out if parity.passed else out.with_name(out.name + "-failed")
        folder.put_bundle(fresh, place)
    return Written(place, sorted(p.name for p in place.iterdir()), parity)


def _describe(trained: Trained) -> dict[str, Any]:
    """What bundle.json says about the model itself."""
    spec, transform = trained.spec, trained.transform
    size, window = transform.size, transform.window.to_json()
    return {
        "format": folder.FORMAT,
        "version": folder.VERSION,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "program": {
            "name": "TL Studio",
            "version": __version__,
            "torch": version("torch"),
            "python": platform.python_version(),
        },
        "task": spec.task.value,
        "model": {
            "id": spec.id,
            "name": spec.name,
            "family": spec.family,
            "parameters": sum(p.numel() for p in trained.classifier.parameters()),
            "licence": spec.licence,
        },
        "labels": [{"index": i, **label} for i, label in enumerate(trained.labels)],
        "preprocessing": {
            "steps": transform.steps,
            "frame": "the first, unless another is named",
            "orientation": "EXIF orientation applied",
            "alpha": "over white",
            "colour": "RGB, grey three times",
            "window": window,
            "window_text": card.window_line({"steps": transform.steps, "window": window}),
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
            "file": MODEL,
            "opset": OPSET,
            "input": {"name": INPUT, "shape": ["batch", 3, size, size], "type": "float32"},
            "output": {"name": OUTPUT, "shape": ["batch", len(trained.labels)], "type": "float32"},
        },
    }


def _write(path: Path, table: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(table, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
