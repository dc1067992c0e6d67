"""Jobs of segmentation over the membrane slices, with fixed splits."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tlstudio.catalog.index import find
from tlstudio.domain.recipe import Recipe
from tlstudio.domain.runs import JobSpec
from tlstudio.domain.tasks import Task
from tlstudio.imaging.rle import encode

LABELS = [
    {"id": 1, "name": "cell", "role": "normal"},
    {"id": 2, "name": "membrane", "role": "normal"},
]


@dataclass(frozen=True, slots=True)
class Slice:
    """One slice: its image, its mask (255 cell, 0 membrane), its split."""

    path: Path
    mask: Path
    split: str

    def truth(self) -> Any:
        """[H, W] of classes: 0 cell, 1 membrane."""
        return (np.asarray(Image.open(self.mask).convert("L")) < 128).astype(np.int64)


def slices(root: Path, seed: int = 0, *, val: int = 4) -> list[Slice]:
    """24 slices to learn from, `val` of them kept back to choose by, and 6 to test on."""
    names = sorted((p.name for p in (root / "image").glob("*.png")), key=lambda n: int(n[:-4]))
    order = np.random.default_rng(seed).permutation(len(names))
    splits = {int(place): "test" for place in order[24:]}
    splits |= {int(place): "val" for place in order[24 - val : 24]}
    return [
        Slice(root / "image" / name, root / "label" / name, splits.get(place, "train"))
        for place, name in enumerate(names)
    ]


def training_job(
    folder: Path,
    chosen: Sequence[Slice],
    *,
    model: str,
    weights: Path | None,
    settings: dict[str, object],
    resume: bool = False,
) -> JobSpec:
    """A job that learns the membrane from the training and validation slices."""
    folder.mkdir(parents=True, exist_ok=True)
    snapshot = folder / "snapshot.jsonl.gz"
    with gzip.open(snapshot, "wt", encoding="utf-8") as file:
        head = {"version": 2, "task": "segmentation", "labels": LABELS, "count": len(chosen)}
        file.write(json.dumps(head) + "\n")
        for number, one in enumerate(chosen, 1):
            if one.split != "test":
                file.write(json.dumps(_row(number, one)) + "\n")
    source: dict[str, Any] = {"kind": "none", "path": None, "sha256": None, "label": "none"}
    if weights is not None:
        source |= {"kind": "file", "path": str(weights), "label": weights.name, "part": "any"}
    recipe = Recipe.read(settings, Task.SEGMENTATION)
    params = {
        "run": "r0001",
        "model": find(model).to_json(),
        "weights": source,
        "recipe": recipe.to_json(Task.SEGMENTATION),
        "snapshot": str(snapshot),
        "paths": {},
        "labels": LABELS,
        "feature_cache": None,
        "resume": resume,
    }
    return JobSpec("train", "segmentation", str(folder), str(folder), params)


def _row(number: int, one: Slice) -> dict[str, Any]:
    truth = one.truth()
    return {
        "image": number,
        "path": str(one.path),
        "frame": 0,
        "sha256": hashlib.sha256(one.path.read_bytes()).hexdigest(),
        "width": truth.shape[1],
        "height": truth.shape[0],
        "split": one.split,
        "group": one.path.name,
        "annotations": [
            {
                "kind": "mask",
                "label": 2,
                "box": [0, 0, truth.shape[1], truth.shape[0]],
                "rle": encode(truth == 1),
            }
        ],
    }
