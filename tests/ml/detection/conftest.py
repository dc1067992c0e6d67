"""Small jobs over drawn squares, on one thread."""

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

sys.path.append(str(Path(__file__).parents[2] / "bench"))
box_sets: Any = import_module("box_sets")

MODEL = "fasterrcnn:squeezenet1_1"


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)  # whatever tests ran before this one


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = box_sets.squares(tmp_path_factory.mktemp("drawn"))
    return rows


@pytest.fixture
def backbone_file(tmp_path: Path) -> Path:
    """A classifier's backbone as a file; random, but the same in every run."""
    torch.manual_seed(0)
    model = build(find("squeezenet1_1"), 2, image_size=64)
    path = tmp_path / "backbone.safetensors"
    save_file(model.backbone.state_dict(), path)
    return path


@pytest.fixture
def job(tmp_path: Path, drawn: list[dict[str, Any]]) -> Callable[..., JobSpec]:
    """`job(name, rows=…, weights=…, part=…, model=…, resume=…, …)`: a training job; further names
    are settings of the recipe."""

    def make(
        name: str = "run",
        *,
        rows: list[dict[str, Any]] | None = None,
        weights: Path | None = None,
        part: str = "backbone",
        model: str = MODEL,
        labels: list[dict[str, Any]] | None = None,
        resume: bool = False,
        **settings: Any,
    ) -> JobSpec:
        chosen = {"image_size": 64, "epochs": 2, "batch_size": 4, "patience": 100}
        made: JobSpec = box_sets.training_job(
            tmp_path / name,
            rows or drawn,
            model=model,
            settings=chosen | settings,
            weights=weights,
            part=part,
            labels=labels or box_sets.SQUARES,
            resume=resume,
        )
        return made

    return make
