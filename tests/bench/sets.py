"""Real image sets for the benches, and training jobs over them, as the program writes them."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import platform
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import checkout  # noqa: F401 - the path to the program
import numpy as np
from PIL import Image

from tlstudio.catalog.index import find
from tlstudio.domain.recipe import Recipe
from tlstudio.domain.runs import JobSpec

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")
SPLITS = ("train", "val", "test")


@dataclass(frozen=True, slots=True)
class Example:
    """One image with its label, split and group (patient, smear); no group: the image itself."""

    path: Path
    label: str
    split: str
    group: str


def shared() -> Path:
    """The folder of real data: TLSTUDIO_SHARED, else beside the checkout."""
    beside = Path(__file__).resolve().parents[3] / "shared"
    return Path(os.environ.get("TLSTUDIO_SHARED", beside))


def split_folders(root: Path) -> list[Example]:
    """Images of `root`/split/label/…, the splits train, val and test."""
    return [
        Example(path, label.name, split, str(path))
        for split in SPLITS
        for label in sorted(p for p in (root / split).iterdir() if p.is_dir())
        for path in sorted(label.rglob("*"))
        if path.suffix.lower() in SUFFIXES
    ]


def blood_cells(root: Path, out: Path, seed: int = 0) -> list[Example]:
    """Cells cut out of the smears of BCCD by their boxes, by its own lists; each smear is a
    group, and the red cells of a split are limited to the number of its white cells."""
    found: list[Example] = []
    for split in SPLITS:
        boxes: dict[str, list[tuple[str, tuple[int, ...]]]] = defaultdict(list)
        for smear in (root / "ImageSets/Main" / f"{split}.txt").read_text().split():
            for label, box in _boxes(root / "Annotations" / f"{smear}.xml"):
                boxes[label].append((smear, box))
        rng = np.random.default_rng(seed)
        red = boxes["RBC"]
        chosen = rng.choice(len(red), min(len(red), len(boxes["WBC"])), replace=False)
        boxes["RBC"] = [red[i] for i in sorted(chosen)]
        for label, rows in sorted(boxes.items()):
            found += [_cut(root, out, split, label, n, *row) for n, row in enumerate(rows)]
    return found


def _boxes(path: Path) -> list[tuple[str, tuple[int, ...]]]:
    rows = []
    for thing in ET.parse(path).getroot().iter("object"):  # noqa: S314 - files of the bench's own
        box = thing.find("bndbox")
        assert box is not None
        x0, y0, x1, y1 = (
            int(float(box.findtext(k, "0"))) for k in ("xmin", "ymin", "xmax", "ymax")
        )
        if x1 > x0 and y1 > y0:
            rows.append((thing.findtext("name", ""), (x0, y0, x1, y1)))
    return rows


def _cut(
    root: Path, out: Path, split: str, label: str, n: int, smear: str, box: tuple[int, ...]
) -> Example:
    path = out / split / label / f"{smear}_{n:04d}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(root / "JPEGImages" / f"{smear}.jpg") as image:
        image.convert("RGB").crop(box).save(path)
    return Example(path, label, split, smear)


def few(examples: Sequence[Example], count: int | None, seed: int) -> list[Example]:
    """`count` training images a label, drawn with the seed, and all of the other splits."""
    if count is None:
        return list(examples)
    kept = [e for e in examples if e.split != "train"]
    for label in sorted({e.label for e in examples}):
        pool = [e for e in examples if e.split == "train" and e.label == label]
        order = np.random.default_rng([seed, len(label), sum(label.encode())]).permutation(
            len(pool)
        )
        kept += [pool[i] for i in order[:count]]
    return kept


def labels_of(examples: Sequence[Example]) -> list[dict[str, Any]]:
    names = sorted({e.label for e in examples})
    return [{"id": number, "name": name} for number, name in enumerate(names, 1)]


def training_job(
    folder: Path,
    examples: Sequence[Example],
    *,
    model: str,
    weights: Path | None,
    settings: dict[str, object],
    cache: Path | None = None,
    resume: bool = False,
) -> JobSpec:
    """A job that trains `model` on the training and validation images, as the program makes it."""
    folder.mkdir(parents=True, exist_ok=True)
    labels = labels_of(examples)
    ids = {label["name"]: label["id"] for label in labels}
    snapshot = folder / "snapshot.jsonl.gz"
    with gzip.open(snapshot, "wt", encoding="utf-8") as file:
        head = {"version": 1, "task": "classification", "labels": labels, "count": len(examples)}
        file.write(json.dumps(head) + "\n")
        for number, example in enumerate(examples, 1):
            file.write(json.dumps(_row(number, example, ids)) + "\n")
    source: dict[str, Any] = {"kind": "none", "path": None, "sha256": None, "label": "none"}
    if weights is not None:
        source |= {"kind": "file", "path": str(weights), "label": weights.name}
    params = {
        "run": "r0001",
        "model": find(model).to_json(),
        "weights": source,
        "recipe": replace(Recipe(), **settings).to_json(),  # type: ignore[arg-type]
        "snapshot": str(snapshot),
        "paths": {},
        "labels": labels,
        "feature_cache": str(cache) if cache else None,
        "resume": resume,
    }
    return JobSpec("train", "classification", str(folder), str(folder), params)


def _row(number: int, example: Example, ids: dict[str, int]) -> dict[str, Any]:
    return {
        "image": number,
        "path": str(example.path),
        "sha256": hashlib.sha256(example.path.read_bytes()).hexdigest(),
        "split": example.split,
        "group": example.group,
        "annotations": [{"kind": "image_label", "label": ids[example.label]}],
    }


def prediction_job(folder: Path, examples: Sequence[Example], cache: Path | None) -> JobSpec:
    """A job that predicts `examples` with the model kept in `folder`."""
    items = [{"key": n, "path": str(e.path)} for n, e in enumerate(examples)]
    params = {
        "run_folder": str(folder),
        "feature_cache": str(cache) if cache else None,
        "labels": labels_of(examples),
        "items": items,
        "out": str(folder / "predictions.jsonl"),
    }
    return JobSpec("predict", "classification", str(folder / "predict"), str(folder), params)


def machine() -> dict[str, Any]:
    """What a figure depends on beside the code."""
    import torch

    return {
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {
            name: version(name) for name in ("torch", "torchvision", "numpy", "scikit-learn")
        },
    }
