"""A kept model and images to try it on, as a training run leaves them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from tlstudio.catalog.classifiers import classifiers
from tlstudio.domain.runs import JobSpec
from tlstudio.ml import checkpoint
from tlstudio.ml.zoo import build

LABELS = [
    {"id": 3, "name": "pale", "colour": "#E69F00"},
    {"id": 7, "name": "naïve | other", "colour": "#56B4E9"},
    {"id": 9, "name": "dark", "colour": "#009E73"},
]
SIZE = 48


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    """SqueezeNet with random but telling weights: answers differ from image to image."""
    spec = next(s for s in classifiers() if s.id == "squeezenet1_1")
    torch.manual_seed(0)
    model = build(spec, len(LABELS), image_size=SIZE, dropout=0.5)
    with torch.no_grad():
        seen = model.eval().features(torch.randn(32, 3, SIZE, SIZE))
        linear = model.head[-1]
        linear.weight.normal_(0, 1)
        linear.weight.div_((seen @ linear.weight.T).std(dim=0).mean())
        linear.bias.copy_(-(seen @ linear.weight.T).mean(dim=0))
    folder = tmp_path / "runs" / "r0001"
    checkpoint.save_best(
        folder,
        model.state_dict(),
        {
            "version": 1,
            "model": spec.to_json(),
            "labels": [{"id": label["id"], "name": label["name"]} for label in LABELS],
            "image_size": SIZE,
            "mean": list(spec.mean),
            "std": list(spec.std),
            "interpolation": spec.interpolation,
            "dropout": 0.5,
            "recipe": {"strategy": "full", "epochs": 3},
            "weights_used": {"kind": "none", "label": "none", "sha256": None},
            "epoch": 2,
            "values": {"val_loss": 0.5},
            "metrics": {"accuracy": 0.75, "auroc": None},
        },
    )
    return folder


@pytest.fixture
def images(tmp_path: Path) -> list[Path]:
    """Nineteen pictures of several shapes and modes: more than a batch, and no multiple of one."""
    rng = np.random.default_rng(0)
    folder = tmp_path / "pictures"
    folder.mkdir()
    paths = []
    for index in range(19):
        w, h = int(rng.integers(20, 90)), int(rng.integers(20, 90))
        pixels = rng.integers(0, 256, (h, w, 3), dtype=np.uint8)
        path = folder / f"bild {index:02d}.png"
        picture = Image.fromarray(pixels)
        (picture.convert("L") if index % 4 == 3 else picture).save(path)
        paths.append(path)
    return paths


@pytest.fixture
def export_job(tmp_path: Path, run_folder: Path, images: list[Path]) -> Callable[..., JobSpec]:
    """`export_job(out=…, sample=…)` -> the job; facts as the services collect them."""

    def make(out: Path, **changes: Any) -> JobSpec:
        params = {
            "run_folder": str(run_folder),
            "out": str(out),
            "formats": ["onnx"],
            "sample": True,
            "items": [{"key": p.name, "path": str(p)} for p in images],
            "labels": LABELS,
            "facts": {
                "training": {"run": "r0001", "epochs": 3, "snapshot": "ab" * 32},
                "data": {
                    "splits": {"train": 40, "val": 19, "test": 50},
                    "labels": {"pale": {"train": 20, "val": 9, "test": 40}},
                    "groups": 12,
                },
                "metrics": {},
            },
        }
        return JobSpec(
            "export", "classification", str(tmp_path), str(tmp_path), {**params, **changes}
        )

    return make
