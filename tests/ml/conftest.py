"""Small training jobs over drawn pictures, on one thread, with the same random numbers always."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from tlstudio.catalog.index import find
from tlstudio.domain.runs import JobSpec
from tlstudio.ml.zoo import build

MODEL = "squeezenet1_1"
SIZE = 32


sys.path.append(str(Path(__file__).parents[1] / "bench"))
sets: Any = import_module("sets")


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)  # whatever tests ran before this one


@pytest.fixture
def turns_left() -> Callable[[Any], bool]:
    """`turns_left([[x, y]] * 3)`: the way to turn at the second place. A mirrored picture of the
    places changes it; a turned, moved or zoomed one does not."""

    def which(places: Any) -> bool:
        (ax, ay), (bx, by), (cx, cy) = places
        return bool((bx - ax) * (cy - by) < (by - ay) * (cx - bx))

    return which


@pytest.fixture
def pretend_weights(tmp_path: Path) -> Path:
    """A backbone's weights as a file; random, but the same in every run."""
    torch.manual_seed(0)
    model = build(find(MODEL), 2, image_size=SIZE)
    path = tmp_path / "pretend.safetensors"
    save_file(model.backbone.state_dict(), path)
    return path


@pytest.fixture
def training_job(
    tmp_path: Path, class_folder: Callable[..., Path], pretend_weights: Path
) -> Callable[..., JobSpec]:
    """`training_job(counts={...}, val=4, weights="file", name="run", epochs=1, …)`: a job over
    drawn pictures; further names are settings of the recipe."""

    def make(
        counts: dict[str, int] | None = None,
        *,
        val: int = 4,
        weights: str = "file",
        name: str = "run",
        resume: bool = False,
        **settings: Any,
    ) -> JobSpec:
        counts = counts or {"round": 8, "bars": 8}
        root = tmp_path / "split"
        for split, each in {"train": counts, "val": dict.fromkeys(counts, val)}.items():
            if each and not (root / split).exists() and max(each.values()):
                drawn = class_folder(each, seed=len(split), name=f"drawn_{split}")
                (root / split).parent.mkdir(exist_ok=True)
                drawn.rename(root / split)
        for split in ("train", "val", "test"):
            (root / split).mkdir(parents=True, exist_ok=True)
        chosen = {"image_size": SIZE, "epochs": 2, "min_steps": 0, "augmentation": "light"}
        return sets.training_job(
            tmp_path / name,
            sets.split_folders(root),
            model=MODEL,
            weights=pretend_weights if weights == "file" else None,
            settings=chosen | settings,
            cache=tmp_path / "features",
            resume=resume,
        )

    return make
