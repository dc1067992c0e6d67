"""Sets of boxes, real and drawn, and jobs that train and predict detectors on them, as the program
writes them."""

from __future__ import annotations

import gzip
import hashlib
import json
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import checkout  # noqa: F401 - the path to the program
import numpy as np
from PIL import Image

from tlstudio.catalog.index import find
from tlstudio.domain.recipe import Recipe
from tlstudio.domain.runs import JobSpec
from tlstudio.domain.tasks import Task

SPLITS = ("train", "val", "test")
LABELS = [
    {"id": number, "name": name, "role": "normal"}
    for number, name in enumerate(("Platelets", "RBC", "WBC"), 1)
]
Row = dict[str, Any]


def smears(root: Path) -> list[Row]:
    """The rows of a snapshot: every image of BCCD's own lists, two boxes without area left out."""
    ids = {label["name"]: label["id"] for label in LABELS}
    rows: list[Row] = []
    for split in SPLITS:
        for name in (root / "ImageSets/Main" / f"{split}.txt").read_text().split():
            path = root / "JPEGImages" / f"{name}.jpg"
            tree = ET.parse(root / "Annotations" / f"{name}.xml").getroot()  # noqa: S314 - ours
            size = {k: int(tree.findtext(f"size/{k}", "0")) for k in ("width", "height")}
            rows.append(
                {
                    "image": len(rows) + 1,
                    "path": str(path),
                    "frame": 0,
                    "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
                    **size,
                    "split": split,
                    "group": name,
                    "annotations": list(_boxes(tree, ids)),
                }
            )
    return rows


def _boxes(tree: ET.Element, ids: dict[str, int]) -> list[dict[str, Any]]:
    found = []
    for thing in tree.iter("object"):
        corners = ("xmin", "ymin", "xmax", "ymax")
        x0, y0, x1, y1 = (float(thing.findtext(f"bndbox/{k}", "0")) for k in corners)
        if x1 > x0 and y1 > y0:
            label = ids[thing.findtext("name", "")]
            box = [x0, y0, x1 - x0, y1 - y0]
            found.append({"kind": "box", "label": label, "box": box, "crowd": False})
    return found


def squares(folder: Path, *, train: int = 12, val: int = 4, side: int = 64) -> list[Row]:
    """Rows of drawn pictures: red and blue squares on noise, in every fourth picture none."""
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    for number in range(1, train + val + 1):
        width, height = side, side * 3 // 4
        pixels = rng.normal(128, 10, (height, width, 3))
        found = []
        for _ in range(0 if number % 4 == 0 else 2):
            size = int(rng.integers(side // 5, side // 3))
            x, y = int(rng.integers(width - size)), int(rng.integers(height - size))
            red = bool(rng.integers(2))
            pixels[y : y + size, x : x + size] = (220, 40, 40) if red else (40, 40, 220)
            box = [x, y, size, size]
            found.append({"kind": "box", "label": 2 + red, "box": box, "crowd": False})
        path = folder / f"{number}.png"
        Image.fromarray(pixels.clip(0, 255).astype("uint8")).save(path)
        rows.append(
            {
                "image": number,
                "path": str(path),
                "frame": 0,
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
                "width": width,
                "height": height,
                "split": "train" if number <= train else "val",
                "group": "",
                "annotations": found,
            }
        )
    return rows


SQUARES = [
    {"id": 2, "name": "blue", "role": "normal"},
    {"id": 3, "name": "red", "role": "normal"},
]


def training_job(
    folder: Path,
    rows: Sequence[Row],
    *,
    model: str,
    settings: dict[str, object],
    weights: Path | None = None,
    part: str = "model",
    labels: Sequence[dict[str, Any]] = LABELS,
    resume: bool = False,
) -> JobSpec:
    """A job that trains the detector `model` on the rows of the splits train and val."""
    folder.mkdir(parents=True, exist_ok=True)
    snapshot = folder / "snapshot.jsonl.gz"
    with gzip.open(snapshot, "wt", encoding="utf-8") as file:
        head = {"version": 2, "task": "detection", "from": "box", "labels": list(labels)}
        for row in [{**head, "count": len(rows)}, *rows]:
            file.write(json.dumps(row) + "\n")
    source: dict[str, Any] = {"kind": "none", "path": None, "sha256": None, "label": "none"}
    if weights is not None:
        source |= {"kind": "file", "path": str(weights), "label": weights.name, "part": part}
    task = Task.DETECTION
    params = {
        "run": "r0001",
        "model": find(model).to_json(),
        "weights": source,
        "recipe": Recipe.read(settings, task).to_json(task),
        "snapshot": str(snapshot),
        "paths": {},
        "labels": list(labels),
        "feature_cache": None,
        "resume": resume,
    }
    return JobSpec("train", task.value, str(folder), str(folder), params)


def prediction_job(folder: Path, rows: Sequence[Row]) -> JobSpec:
    """A job that predicts the rows' images with the model kept in `folder`."""
    items = [{name: row[name] for name in ("path", "frame", "sha256")} for row in rows]
    params = {
        "run_folder": str(folder),
        "items": [{"key": row["image"], **item} for row, item in zip(rows, items, strict=True)],
        "out": str(folder / "predictions.jsonl"),
    }
    place = str(folder / "predict")
    return JobSpec("predict", Task.DETECTION.value, place, str(folder), params)
