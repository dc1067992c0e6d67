"""Detectors on BCCD by its own lists, each with the same time, threads and input size.

    python tests/bench/detection_accuracy.py [--arms NAME ...] [--seeds 0 1 2] [--minutes 12]
        [--threads 2] [--size 320] [--processor-time] [--out rows.jsonl]
        [--data DIR] [--weights FILE]

Arms: ssdlite and mobilenet (SSDlite and Faster R-CNN on MobileNet v3, both from scratch),
squeezenet-real and squeezenet-random (Faster R-CNN on SqueezeNet 1.1, its backbone from the real
ImageNet weights or from random ones), squeezenet-own (its backbone from a classifier of the cells
in the training images, which a run of this program learned from nothing before), yolo11n (the
program's own run, 8 images a batch) and yolo11n-plain (the library's own command, with its own 16),
both from scratch. All but the last go through the program's worker; the best epoch and the
threshold are chosen on the validation images, and the test images are read once. A row is appended
to --out as each run ends; the summary is printed last as JSON.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import box_sets
import checkout
import numpy as np
import sets
from box_sets import LABELS, Row
from plain_yolo import plain_yolo
from yolo_epoch import our_yolo, work

from tlstudio.metrics.detection import Found, Prepared, Truth, map_values
from tlstudio.ml.checkpoint import BEST_WEIGHTS

Told = dict[str, Any]
Arm = Callable[[Path, Sequence[Row], argparse.Namespace, int], Told]
Start = Callable[[Path, argparse.Namespace], Path | None]

EPOCHS = 200  # never reached: time ends each run
BATCHES = {False: 8, True: 16}  # of the program here, and the plain command's own


def main() -> None:
    options = _options()
    rows = box_sets.smears(options.data)
    work_folder = Path(tempfile.mkdtemp(prefix="detection-accuracy-"))
    told: list[Told] = []
    try:
        for seed in options.seeds:
            for name in options.arms:
                folder = work_folder / f"{name}-{seed}"
                start = time.perf_counter()
                row = {"arm": name, "seed": seed, **ARMS[name](folder, rows, options, seed)}
                row["whole_seconds"] = round(time.perf_counter() - start, 1)
                told.append(row)
                print(_line(row), file=sys.stderr, flush=True)
                with options.out.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(row) + "\n")
                shutil.rmtree(folder, ignore_errors=True)
    finally:
        shutil.rmtree(work_folder, ignore_errors=True)
    print(json.dumps(_summary(told, options), indent=1))


def _nothing(_folder: Path, _options: argparse.Namespace) -> Path | None:
    return None


def _given(_folder: Path, options: argparse.Namespace) -> Path | None:
    return Path(options.weights)


def _own(folder: Path, options: argparse.Namespace) -> Path | None:
    """A classifier of the cells of the training and validation smears, learned from nothing."""
    cells = [e for e in sets.blood_cells(options.data, folder / "cells") if e.split != "test"]
    settings: dict[str, object] = {"strategy": "full", "image_size": 64, "epochs": 6}
    job = sets.training_job(
        folder / "classifier", cells, model="squeezenet1_1", weights=None, settings=settings
    )
    work(job, options.threads, options.processor_time)
    return folder / "classifier" / BEST_WEIGHTS


def _torchvision(model: str, start: Start = _nothing, **settings: object) -> Arm:
    """An arm that trains one of torchvision's detectors with the program's own recommendations
    but for what all arms share; its backbone starts as the file that `start` gives."""

    def arm(folder: Path, rows: Sequence[Row], options: argparse.Namespace, seed: int) -> Told:
        chosen: dict[str, object] = {
            "image_size": options.size, "seed": seed, "patience": 1000, "device": "cpu",
            "time_limit": options.minutes, **settings,
        }  # fmt: skip
        learned = [row for row in rows if row["split"] != "test"]
        job = box_sets.training_job(
            folder,
            learned,
            model=model,
            settings=chosen,
            weights=start(folder, options),
            part="backbone",
        )
        work(job, options.threads, options.processor_time)
        history = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
        result = json.loads((folder / "result.json").read_text())
        test = [row for row in rows if row["split"] == "test"]
        work(box_sets.prediction_job(folder, test), options.threads, options.processor_time)
        lines = (folder / "predictions.jsonl").read_text().splitlines()
        found = {line["key"]: line for line in map(json.loads, lines)}
        facts = json.loads((folder / "best.json").read_text())
        epochs = [event for event in history if event["event"] == "epoch"]
        return {
            "seconds": [round(event["seconds"], 2) for event in epochs],
            "curve": [round(event["values"]["map50"], 4) for event in epochs],
            "val": result["metrics"],
            "best_epoch": facts["epoch"],
            "started_from": facts["weights_used"]["layers"],
            **test_figures(test, found, facts["threshold"]),
        }

    return arm


def _yolo(plain: bool) -> Arm:
    def arm(folder: Path, rows: Sequence[Row], options: argparse.Namespace, seed: int) -> Told:
        run = plain_yolo if plain else our_yolo
        return run(
            folder,
            rows,
            size=options.size,
            batch=BATCHES[plain],
            epochs=EPOCHS,
            minutes=options.minutes,
            seed=seed,
            threads=options.threads,
            processor_time=options.processor_time,
        )

    return arm


ARMS: dict[str, Arm] = {
    "ssdlite": _torchvision("ssdlite320_mobilenet_v3_large"),
    "mobilenet": _torchvision("fasterrcnn_mobilenet_v3_large_320_fpn"),
    "squeezenet-real": _torchvision("fasterrcnn:squeezenet1_1", _given),
    "squeezenet-own": _torchvision("fasterrcnn:squeezenet1_1", _own),
    "squeezenet-random": _torchvision("fasterrcnn:squeezenet1_1"),
    "yolo11n": _yolo(plain=False),
    "yolo11n-plain": _yolo(plain=True),
}


def test_figures(
    rows: Sequence[Row], found: dict[int, dict[str, list[Any]]], threshold: float
) -> Told:
    """Average precision overall and per label of answers {boxes, labels (ids), scores} by image,
    and precision, recall and F1 at the threshold that validation chose."""
    place = {label["id"]: index for index, label in enumerate(LABELS)}
    truths, founds = [], []
    for row in rows:
        boxes = [a["box"] for a in row["annotations"]]
        truths.append(Truth.of(boxes, [place[a["label"]] for a in row["annotations"]]))
        answer = found[row["image"]]
        labels = [place[label] for label in answer["labels"]]
        founds.append(Found.of(answer["boxes"], labels, answer["scores"]))
    prepared = Prepared(truths, founds, len(LABELS))
    precisions = prepared.precisions(np.ones((len(rows), 1)))
    per_label = {
        str(label["name"]): {
            name: round(float(precisions[name][index, 0]), 4) for name in ("ap50", "ap50_95")
        }
        for index, label in enumerate(LABELS)
    }
    at = prepared.at(threshold).overall
    return {**map_values(truths, founds, len(LABELS)), "per_label": per_label, "at": at}


def _line(row: Told) -> str:
    seconds = row["seconds"]
    return (
        f"{row['arm']:18} seed {row['seed']} map50 {row['map50']:.3f} map50_95"
        f" {row['map50_95']:.3f} {len(seconds)} epochs {np.median(seconds):.1f} s each"
    )


def _summary(told: Sequence[Told], options: argparse.Namespace) -> Told:
    arms = {}
    for name in options.arms:
        rows = [row for row in told if row["arm"] == name]
        arms[name] = {
            "map50": [round(row["map50"], 4) for row in rows],
            "map50_95": [round(row["map50_95"], 4) for row in rows],
            "mean_map50": round(float(np.mean([row["map50"] for row in rows])), 4),
            "spread_map50": round(float(np.std([row["map50"] for row in rows])), 4),
            "mean_map50_95": round(float(np.mean([row["map50_95"] for row in rows])), 4),
            "epochs": [len(row["seconds"]) for row in rows],
            "seconds_per_epoch": round(float(np.median(np.concatenate(
                [row["seconds"][1:] or row["seconds"] for row in rows]
            ))), 2),
            "per_label": [row["per_label"] for row in rows if "per_label" in row],
        }  # fmt: skip
    facts = {
        name: getattr(options, name)
        for name in ("seeds", "minutes", "threads", "size", "processor_time")
    }
    return {"bench": "detection_accuracy", **facts, "machine": sets.machine(), "arms": arms}


def _options() -> argparse.Namespace:
    shared = sets.shared()
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--arms", nargs="+", choices=list(ARMS), default=list(ARMS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--minutes", type=float, default=12.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--size", type=int, default=320)
    parser.add_argument("--processor-time", action="store_true", help=checkout.PROCESSOR_TIME)
    parser.add_argument("--out", type=Path, default=Path("detection-accuracy.jsonl"))
    parser.add_argument("--data", type=Path, default=shared / "data" / "bccd")
    weights = shared / "weights" / "squeezenet1_1_imagenet_features.safetensors"
    parser.add_argument("--weights", type=Path, default=weights)
    return parser.parse_args()


if __name__ == "__main__":
    main()
