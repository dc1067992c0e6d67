"""A stylizer learned in the time a person waits, and how soon it draws: its ONNX beside torch.

    python tests/bench/stylizer.py [--minutes 4] [--target 2.5] [--images 40] [--threads 2]
        [--pairs 9] [--processor-time] [--keep FOLDER] [--part training|squares|drawing]...

training: a run over blood smears and pieces of tubingen.jpg with starry_night.jpg as the style and
SqueezeNet's real weights, by the program's own settings and time limit; the curve of its loss on
validation images, and the seconds until it is at --target. squares: training squares a second at
three sizes. drawing: frames a second of its ONNX file at three sizes beside torch eager with the
same weights, threads and pictures; pairs are interleaved, their order alternates. Seconds are the
clock's and the processor's: on a machine with other work the second kind, divided by the threads,
is what an idle machine would take at best. --processor-time makes the run's time limit count those.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("GOMP_SPINCOUNT", "1000")  # as in the program's worker

import numpy as np
import onnxruntime
import torch
from intervals import median_interval
from PIL import Image
from sets import machine, shared

from tlstudio.catalog.index import find
from tlstudio.domain.events import EpochEnded, Event
from tlstudio.domain.recipe import Recipe
from tlstudio.domain.runs import JobSpec
from tlstudio.domain.tasks import Task
from tlstudio.ml.devices import choose_device
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.style.fast import train
from tlstudio.ml.style.fast_onnx import INPUT, export_onnx
from tlstudio.ml.style.fast_plan import Pace, Plan
from tlstudio.ml.style.fast_restyling import load_kept
from tlstudio.ml.style.fast_teacher import STYLE_SIDE, Teacher, Weights, read_style
from tlstudio.ml.zoo.stylizer import Stylizer, build

MODEL = "fast-style:squeezenet1_1"
WEIGHTS = "weights/squeezenet1_1_imagenet_features.safetensors"
STYLE = "data/style/starry_night.jpg"
FRAMES = {"256": (256, 256), "512": (512, 512), "1080p": (1080, 1920)}
SQUARES = (128, 192, 256)
PARTS = ("training", "squares", "drawing")
CPU = torch.device("cpu")


def main() -> None:
    options = read_options()
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    torch.set_num_threads(options.threads)
    found: dict[str, Any] = {"bench": "stylizer", "model": MODEL, **vars(options)}
    found["keep"] = str(options.keep) if options.keep else None
    with tempfile.TemporaryDirectory() as name:
        folder = options.keep or Path(name)
        model: Stylizer = build(find(MODEL)).eval()
        if "training" in options.part:
            found["training"] = training(folder, options)
            model = load_kept(folder, choose_device("cpu")).model
            draw_town(model, folder / "tubingen.png")
        if "squares" in options.part:
            found["squares"] = squares(options)
        if "drawing" in options.part:
            found["drawing"] = drawing(model, folder / "model.onnx", options)
    print(json.dumps({**found, "machine": machine()}, indent=1))


def read_options() -> argparse.Namespace:
    reader = argparse.ArgumentParser()
    reader.add_argument("--minutes", type=float, default=4.0)
    reader.add_argument("--target", type=float, default=2.5)
    reader.add_argument("--images", type=int, default=40)
    reader.add_argument("--threads", type=int, default=2)
    reader.add_argument("--pairs", type=int, default=9)
    reader.add_argument("--seed", type=int, default=0)
    reader.add_argument("--processor-time", action="store_true")
    reader.add_argument("--keep", type=Path)
    reader.add_argument("--part", nargs="+", choices=PARTS, default=list(PARTS))
    options = reader.parse_args()
    if options.processor_time:  # all clocks of this process: see processor_clock
        share = options.threads
        time.monotonic = lambda: time.process_time() / share
    return options


def training(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Train as the program does; the curve in seconds and loss."""
    folder.mkdir(parents=True, exist_ok=True)
    job = job_of(folder, options)
    began, computed = time.time(), time.process_time()
    curve: list[dict[str, float]] = []

    def hear(event: Event) -> None:
        if isinstance(event, EpochEnded):
            spent = {"seconds": time.time() - began, "computed": time.process_time() - computed}
            row = {**spent, "epoch": event.epoch, **event.values}
            curve.append({name: round(value, 4) for name, value in row.items()})
            print(json.dumps(curve[-1]), file=sys.stderr, flush=True)

    answer = train(job, Reporter(hear))
    there = [row for row in curve if row["val_loss"] <= options.target]
    return {
        "ended": answer["ended"],
        "epochs": answer["epochs"],
        "best": answer["best"],
        "to_target": {k: there[0][k] for k in ("seconds", "computed")} if there else None,
        "curve": curve,
    }


def job_of(folder: Path, options: argparse.Namespace) -> JobSpec:
    """The job as the program writes it: every fifth image is for validation."""
    root = shared()
    paths = pieces_of_town(root, folder / "town", options.images // 2)
    paths += sorted((root / "data/bccd/JPEGImages").glob("*.jpg"))[: options.images // 2]
    rows = [
        {
            "image": number,
            "path": str(path),
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "split": "val" if number % 5 == 2 else "train",
            "annotations": [],
        }
        for number, path in enumerate(paths)
    ]
    with gzip.open(folder / "snapshot.jsonl.gz", "wt", encoding="utf-8") as file:
        for line in ({"version": 2, "task": "style", "from": "none", "labels": []}, *rows):
            file.write(json.dumps(line) + "\n")
    style = folder / "style.png"
    shutil.copyfile(root / STYLE, style)
    settings = {"time_limit": options.minutes, "seed": options.seed, "device": "cpu"}
    weights = root / WEIGHTS
    params = {
        "run": "r0001",
        "model": find(MODEL).to_json(),
        "weights": {"kind": "file", "path": str(weights), "label": weights.name},
        "recipe": Recipe.read(settings, Task.STYLE).to_json(Task.STYLE),
        "snapshot": str(folder / "snapshot.jsonl.gz"),
        "labels": [],
        "style": {"path": str(style), "frame": 0, "label": "starry_night.jpg"},
    }
    return JobSpec("train", "style", str(folder), str(folder), params)


def pieces_of_town(root: Path, folder: Path, count: int) -> list[Path]:
    """Parts of tubingen.jpg that overlap."""
    folder.mkdir(exist_ok=True)
    paths = []
    with Image.open(root / "data/style/tubingen.jpg") as town:
        picture = town.convert("RGB")
    rng = np.random.default_rng(0)
    side = min(picture.size) * 3 // 5
    for number in range(count):
        x, y = (int(rng.integers(0, length - side + 1)) for length in picture.size)
        paths.append(folder / f"{number:02d}.png")
        picture.crop((x, y, x + side, y + side)).resize((512, 512)).save(paths[-1])
    return paths


def draw_town(model: Stylizer, path: Path) -> None:
    """tubingen.jpg in the style, 768 px wide, for people."""
    with Image.open(shared() / "data/style/tubingen.jpg") as town:
        small = town.convert("RGB").resize((768, 768 * town.height // town.width))
    given = torch.from_numpy(np.asarray(small).copy()).permute(2, 0, 1)[None] / 255
    with torch.inference_mode():
        made = model(given)[0].permute(1, 2, 0).mul(255).round().byte().numpy()
    Image.fromarray(made).save(path)


def squares(options: argparse.Namespace) -> dict[str, Any]:
    """Squares a second of whole training steps, and in processor seconds a square."""
    recipe = Recipe.read({}, Task.STYLE)
    found = {}
    for size in SQUARES:
        plan = Plan.of(Recipe.read({"image_size": size}, Task.STYLE), find(MODEL))
        style = read_style(shared() / STYLE, 0, round(STYLE_SIDE * size))
        teacher = Teacher(
            "squeezenet1_1",
            shared() / WEIGHTS,
            style,
            Weights.of(recipe),
            colour="style",
            device=CPU,
        )
        model = build(find(MODEL)).train().to(memory_format=torch.channels_last)
        pace = Pace(model, plan)
        pixels = torch.rand(plan.batch, 3, size, size).contiguous(memory_format=torch.channels_last)

        def step(teacher: Teacher, model: Stylizer, pace: Pace, pixels: torch.Tensor) -> None:
            pace.optimizer.zero_grad(set_to_none=True)
            teacher.losses(pixels, model(pixels))["loss"].backward()
            pace.optimizer.step()

        def work(t: Any = teacher, m: Any = model, p: Any = pace, x: Any = pixels) -> None:
            step(t, m, p, x)

        took = [timed(work) for _ in range(options.pairs + 1)][1:]
        found[str(size)] = {
            "a_second": median_interval([plan.batch / wall for wall, _ in took]),
            "computed": median_interval([used / plan.batch for _, used in took]),
        }
    return found


def drawing(model: Stylizer, path: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Frames a second of ONNX and of torch, and how much sooner ONNX is in processor seconds."""
    export_onnx(model, path)
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = options.threads
    session = onnxruntime.InferenceSession(path, settings, providers=["CPUExecutionProvider"])
    model = model.eval().to(memory_format=torch.channels_last)
    found = {}
    for name, (height, width) in FRAMES.items():
        given = torch.rand(1, 3, height, width)
        numbers, plain = given.numpy(), given.contiguous(memory_format=torch.channels_last)
        sides: dict[str, Callable[[], object]] = {
            "onnx": lambda x=numbers: session.run(None, {INPUT: x}),  # type: ignore[misc]
            "torch": lambda x=plain: eager(model, x),  # type: ignore[misc]
        }
        took: dict[str, list[tuple[float, float]]] = {"onnx": [], "torch": []}
        for pair in range(options.pairs + 1):
            for side in ("onnx", "torch") if pair % 2 else ("torch", "onnx"):
                times = timed(sides[side])
                if pair:  # the first pair warms up
                    took[side].append(times)
        ratios = [t[1] / o[1] for o, t in zip(took["onnx"], took["torch"], strict=True)]
        found[name] = {
            side: {
                "frames_a_second": median_interval([1 / wall for wall, _ in rows]),
                "computed": median_interval([used for _, used in rows]),
            }
            for side, rows in took.items()
        }
        found[name]["torch_over_onnx_computed"] = median_interval(ratios)
    return found


def eager(model: Stylizer, pixels: torch.Tensor) -> torch.Tensor:
    with torch.inference_mode():
        made: torch.Tensor = model(pixels)
    return made


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """(seconds of the clock, seconds of the processor)."""
    wall, used = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - used


if __name__ == "__main__":
    main()
