"""Run outside pytest (ultralytics keeps still under it): a detector or segmenter trained,
validated, asked and taken away, as a person would go it, told as one JSON object on stdout.

    python quiet_story.py FOLDER MODEL TASK
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from tlstudio.domain.events import EpochEnded, Event, Remark
from tlstudio.services import evaluation, exporting, predictions, training
from tlstudio.services.datasets import import_source
from tlstudio.services.projects import create_project

SETTINGS = {"image_size": 64, "epochs": 2, "batch_size": 4, "device": "cpu"}


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


def main(folder: Path, model: str, task: str) -> None:
    draw(folder / "in")
    project = create_project(folder / "p.tlproj", task="detection")
    import_source(project, folder / "in")
    heard: list[Event] = []
    request = training.TrainRequest(
        model, task=task, weights="none", settings=dict(SETTINGS), source_kind="box"
    )
    handle = training.start_training(project, request, heard.append)
    handle.wait()
    run = training.get_run(project, handle.run_id)
    made = evaluation.evaluate(project, run.id, split="val")
    answers = predictions.predict(
        project, run.id, images=[folder / "in/images/val/val0.png"], threshold=0.0
    )
    taken = exporting.export_model(project, run.id, folder / "bundle")
    told = {
        "state": run.state,
        "error": run.error,
        "epochs": [event.epoch for event in heard if isinstance(event, EpochEnded)],
        "remarks": [event.code for event in heard if isinstance(event, Remark)],
        "figure": made.to_json()["metrics"]["dice" if task == "segmentation" else "map50"],
        "labels": sorted({answer.label for answer in answers}),
        "parity": taken.parity["onnx"],
        "modules": [m for m in ("torch", "ultralytics", "cv2") if m in sys.modules],
    }
    predictions.rest()
    project.close()
    print(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
