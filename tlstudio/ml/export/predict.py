#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
# ruff: noqa: B905, UP  (this file runs on Python 3.9, outside of TL Studio)
"""Ask the model in this folder about images. Made by TL Studio.

    pip install onnxruntime numpy pillow
    python predict.py picture.jpg folder_of_pictures
    python predict.py --out answers.csv folder_of_pictures
    python predict.py --json picture.jpg
    python predict.py --frame 12 series.dcm
    python predict.py --threshold 0.5 --draw drawings picture.jpg     (a model that finds boxes)
    python predict.py --masks label_maps --draw drawings picture.jpg  (one that paints regions)
    python predict.py --out restyled folder_of_pictures               (one that restyles)
    python predict.py --check

It needs Python 3.9 or newer, onnxruntime, numpy and Pillow, and the files beside it; for DICOM
files pydicom as well, for colour of 16 bits a channel and TIFFs of several channels tifffile and
imagecodecs. An image is prepared exactly as it was while the model learned; bundle.json says how,
in words for machines.
--check runs the sample image and compares the answer with the one TL Studio expected.

Exit status: 0 fine, 1 the check failed, 2 some image or the bundle could not be read.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import importlib.util
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

BATCH = 8
BUNDLE_VERSION = 2
SHAPES = {"detection": "find_boxes.py", "segmentation": "paint_regions.py"}
STYLE = "style"


def beside(name: str) -> Any:
    """The file `name` beside this one as a module; no compiled copy of it is left behind."""
    file = Path(__file__).resolve().with_name(name)
    spec: Any = importlib.util.spec_from_file_location(file.stem, file)
    writing, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    except OSError as reason:
        sys.exit(f"error: {file}: {reason.strerror}")
    finally:
        sys.dont_write_bytecode = writing
    return module


try:
    import numpy as np

    # At its import onnxruntime would make an id of this machine and tell its makers of its use.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    images = beside("read_images.py")
except ImportError as missing:  # said in one line, not as a traceback
    name = "pillow" if missing.name == "PIL" else missing.name
    sys.exit(f"error: {name} is not installed; type: pip install onnxruntime numpy pillow")

Trouble = images.Trouble


# --- the model ----------------------------------------------------------------------------------


class Model:
    """The bundle in `folder`, ready to answer."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.facts = self.read_json("bundle.json")
        if self.facts.get("format") != "tlstudio-bundle":
            raise Trouble(f"{self.folder / 'bundle.json'}: this is no bundle of TL Studio")
        if self.facts.get("version") != BUNDLE_VERSION:
            raise Trouble(
                f"{self.folder / 'bundle.json'}: bundle version {self.facts.get('version')};"
                f" this predict.py reads version {BUNDLE_VERSION}"
            )
        self.labels = [label["name"] for label in self.facts["labels"]]
        self.rules = self.facts["preprocessing"]
        self.session = self.load(self.facts["onnx"]["file"])
        self.input = self.session.get_inputs()[0].name
        self.output = self.session.get_outputs()[0].name

    def load(self, name: str) -> Any:
        """The model in the file `name` of the bundle, ready to run."""
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        file = self.folder / name
        try:
            return onnxruntime.InferenceSession(
                file.read_bytes(), options, providers=["CPUExecutionProvider"]
            )
        except FileNotFoundError:
            raise Trouble(f"{file}: there is no such file") from None
        except Exception as reason:
            raise Trouble(f"{file}: cannot be read as a model ({reason})") from None

    def ask(self, values: np.ndarray) -> Any:
        """All outputs of the model for its input, in their order."""
        return self.session.run(None, {self.input: values})

    def read(self, name: str) -> Any:
        """What the image file `name` of the bundle holds."""
        return images.read_values(self.folder / name)

    def see(self, held: Any, window: dict[str, Any] | None = None) -> np.ndarray:
        """What was read, through the window: [H, W] or [H, W, 3], bytes or floats in 0..1.
        `window` takes the place of the model's own."""
        seen: np.ndarray = images.see(held, self.seen_by(window))
        return seen

    def seen_by(self, window: dict[str, Any] | None) -> dict[str, Any]:
        return self.rules if window is None else {**self.rules, "window": window}

    def prepare(
        self, path: Path, frame: int = 0, window: dict[str, Any] | None = None
    ) -> np.ndarray:
        """What the model sees of a frame of the file (0 is the first): float32 [3, side, side].
        `window` takes the place of the model's own."""
        return self.prepare_held(images.read_values(path, frame), window)

    def prepare_held(self, held: Any, window: dict[str, Any] | None = None) -> np.ndarray:
        """The same of values that are there already."""
        prepared: np.ndarray = images.prepare(held, self.seen_by(window))
        return prepared

    def probabilities(self, prepared: list[np.ndarray]) -> np.ndarray:
        """float32 [images, labels]; every row adds up to 1."""
        batch = np.stack(prepared)
        answer: np.ndarray = self.session.run([self.output], {self.input: batch})[0]
        return answer

    def answer(self, probabilities: np.ndarray) -> dict[str, Any]:
        """The most probable label and how sure the model is, with all probabilities."""
        best = int(np.argmax(probabilities))
        return {
            "label": self.labels[best],
            "confidence": float(probabilities[best]),
            "probabilities": {n: float(p) for n, p in zip(self.labels, probabilities)},
        }

    def check(self) -> tuple[bool, str]:
        """(whether the sample's answer is as expected, a line that says so)."""
        if changed := self.changed():
            return False, changed
        told = self.read_json("expected.json")
        expected = np.array([told["probabilities"][name] for name in self.labels])
        sample = self.prepare(self.folder / told["image"], window=told["window"])
        got = self.probabilities([sample])[0]
        difference = float(np.max(np.abs(got - expected)))
        fine = difference <= told["tolerance"]  # false for NaN as well
        said = f"{told['image']}: {self.answer(got)['label']}, expected {told['label']};"
        said += f" largest difference {difference:.2g}, {told['tolerance']:g} is allowed"
        return fine, said

    def changed(self) -> str:
        """A line about a file that is not as it was exported; empty where all are."""
        for name, told in self.facts["files"].items():
            if hashlib.sha256(self._read_bytes(name)).hexdigest() != told["sha256"]:
                return f"{name} was changed after the export"
        return ""

    def _read_bytes(self, name: str) -> bytes:
        try:
            return (self.folder / name).read_bytes()
        except OSError as reason:
            raise Trouble(f"{self.folder / name}: {reason.strerror}") from None

    def read_json(self, name: str) -> Any:
        """What the file `name` of the bundle holds."""
        try:
            return json.loads(self._read_bytes(name).decode("utf-8"))
        except ValueError:
            raise Trouble(f"{self.folder / name}: is damaged") from None


def open_bundle(folder: Path) -> Any:
    """The bundle as its task makes it: a Model, or that of the file which knows what it does."""
    model = Model(folder)
    task = model.facts.get("task", "classification")
    if task == "classification":
        return model
    if task == STYLE:
        return beside("restyle.py").Model(model)
    if task not in SHAPES:
        raise Trouble(f"{folder / 'bundle.json'}: this predict.py knows no task {task}")
    return beside(SHAPES[task]).Model(model, beside("tell_shapes.py"))


# --- the command --------------------------------------------------------------------------------


def find_images(paths: Iterable[str]) -> Iterator[Path]:
    """The images named, and those in the folders named and below, in order."""
    endings = images.IMAGE_ENDINGS + images.DICOM_ENDINGS
    for path in map(Path, paths):
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.suffix.lower() in endings)
            if not inside:
                raise Trouble(f"{path}: there are no images in this folder")
            yield from inside
        else:
            yield path


def predict(
    model: Model, paths: Iterable[str], frame: int, complain: Callable[[str], None]
) -> Iterator[dict[str, Any]]:
    """Yield an answer per readable image, of that frame of its file (0 is the first); `complain`
    is told about the others."""
    waiting: list[tuple[Path, np.ndarray]] = []

    def ask() -> Iterator[dict[str, Any]]:
        told = model.probabilities([prepared for _, prepared in waiting])
        for (path, _), row in zip(waiting, told):
            yield dict(image=str(path), **model.answer(row))
        waiting.clear()

    for path in find_images(paths):
        try:
            waiting.append((path, model.prepare(path, frame)))
        except Trouble as trouble:
            complain(str(trouble))
            continue
        if len(waiting) == BATCH:
            yield from ask()
    if waiting:
        yield from ask()


def write_table(answers: list[dict[str, Any]], labels: list[str], file: TextIO) -> None:
    """One line per image: image, label, confidence, then the probability of every label."""
    table = csv.writer(file)
    table.writerow(["image", "label", "confidence", *labels])
    for answer in answers:
        shares = [f"{answer['probabilities'][name]:.6f}" for name in labels]
        table.writerow([answer["image"], answer["label"], f"{answer['confidence']:.6f}", *shares])


def read_arguments(words: list[str] | None) -> argparse.Namespace:
    first, _, rest = (__doc__ or "").partition("\n\n")
    reader = argparse.ArgumentParser(
        description=first, epilog=rest, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    reader.add_argument("images", nargs="*", metavar="IMAGE_OR_FOLDER")
    reader.add_argument("--json", action="store_true", help="print the answers as JSON")
    reader.add_argument(
        "--out",
        metavar="FILE",
        help="write the answers as a table (.csv); restyled pictures into this folder or file",
    )
    reader.add_argument(
        "--frame",
        type=int,
        default=1,
        metavar="N",
        help="which frame, page or slice of each file (the first: 1)",
    )
    reader.add_argument(
        "--threshold",
        type=float,
        metavar="T",
        help="tell boxes of at least this confidence, 0 to 1",
    )
    reader.add_argument("--masks", metavar="DIR", help="write label maps of painted regions (PNG)")
    reader.add_argument(
        "--draw", metavar="DIR", help="write the pictures with what was found (PNG)"
    )
    reader.add_argument("--check", action="store_true", help="compare the sample's answer")
    given = reader.parse_args(words)
    if not given.check and not given.images:
        reader.error("name images or folders, or type --check")
    if given.threshold is not None and not 0 <= given.threshold <= 1:
        reader.error("--threshold is a number from 0 to 1")
    return given


def run(given: argparse.Namespace) -> int:
    model = open_bundle(Path(__file__).resolve().parent)
    refused = [name for name in ("threshold", "masks", "draw") if getattr(given, name) is not None]
    refused = [name for name in refused if name not in getattr(model, "knows", ())]
    if refused:
        raise Trouble(f"this model has no use for --{refused[0]}")
    if given.check:
        fine, said = model.check()
        print(json.dumps({"passed": fine, "message": said}) if given.json else said)
        if not given.json:
            print("the check passed" if fine else "THE CHECK FAILED: do not use this bundle")
        if not fine or not given.images:
            return 0 if fine else 1
    unread: list[str] = []

    def complain(line: str) -> None:
        unread.append(line)
        print("error: " + line, file=sys.stderr)

    if not isinstance(model, Model):
        try:
            model.run(find_images(given.images), given, images, complain)
        except OSError as reason:
            raise Trouble(f"{reason.filename}: {reason.strerror}") from None
        return 2 if unread else 0
    answers = list(predict(model, given.images, given.frame - 1, complain))
    if given.out:
        try:
            with Path(given.out).open("w", newline="", encoding="utf-8") as file:
                write_table(answers, model.labels, file)
        except OSError as reason:
            raise Trouble(f"{given.out}: {reason.strerror}") from None
    if given.json:
        print(json.dumps({"predictions": answers}, ensure_ascii=False, indent=1))
    elif not given.out:
        for answer in answers:
            print(f"{answer['image']}: {answer['label']} ({100 * answer['confidence']:.1f} %)")
    return 2 if unread else 0


def main(words: list[str] | None = None) -> int:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        return run(read_arguments(words))
    except Trouble as trouble:
        print(f"error: {trouble}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
