"""Small runs of stylizers over drawn pictures, on one thread, with a teacher of random weights."""

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
from safetensors.torch import save_file
from torchvision import models

from tlstudio.catalog.index import find
from tlstudio.domain.recipe import Recipe
from tlstudio.domain.runs import JobSpec
from tlstudio.domain.tasks import Task
from tlstudio.ml.style import fast_plan

Maker = Callable[..., JobSpec]
SETTINGS = {"image_size": 64, "epochs": 2, "batch_size": 2, "width": 16}


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two steps an epoch, on one thread."""
    torch.set_num_threads(1)
    torch.manual_seed(0)  # whatever tests ran before this one
    monkeypatch.setattr(fast_plan, "SHOWN", 4)


@pytest.fixture(scope="session")
def teacher_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SqueezeNet's features, random, but the same in every run."""
    torch.manual_seed(3)
    network = models.squeezenet1_1(weights=None)
    path = tmp_path_factory.mktemp("weights") / "squeezenet.safetensors"
    save_file({f"features.{k}": v for k, v in network.features.state_dict().items()}, path)
    return path


def draw(number: int, width: int, height: int, *, deep: bool = False) -> np.ndarray[Any, Any]:
    """Discs on a slope of colours; 16 bits of grey where `deep`."""
    rng = np.random.default_rng(number)
    y, x = np.mgrid[0:height, 0:width]
    values = np.stack([x / width, y / height, (x + y) / (width + height)], axis=-1)
    for _ in range(3):
        cy, cx, radius = rng.uniform(0, height), rng.uniform(0, width), rng.uniform(8, 20)
        values[(y - cy) ** 2 + (x - cx) ** 2 < radius**2] = rng.uniform(0, 1, 3)
    if deep:
        return (1000 + values @ [0.6, 0.3, 0.1] * 3000).astype(np.uint16)
    return (values * 255).astype(np.uint8)


def stripes(path: Path) -> Path:
    """A style: blue and yellow stripes."""
    y, x = np.mgrid[0:96, 0:80]
    wave = (0.5 + 0.5 * np.sin((x + 2 * y) / 3))[..., None]
    pixels = wave * [250, 210, 40] + (1 - wave) * [20, 40, 160]
    Image.fromarray(pixels.astype(np.uint8)).save(path)
    return path


@pytest.fixture
def style_job(tmp_path: Path, teacher_file: Path) -> Maker:
    """`style_job(train=4, val=2, size=(96, 80), name="run", …)`: a job over drawn pictures; further
    names are settings of the recipe."""

    def make(
        train: int = 4,
        val: int = 2,
        *,
        size: tuple[int, int] = (96, 80),
        name: str = "run",
        resume: bool = False,
        deep: bool = False,
        weights: Path | None = teacher_file,
        **settings: Any,
    ) -> JobSpec:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        rows = []
        for number in range(train + val):
            path = tmp_path / f"{number}{'d' if deep else ''}.png"
            if not path.exists():
                Image.fromarray(draw(number, *size, deep=deep)).save(path)
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
                    "annotations": [],
                }
            )
        snapshot = folder / "snapshot.jsonl.gz"
        with gzip.open(snapshot, "wt", encoding="utf-8") as file:
            for line in ({"version": 2, "task": "style", "from": "none", "labels": []}, *rows):
                file.write(json.dumps(line) + "\n")
        style = stripes(folder / "style.png")
        params = {
            "run": "r0001",
            "model": find("fast-style:squeezenet1_1").to_json(),
            "weights": {
                "kind": "file" if weights else "none",
                "path": str(weights) if weights else None,
                "sha256": "ab" * 32 if weights else None,
                "label": weights.name if weights else "none",
            },
            "recipe": Recipe.read({**SETTINGS, **settings}, Task.STYLE).to_json(Task.STYLE),
            "snapshot": str(snapshot),
            "paths": {},
            "labels": [],
            "feature_cache": None,
            "resume": resume,
            "style": {
                "path": str(style),
                "frame": 0,
                "sha256": hashlib.sha256(style.read_bytes()).hexdigest(),
                "label": "stripes.png",
            },
        }
        return JobSpec("train", "style", str(folder), str(tmp_path), params)

    return make
