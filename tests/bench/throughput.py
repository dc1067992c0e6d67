"""Training images a second: the program's loop against a plain PyTorch loop.

    python tests/bench/throughput.py [--model squeezenet1_1] [--image-size 64] [--batch 16]
        [--pairs 11] [--steps 30] [--augmentation none] [--nchw]

Same network, weights, pictures in memory, batch, optimiser and threads in both; the plain loop
is the shortest that learns: index, normalise, forward, loss, backward, step. Both keep tensors
in the same memory format; --nchw shows what the plain loop does in PyTorch's default format.
Pairs are interleaved, their order alternates.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from intervals import median_interval
from PIL import Image
from sets import machine

from tlstudio.catalog.index import find
from tlstudio.domain.recipe import Recipe
from tlstudio.ml.classification.augment import Augmenter
from tlstudio.ml.classification.data import Picture
from tlstudio.ml.classification.finetune import make_learning
from tlstudio.ml.classification.gallery import Gallery
from tlstudio.ml.classification.pixels import Transform
from tlstudio.ml.loop import Budget, State, fit
from tlstudio.ml.optim import Rates
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.runs.course import Course
from tlstudio.ml.runs.plan import Plan
from tlstudio.ml.zoo import Classifier, build

CPU = torch.device("cpu")
RATE = 1e-4


class Nowhere:
    """A keeper that writes nothing: checkpoints are per epoch, not per image."""

    def best(self, state: State) -> None: ...

    def last(self, state: State) -> None: ...


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="squeezenet1_1")
    parser.add_argument("--image-size", type=int, default=64)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--pairs", type=int, default=11)
    parser.add_argument("--augmentation", default="none")
    parser.add_argument("--nchw", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    from lightning_fabric import Fabric

    fabric = Fabric(accelerator="cpu", devices=1, precision="32-true")
    with tempfile.TemporaryDirectory() as folder:
        gallery = _gallery(Path(folder), options)
        targets = np.arange(len(gallery.pictures)) % 2
        loops = {
            "ours": lambda: _ours(fabric, gallery, targets, options),
            "plain": lambda: _plain(gallery, targets, options),
        }
        speeds: dict[str, list[float]] = {"ours": [], "plain": []}
        for pair in range(options.pairs + 1):
            for name in ("ours", "plain") if pair % 2 else ("plain", "ours"):
                seconds = loops[name]()
                if pair:  # the first pair warms up
                    speeds[name].append(options.batch * options.steps / seconds)
        gallery.close()
    ratios = [a / b for a, b in zip(speeds["ours"], speeds["plain"], strict=True)]
    print(
        json.dumps(
            {
                "bench": "throughput",
                **vars(options),
                "images_per_second": {n: median_interval(v) for n, v in speeds.items()},
                "ours_over_plain": median_interval(ratios),
                "machine": machine(),
            },
            indent=1,
        )
    )


def _gallery(folder: Path, options: argparse.Namespace) -> Gallery:
    rng = np.random.default_rng(options.seed)
    pictures = []
    for number in range(4 * options.batch):
        path = folder / f"{number}.png"
        Image.fromarray(rng.integers(0, 255, (32, 32, 3), np.uint8)).save(path)
        pictures.append(Picture(number, path, None, number % 2, "train"))
    gallery = Gallery(pictures, Transform.of(find(options.model), options.image_size))
    gallery.open(Reporter(), stage="")
    return gallery


def _model(options: argparse.Namespace, memory_format: torch.memory_format) -> Classifier:
    torch.manual_seed(options.seed)
    model = build(find(options.model), 2, image_size=options.image_size)
    return model.to(memory_format=memory_format)  # type: ignore[call-overload, no-any-return]


def _ours(fabric: Any, gallery: Gallery, targets: Any, options: argparse.Namespace) -> float:
    model = _model(options, torch.channels_last)
    course = Course(np.arange(len(targets)), options.batch, options.steps, 1)
    learning = make_learning(
        model,
        gallery,
        targets,
        course,
        Plan(False, 99, Rates(RATE), 0.0),
        Recipe(augmentation=options.augmentation, dropout=0.0, weight_decay=0.0),
        weights=np.ones(2),
        freeze_batch_norm=False,
        device=CPU,
        evaluate=dict,
    )
    start = time.perf_counter()
    fit(fabric, learning, Budget(1, options.steps), State(), Nowhere(), Reporter(), stage="")
    return time.perf_counter() - start


def _plain(gallery: Gallery, targets: Any, options: argparse.Namespace) -> float:
    layout = torch.contiguous_format if options.nchw else torch.channels_last
    model = _model(options, layout)
    pixels = torch.cat([p for _, p in gallery.stream([np.arange(len(targets))])])
    pixels = pixels.contiguous(memory_format=layout)
    answers = torch.from_numpy(targets)
    mean = torch.tensor(gallery.transform.mean).view(1, 3, 1, 1)
    std = torch.tensor(gallery.transform.std).view(1, 3, 1, 1)
    augmenter = Augmenter(options.augmentation, options.seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.0)
    model.train()
    start = time.perf_counter()
    order = torch.cat([torch.randperm(len(pixels)) for _ in range(options.steps)])
    for step in range(options.steps):
        chosen = order[step * options.batch : (step + 1) * options.batch]
        if options.augmentation == "none":
            x = pixels[chosen].float().div_(255)
        else:
            x = augmenter.apply(pixels[chosen], chosen.numpy(), 1)
        loss = torch.nn.functional.cross_entropy(model(x.sub_(mean).div_(std)), answers[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
