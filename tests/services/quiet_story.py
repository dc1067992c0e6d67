"""Run outside pytest (ultralytics keeps still under it): a detector, segmenter or stylizer
trained, validated, asked and taken away, as a person would go it, told as one JSON object on
stdout.

    python quiet_story.py FOLDER MODEL TASK
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image
from safetensors.numpy import save_file

from tlstudio.catalog.index import find
from tlstudio.domain.events import EpochEnded, Event, Remark
from tlstudio.services import evaluation, exporting, predictions, restyling, training
from tlstudio.services.datasets import import_source
from tlstudio.services.projects import Project, create_project

SETTINGS = {"epochs": 2, "batch_size": 4, "device": "cpu"}


def draw(folder: Path) -> None:
    """Twelve pictures with a square each, and the files that name its place, as YOLO writes them;
    the first is a deep one."""
    rng = np.random.default_rng(0)
    for split, count in {"train": 8, "val": 4}.items():
        for place in ("images", "labels"):
            (folder / place / split).mkdir(parents=True)
        for number in range(count):
            pixels = rng.integers(90, 130, (48, 64), dtype=np.uint16)
            x, y = int(rng.integers(40)), int(rng.integers(24))
            pixels[y : y + 20, x : x + 20] = 240
            deep = split == "train" and number == 0
            image = Image.fromarray(pixels * 200 if deep else pixels.astype(np.uint8))
            image.save(folder / "images" / split / f"{split}{number}.png")
            line = f"0 {(x + 10) / 64} {(y + 10) / 48} {20 / 64} {20 / 48}"
            (folder / "labels" / split / f"{split}{number}.txt").write_text(line)
    table = {"path": ".", "train": "images/train", "val": "images/val", "names": {"0": "square"}}
    (folder / "data.yaml").write_text(json.dumps(table))


def teacher(path: Path) -> Path:
    """Random numbers under the names and in the shapes of SqueezeNet 1.1's features."""
    rng = np.random.default_rng(1)
    fires = {
        3: (64, 16, 64), 4: (128, 16, 64), 6: (128, 32, 128), 7: (256, 32, 128),
        9: (256, 48, 192), 10: (384, 48, 192), 11: (384, 64, 256), 12: (512, 64, 256),
    }  # fmt: skip
    shapes = {"0": (64, 3, 3, 3)}
    for place, (given, squeezed, made) in fires.items():
        shapes[f"{place}.squeeze"] = (squeezed, given, 1, 1)
        shapes[f"{place}.expand1x1"] = (made, squeezed, 1, 1)
        shapes[f"{place}.expand3x3"] = (made, squeezed, 3, 3)
    tensors = {}
    for name, shape in shapes.items():
        scale = (2 / np.prod(shape[1:])) ** 0.5
        tensors[f"features.{name}.weight"] = rng.normal(0, scale, shape).astype(np.float32)
        tensors[f"features.{name}.bias"] = np.zeros(shape[0], np.float32)
    save_file(tensors, path)
    return path


def main(folder: Path, model: str, task: str) -> None:
    draw(folder / "in")
    project = create_project(folder / "p.tlproj", task="detection")
    import_source(project, folder / "in")
    heard: list[Event] = []
    settings = {**SETTINGS, "image_size": max(64, find(model).sizes.least)}
    request = training.TrainRequest(
        model, task=task, weights="none", settings=settings, source_kind="box"
    )
    if task == "style":
        weights = str(teacher(folder / "in" / "teacher.safetensors"))
        painting = str(folder / "in/images/train/train1.png")
        request = training.TrainRequest(
            model, task=task, weights=weights, settings=settings, style=painting
        )
    handle = training.start_training(project, request, heard.append)
    handle.wait()
    run = training.get_run(project, handle.run_id)
    figure, labels = asked(project, run.id, task, folder / "in")
    taken = exporting.export_model(project, run.id, folder / "bundle")
    told = {
        "state": run.state,
        "error": run.error,
        "epochs": [event.epoch for event in heard if isinstance(event, EpochEnded)],
        "remarks": [event.code for event in heard if isinstance(event, Remark)],
        "figure": figure,
        "labels": labels,
        "parity": taken.parity["onnx"],
        "modules": [m for m in ("torch", "ultralytics", "cv2") if m in sys.modules],
    }
    predictions.rest()
    project.close()
    print(json.dumps(told))


def asked(project: Project, run: str, task: str, folder: Path) -> tuple[float, list[str]]:
    """A figure of the validation images, and what is found in one of them; of a stylizer the share
    of it that was drawn anew."""
    image = folder / "images/val/val0.png"
    if task == "style":
        restyling.restyle(project, run, [image], folder / "restyled.png")
        restyling.restyle_one(project, run, image)
        before, after = (
            np.asarray(Image.open(p).convert("L")) for p in (image, folder / "restyled.png")
        )
        return float((before != after).mean()), []
    made = evaluation.evaluate(project, run, split="val")
    least = 0.0 if task == "detection" else None
    answers = predictions.predict(project, run, images=[image], threshold=least)
    figure = made.to_json()["metrics"]["dice" if task == "segmentation" else "map50"]
    return figure, sorted({answer.label for answer in answers})


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
