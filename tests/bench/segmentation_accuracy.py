"""Segmenters on the membrane slices: a plain script of segmentation-models-pytorch against the
program with the same settings and with its own, and SqueezeNet's real weights against random ones.

    python tests/bench/segmentation_accuracy.py --seeds 0 1 2 --minutes 5 --out found.json

Every contender gets the same minutes, threads, training slices and test slices; the split is fixed
by its own seed. The program spends some of its minutes on validation, and keeps the best epoch;
the plain script has no validation and is taken as it is at the end. Figures are Dice of either
label, pooled over the pixels of the six test slices. One JSON object; a row is also written to
stderr as it comes.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import membrane
import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from sets import machine, shared

from tlstudio.domain.events import EpochEnded, Event
from tlstudio.metrics.segmentation import count
from tlstudio.ml.devices import Device
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.segmentation import train
from tlstudio.ml.segmentation.predicting import load_kept

CROP = 256
BATCH = 8
RATE = 1e-3
SAME = {
    "image_size": CROP,
    "patch": CROP,
    "batch_size": BATCH,
    "learning_rate": RATE,
    "augmentation": "none",
    "loss": "dice_ce",
    "weight_decay": 0.0,
    "overlap": 0.5,
}
STEPS_AN_EPOCH = 5  # 20 slices, each shown twice, in batches of 8
PLAIN_STEPS: dict[int, int] = {}
REAL = "weights/squeezenet1_1_imagenet_features.safetensors"
Slices = list[membrane.Slice]
Contender = Callable[[Slices, int, float, Path], dict[str, Any]]


def dice_of(chosen: Slices, answer: Callable[[membrane.Slice], Any]) -> dict[str, float]:
    """Dice of cell and membrane over all pixels of the test slices together."""
    total = np.zeros((2, 2), np.int64)
    for one in chosen:
        if one.split == "test":
            truth = one.truth().astype(np.uint8)
            total += count(truth, answer(one).astype(np.uint8), 1, edges=False).pixels
    both = total.sum(axis=0) + total.sum(axis=1)
    cell, wall = 2 * np.diagonal(total) / np.maximum(both, 1)
    return {"cell": round(float(cell), 4), "membrane": round(float(wall), 4)}


def _image(one: membrane.Slice) -> torch.Tensor:
    grey = np.asarray(Image.open(one.path).convert("L"), np.float32) / 255
    look = (torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225]))
    values = torch.from_numpy(grey)[..., None].expand(-1, -1, 3)
    return ((values - look[0]) / look[1]).permute(2, 0, 1)


def plain(chosen: Slices, seed: int, minutes: float, _folder: Path) -> dict[str, Any]:
    """The script one writes with the library: random crops, Dice and binary cross-entropy, Adam."""
    import segmentation_models_pytorch as smp

    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    learn = [(_image(s), torch.from_numpy(s.truth()).float()) for s in chosen if s.split == "train"]
    model = smp.Unet("resnet18", encoder_weights=None, classes=1)
    overlap = smp.losses.DiceLoss("binary")
    optimizer = torch.optim.Adam(model.parameters(), RATE)
    end, steps = time.monotonic() + 60 * minutes, 0
    model.train()
    while time.monotonic() < end:
        crops = []
        for _ in range(BATCH):
            pixels, truth = learn[rng.integers(len(learn))]
            y, x = (int(rng.integers(side - CROP + 1)) for side in truth.shape)
            crops.append((pixels[:, y : y + CROP, x : x + CROP], truth[y : y + CROP, x : x + CROP]))
        pixels, truth = (torch.stack(each) for each in zip(*crops, strict=True))
        logits = model(pixels)
        loss = overlap(logits, truth[:, None])
        loss = loss + F.binary_cross_entropy_with_logits(logits, truth[:, None])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        steps += 1
    model.eval()

    def answer(one: membrane.Slice) -> Any:
        with torch.inference_mode():
            return (model(_image(one)[None])[0, 0] > 0).numpy()

    PLAIN_STEPS[seed] = steps
    return {"dice": dice_of(chosen, answer), "steps": steps}


def ours(model: str, settings: dict[str, object], weights: Path | None = None) -> Contender:
    """A run of the program as its worker does it."""

    def contend(chosen: Slices, seed: int, minutes: float, folder: Path) -> dict[str, Any]:
        curve: list[list[float]] = []
        start = time.monotonic()

        def hear(event: Event) -> None:
            if isinstance(event, EpochEnded):
                curve.append([round(time.monotonic() - start, 1), round(event.values["dice"], 4)])

        job = membrane.training_job(
            folder,
            chosen,
            model=model,
            weights=weights,
            settings={**settings, "seed": seed, "time_limit": minutes, "device": "cpu"},
        )
        answer = train(job, Reporter(hear))
        kept = load_kept(folder, Device("cpu", ""))
        found = dice_of(chosen, lambda one: kept.paint(one.path, 0).classes)
        return {
            "dice": found,
            "epochs": answer["epochs"],
            "ended": answer["ended"],
            "validation": answer["metrics"]["dice"],
            "keys_matched": answer["weights_used"].get("keys_matched"),
            "curve": curve,
        }

    return contend


def same(chosen: Slices, seed: int, minutes: float, folder: Path) -> dict[str, Any]:
    """As many steps as the plain script made in its minutes, if the minutes allow: the course of
    the rates needs to know the end."""
    steps = PLAIN_STEPS.get(seed, 40 * minutes)
    epochs = max(2, round(steps / STEPS_AN_EPOCH))
    settings: dict[str, object] = {**SAME, "epochs": epochs, "patience": epochs}
    return ours("unet:resnet18", settings)(chosen, seed, minutes, folder)


def contenders() -> dict[str, Contender]:
    real = shared() / REAL
    squeeze = "unet:squeezenet1_1"
    return {
        "plain smp U-Net ResNet-18": plain,
        "ours, the same settings": same,
        "ours, our defaults": ours("unet:resnet18", {}),
        "unet:squeezenet1_1, real weights": ours(squeeze, {}, real),
        "unet:squeezenet1_1, random weights": ours(squeeze, {}),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", default="", help="contenders whose name holds this")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.set_num_interop_threads(1)
    chosen = membrane.slices(shared() / "data" / "membrane_em")
    rows: list[dict[str, Any]] = []
    for seed in options.seeds:
        for name, contend in contenders().items():
            if options.only not in name:
                continue
            folder = Path(tempfile.mkdtemp(prefix="membrane-"))
            start = time.monotonic()
            row = {"name": name, "seed": seed, **contend(chosen, seed, options.minutes, folder)}
            row["seconds"] = round(time.monotonic() - start, 1)
            shutil.rmtree(folder)
            rows.append(row)
            told = {key: value for key, value in row.items() if key != "curve"}
            print(json.dumps(told), file=sys.stderr, flush=True)
            if options.out:
                options.out.write_text(json.dumps(_told(rows, options), indent=1), "utf-8")
    print(json.dumps(_told(rows, options)))


def _told(rows: list[dict[str, Any]], options: argparse.Namespace) -> dict[str, Any]:
    """The rows with a summary of each contender: mean, least and most over the seeds."""
    summary = {}
    for name in dict.fromkeys(row["name"] for row in rows):
        own = [row["dice"] for row in rows if row["name"] == name]
        summary[name] = {
            label: {
                "mean": round(statistics.fmean(d[label] for d in own), 4),
                "least": min(d[label] for d in own),
                "most": max(d[label] for d in own),
                "n": len(own),
            }
            for label in ("cell", "membrane")
        }
    facts = {"minutes": options.minutes, "threads": options.threads, "machine": machine()}
    return {"bench": "segmentation_accuracy", **facts, "summary": summary, "rows": rows}


if __name__ == "__main__":
    main()
