"""Kept models of all tasks and images to try them on, as training runs leave them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from tlstudio.catalog.classifiers import classifiers
from tlstudio.catalog.index import find
from tlstudio.domain.runs import JobSpec
from tlstudio.ml import checkpoint
from tlstudio.ml.zoo import build, build_detector
from tlstudio.ml.zoo.segmenter import build_segmenter

LABELS = [
    {"id": 3, "name": "pale", "colour": "#E69F00"},
    {"id": 7, "name": "naïve | other", "colour": "#56B4E9"},
    {"id": 9, "name": "dark", "colour": "#009E73"},
]
SIZE = 48


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)  # whatever tests ran before this one


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


SHAPES = [
    {"id": 4, "name": "cell", "colour": "#E69F00"},
    {"id": 5, "name": "dirt", "colour": None},
]
SIDE = 96


@pytest.fixture(scope="session")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Five pictures with squares and discs: wide, high, small, grey and of 16 bits, large."""
    folder = tmp_path_factory.mktemp("scenes")
    rng = np.random.default_rng(2)
    paths = []
    for number, (width, height) in enumerate(
        [(110, 70), (64, 120), (40, 33), (96, 90), (230, 170)]
    ):
        pixels = rng.normal(100, 15, (height, width, 3))
        for _ in range(6):
            y, x = np.mgrid[0:height, 0:width]
            cy, cx, size = rng.uniform(0, height), rng.uniform(0, width), rng.uniform(5, 20)
            square = (abs(y - cy) < size) & (abs(x - cx) < size)
            disc = (y - cy) ** 2 + (x - cx) ** 2 < size**2
            pixels[square if rng.random() < 0.5 else disc] = rng.uniform(0, 255, 3)
        values = pixels.clip(0, 255)
        deep = number == 3
        made = (values[..., 0] * 200 + 1000).astype(np.uint16) if deep else values.astype(np.uint8)
        paths.append(folder / f"scene {number}.png")
        Image.fromarray(made).save(paths[-1])
    return paths


@pytest.fixture
def shape_run(
    tmp_path: Path, tl_home: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Path]:
    """`shape_run("yolo11n", tile=64)` -> the folder of a run with random but telling weights;
    further names are facts of best.json."""
    monkeypatch.setenv("YOLO_CONFIG_DIR", str(tl_home / "libraries"))

    def make(model_id: str, **facts: Any) -> Path:
        spec = find(model_id)
        torch.manual_seed(0)
        model, own = shape_model(spec)
        folder = tmp_path / "runs" / "r0002"
        told = {
            "version": 1,
            "task": spec.task.value,
            "model": spec.to_json(),
            "labels": [{"id": label["id"], "name": label["name"]} for label in SHAPES],
            "mean": list(spec.mean),
            "std": list(spec.std),
            "window": {"kind": "auto", "low": None, "high": None},
            "recipe": {"strategy": "full", "epochs": 3},
            "weights_used": {"kind": "none", "label": "none", "sha256": None},
            "epoch": 2,
            "values": {"train_loss": 0.5},
            "metrics": {"map50": 0.61, "dice": None},
        }
        checkpoint.save_best(folder, model.state_dict(), {**told, **own, **facts})
        return folder

    return make


def shape_model(spec: Any) -> tuple[Any, dict[str, Any]]:
    """A model for SHAPES whose answers spread, and the facts that its task keeps."""
    noise = torch.rand(4, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    if spec.task.value == "segmentation":
        segmenter = build_segmenter(spec, 3, size=64)
        settle(segmenter, noise[..., :64, :64] - 0.5)
        with torch.no_grad():
            spread = segmenter(noise[..., :64, :64] - 0.5)
            last = [m for m in segmenter.modules() if isinstance(m, torch.nn.Conv2d)][-1]
            last.weight.mul_(4 / spread.std())
            last.bias.sub_(spread.mean(dim=(0, 2, 3)) * 4 / spread.std())
        return segmenter, {"image_size": 64, "patch": 64, "overlap": 0.25, "flips": False}
    if spec.builder.startswith("tlstudio.ml.ultralytics."):
        from tlstudio.ml.ultralytics.network import build as build_network

        network: Any = build_network(spec, 2)
        settle(network, noise)
        head = network.model[-1]
        with torch.no_grad():
            for level in head.cv2:
                level[-1].bias.copy_(-torch.arange(float(head.reg_max)).repeat(4) + 1)
            for level in head.cv3:
                level[-1].bias.fill_(-3.0)
                level[-1].weight *= 30
        found = {"image_size": SIDE, "tile": -1, "overlap": 0.25, "threshold": 0.3}
        return network, found
    size = spec.sizes.nearest(max(spec.sizes.least, SIDE))
    detector = build_detector(spec, 2, image_size=size)
    settle(detector, 4 * torch.rand(4, 3, size, size) - 2)
    return detector, {
        "image_size": size,
        "canvas": {"height": size, "width": size},
        "anchors": detector.priors.to_json(),
        "tile": -1,
        "overlap": 0.25,
        "threshold": 0.3,
    }


def settle(model: Any, images: torch.Tensor) -> None:
    """Batch norm with the statistics of these images, as after training."""
    norms = [m for m in model.eval().modules() if isinstance(m, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
        norm.train()
    if norms:
        with torch.no_grad():
            model(images)
    model.eval()


@pytest.fixture
def shape_job(tmp_path: Path, scenes: list[Path]) -> Callable[..., JobSpec]:
    """`shape_job(run_folder, out, sample=…)` -> the export job of a run of shapes."""

    def make(folder: Path, out: Path, **changes: Any) -> JobSpec:
        params = {
            "run_folder": str(folder),
            "out": str(out),
            "formats": ["onnx"],
            "sample": True,
            "items": [{"key": p.name, "path": str(p)} for p in scenes],
            "labels": SHAPES,
            "facts": {
                "training": {"run": "r0002", "epochs": 3, "snapshot": "ab" * 32},
                "data": {
                    "splits": {"train": 40, "val": 5, "test": 0},
                    "labels": {"cell": {"train": 200, "val": 19}},
                    "groups": 0,
                },
                "metrics": {},
            },
        }
        task = json.loads((folder / "best.json").read_text("utf-8"))["task"]
        return JobSpec("export", task, str(tmp_path), str(tmp_path), {**params, **changes})

    return make
