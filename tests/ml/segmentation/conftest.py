"""Small training jobs over drawn discs, on one thread."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from tlstudio.catalog.index import find
from tlstudio.domain.recipe import Recipe
from tlstudio.domain.runs import JobSpec
from tlstudio.domain.tasks import Task
from tlstudio.imaging.rle import encode

MODEL = "unet:mobilenet_v3_small"
LABELS = [
    {"id": 7, "name": "disc", "role": "normal"},
    {"id": 9, "name": "dirt", "role": "ignore"},
]
Maker = Callable[..., JobSpec]


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)  # whatever tests ran before this one


def draw(rng: np.random.Generator, width: int, height: int, deep: bool) -> tuple[Any, Any]:
    """Bright discs on dark noise, and where they are."""
    y, x = np.mgrid[0:height, 0:width]
    mask = np.zeros((height, width), bool)
    for _ in range(3):
        cy, cx, r = rng.uniform(0, height), rng.uniform(0, width), rng.uniform(6, 14)
        mask |= (y - cy) ** 2 + (x - cx) ** 2 < r**2
    values = (0.25 + 0.5 * mask + rng.normal(0, 0.05, mask.shape)).clip(0, 1)
    if deep:
        return (1000 + values * 3000).astype(np.uint16), mask
    return np.repeat((values * 255).astype(np.uint8)[..., None], 3, axis=2), mask


@pytest.fixture
def segmentation_job(tmp_path: Path) -> Maker:
    """`segmentation_job(train=4, val=2, size=(96, 80), name="run", weights=None, …)`: a job over
    drawn pictures; further names are settings of the recipe."""

    def make(
        train: int = 4,
        val: int = 2,
        *,
        size: tuple[int, int] = (96, 80),
        name: str = "run",
        weights: Path | None = None,
        part: str = "any",
        resume: bool = False,
        deep: bool = False,
        model: str = MODEL,
        **settings: Any,
    ) -> JobSpec:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        rows = []
        for number in range(train + val):
            pixels, mask = draw(np.random.default_rng(number), *size, deep)
            path = tmp_path / f"{number}{'d' if deep else ''}.png"
            if not path.exists():
                Image.fromarray(pixels).save(path)
            rows.append(
                {
                    "image": number,
                    "path": str(path),
                    "frame": 0,
                    "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
                    "width": size[0],
                    "height": size[1],
                    "split": "train" if number < train else "val",
                    "group": str(number),
                    "annotations": [
                        {"kind": "mask", "label": 7, "box": [0, 0, *size], "rle": encode(mask)}
                    ],
                }
            )
        snapshot = folder / "snapshot.jsonl.gz"
        with gzip.open(snapshot, "wt", encoding="utf-8") as file:
            for line in ({"version": 2, "task": "segmentation", "labels": LABELS}, *rows):
                file.write(json.dumps(line) + "\n")
        chosen: dict[str, Any] = {"image_size": 64, "patch": 64, "epochs": 2, "batch_size": 2}
        chosen |= {"augmentation": "light", **settings}
        source: dict[str, Any] = {"kind": "none", "path": None, "sha256": None, "label": "none"}
        if weights is not None:
            source |= {"kind": "file", "path": str(weights), "label": weights.name, "part": part}
        params = {
            "run": "r0001",
            "model": find(model).to_json(),
            "weights": source,
            "recipe": Recipe.read(chosen, Task.SEGMENTATION).to_json(Task.SEGMENTATION),
            "snapshot": str(snapshot),
            "paths": {},
            "labels": LABELS,
            "feature_cache": None,
            "resume": resume,
        }
        return JobSpec("train", "segmentation", str(folder), str(tmp_path), params)

    return make
