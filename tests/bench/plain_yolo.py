"""The plain library on a set of boxes: what the program's YOLO detectors are compared with.

`plain_yolo` writes the set as the library wants it, runs this file in a child process, and gives
the seconds of each epoch and what was found in the test images. Nothing of the program's training
takes part; only the library's habits of using the network are turned off.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import checkout
from box_sets import LABELS, Row

from tlstudio.domain.libraries import ULTRALYTICS_OFF
from tlstudio.metrics.detection import Found, Truth, map_values

HERE = Path(__file__).resolve()


def plain_yolo(
    folder: Path,
    rows: Sequence[Row],
    *,
    model: str = "yolo11n",
    size: int = 320,
    batch: int = 8,
    epochs: int = 27,
    minutes: float | None = None,
    seed: int = 0,
    threads: int = 1,
    processor_time: bool = False,
) -> dict[str, Any]:
    """Train `model` from scratch with the library's own settings; keys seconds (of each epoch),
    total, map50, map50_95 and map75 on the rows of the split test (none where there are none)."""
    _stage(folder, rows)
    options = {
        "model": model, "size": size, "batch": batch, "epochs": epochs, "seed": seed,
        "threads": threads, "minutes": minutes,
    }  # fmt: skip
    (folder / "options.json").write_text(json.dumps(options), encoding="utf-8")
    environment = os.environ | dict(ULTRALYTICS_OFF) | {
        "YOLO_CONFIG_DIR": str(folder / "libraries"),
        "OMP_NUM_THREADS": str(threads),
        "PYTHONPATH": checkout.path(processor_time),
    }  # fmt: skip
    with (folder / "log.txt").open("wb") as log:
        command = [sys.executable, str(HERE), str(folder)]
        subprocess.run(command, env=environment, check=True, stdout=log, stderr=log)
    told: dict[str, Any] = json.loads((folder / "told.json").read_text())
    found = told.pop("found")
    test = [row for row in rows if row["split"] == "test"]
    if test:
        told |= figures(test, {int(key): answer for key, answer in found.items()})
    return told


def figures(rows: Sequence[Row], found: dict[int, dict[str, list[Any]]]) -> dict[str, float]:
    """map50, map50_95 and map75 of answers {boxes, labels (ids), scores} by image."""
    place = {label["id"]: index for index, label in enumerate(LABELS)}
    truths = [
        Truth.of(
            [a["box"] for a in row["annotations"]],
            [place[a["label"]] for a in row["annotations"]],
        )
        for row in rows
    ]
    answers = [found[row["image"]] for row in rows]
    founds = [
        Found.of(a["boxes"], [place[label] for label in a["labels"]], a["scores"]) for a in answers
    ]
    return map_values(truths, founds, len(LABELS))


def _stage(folder: Path, rows: Sequence[Row]) -> None:
    """Links to the images with a text file of boxes each, and the table that names them."""
    place = {label["id"]: index for index, label in enumerate(LABELS)}
    for split in ("train", "val", "test"):
        (folder / "images" / split).mkdir(parents=True, exist_ok=True)
        (folder / "labels" / split).mkdir(parents=True, exist_ok=True)
    for row in rows:
        path, w, h = Path(row["path"]), row["width"], row["height"]
        link = folder / "images" / row["split"] / f"{row['image']}{path.suffix}"
        if not link.exists():
            link.symlink_to(path)
        lines = [
            f"{place[a['label']]} {(x + bw / 2) / w} {(y + bh / 2) / h} {bw / w} {bh / h}"
            for a in row["annotations"]
            for x, y, bw, bh in [a["box"]]
        ]
        text = folder / "labels" / row["split"] / f"{row['image']}.txt"
        text.write_text("\n".join(lines), encoding="utf-8")
    names = {index: label["name"] for index, label in enumerate(LABELS)}
    table = {"path": str(folder), "train": "images/train", "val": "images/val", "names": names}
    (folder / "data.yaml").write_text(json.dumps(table), encoding="utf-8")


def _child(folder: Path) -> None:
    options = json.loads((folder / "options.json").read_text(encoding="utf-8"))
    import torch
    from PIL import ImageFont  # noqa: F401 - the library looks for a font of its own
    from ultralytics import YOLO
    from ultralytics.utils import SETTINGS

    off = ("sync", "clearml", "comet", "dvc", "mlflow", "raytune", "tensorboard", "wandb")
    SETTINGS.update(dict.fromkeys(off, False))
    model = YOLO(f"{options['model']}.yaml", task="detect")
    began: list[float] = []
    seconds: list[float] = []
    model.add_callback(
        "on_pretrain_routine_end", lambda _: torch.set_num_threads(options["threads"])
    )
    model.add_callback("on_train_epoch_start", lambda _: began.append(time.perf_counter()))
    model.add_callback(
        "on_fit_epoch_end", lambda _: seconds.append(time.perf_counter() - began[-1])
    )
    start = time.perf_counter()
    limit = {"time": options["minutes"] / 60} if options["minutes"] else {}
    model.train(
        data=str(folder / "data.yaml"), epochs=options["epochs"], imgsz=options["size"],
        batch=options["batch"], seed=options["seed"], device="cpu", plots=False, amp=False,
        patience=0, project=str(folder / "runs"), name="train", exist_ok=True, verbose=False,
        **limit,
    )  # fmt: skip
    total = time.perf_counter() - start
    told = {"seconds": seconds[: len(began)], "total": total, "found": _find(folder, options)}
    (folder / "told.json").write_text(json.dumps(told), encoding="utf-8")


def _find(folder: Path, options: dict[str, Any]) -> dict[str, Any]:
    from ultralytics import YOLO

    kept = YOLO(str(folder / "runs" / "train" / "weights" / "best.pt"))
    ids = [label["id"] for label in LABELS]
    found = {}
    for path in sorted((folder / "images" / "test").iterdir()):
        (answer,) = kept.predict(
            str(path), imgsz=options["size"], conf=0.001, iou=0.7, max_det=300, verbose=False,
            device="cpu",
        )  # fmt: skip
        corners = answer.boxes.xyxy.cpu().numpy()
        corners[:, 2:] -= corners[:, :2]
        found[path.stem] = {
            "boxes": corners.tolist(),
            "labels": [ids[int(place)] for place in answer.boxes.cls.tolist()],
            "scores": answer.boxes.conf.tolist(),
        }
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    _child(parser.parse_args().folder.resolve())
