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
from typing import Any, Protocol

from tlstudio import __version__
from tlstudio.domain.events import Progressed
from tlstudio.domain.models import ModelSpec
from tlstudio.ml.export import card, folder
from tlstudio.ml.export.parity import Shown
from tlstudio.ml.files import sha256_of
from tlstudio.ml.reporter import Reporter

MODEL = "model.onnx"
PROGRAMS = ("predict.py", "read_images.py", "read_tiff.py", "read_dicom.py")


class Checked(Protocol):
    """How the bundle's answers compare with the trained model's."""

    @property
    def passed(self) -> bool: ...

    def to_json(self) -> dict[str, Any]:
        """{n, max_diff, passed, …}; the rest is the task's."""
        ...


class Trained(Protocol):
    """A trained model of any task, on the CPU, as a bundle is made of it."""

    @property
    def spec(self) -> ModelSpec: ...

    @property
    def labels(self) -> Sequence[Mapping[str, Any]]:
        """{id, name, colour} in the order of the model's outputs."""
        ...

    @property
    def parameters(self) -> int:
        """How many numbers were learned."""
        ...

    @property
    def programs(self) -> Sequence[str]:
        """The files of this folder that the bundle needs beside PROGRAMS."""
        ...

    def write_model(self, path: Path) -> None:
        """The model as ONNX; UserError("bundle.failed")."""
        ...

    def describe(self) -> dict[str, Any]:
        """{preprocessing, postprocessing, onnx} of bundle.json."""
        ...

    def compare(self, bundle: Path, images: Sequence[Shown], reporter: Reporter) -> Checked:
        """The model and the bundle's own predict.py over `images`;
        UserError("bundle.no_validation") where none can be read."""
        ...

    def write_sample(self, folder: Path, images: Sequence[Shown]) -> dict[str, Any]:
        """Write the sample into the bundle, the first of `images` that can be read or a drawn
        pattern; gives expected.json: {image, kind, window, …}."""
        ...


@dataclass(frozen=True, slots=True)
class Written:
    """`folder` is where the bundle lies: beside the place asked for, if its check failed."""

    folder: Path
    files: list[str]
    parity: Checked


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
    that is `checked_on`. With `sample` one of the images that are not private travels along,
    else a drawn pattern.
    A bundle that fails its check is put beside `out` under the name "OUT-failed", so that `out`
    never holds one.
    UserError: bundle.not_empty, bundle.not_a_folder, bundle.unwritable, bundle.failed,
    bundle.no_validation.
    """
    folder.check_target(out)
    with folder.fresh_folder(out) as fresh:
        reporter.emit(Progressed("bundle.exporting", 0, 1))
        trained.write_model(fresh / MODEL)
        for name in (*PROGRAMS, *trained.programs):
            shutil.copyfile(Path(__file__).with_name(name), fresh / name)
        table = {**_describe(trained), **facts}
        _write(fresh / folder.FACTS, table)
        reporter.check()
        parity = trained.compare(fresh, images, reporter)
        reporter.emit(Progressed("bundle.writing", 0, 1))
        may_travel = [each for each in images if not each.private] if sample else []
        expected = trained.write_sample(fresh, may_travel)
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
    spec = trained.spec
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
            "parameters": trained.parameters,
            "licence": spec.licence,
        },
        "labels": [{"index": i, **label} for i, label in enumerate(trained.labels)],
        **trained.describe(),
    }


def _write(path: Path, table: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(table, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
