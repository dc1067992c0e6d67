"""The worker killed at random instants of one run, resumed each time: the curve must not change.

    python tests/bench/kill_worker.py [--kills 20] [--epochs 30] [--steps 500] [--seed 0]

One run goes through undisturbed. The same run is then started again and its process killed
(SIGKILL) at --kills random instants, each time resumed from its folder, until it ends. Every
epoch's values, the final figures and the kept weights must agree within 1e-6.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import sets
import torch
from safetensors.torch import load_file

from tlstudio.domain.events import EpochEnded, decode

ROOT = Path(__file__).parents[2]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--steps", type=int, default=500, help="least steps of the whole run")
    parser.add_argument("--image-size", type=int, default=64)
    parser.add_argument("--labels", type=int, default=60, help="training images a label")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data", type=Path, help="split/label/image; else PneumoniaMNIST")
    options = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="kill-"))
    random.seed(options.seed)
    start = time.monotonic()
    whole = _job(root / "whole", options, root)
    status = _start(whole).wait()
    length = time.monotonic() - start
    instants = _torment(options, root, *_pace(root / "whole"))
    expected, found = _curve(root / "whole"), _curve(root / "broken")
    gap = _gap(expected, found)
    kept = [load_file(root / name / "best.safetensors") for name in ("whole", "broken")]
    weights = max(float((kept[0][k] - kept[1][k]).abs().max()) for k in kept[0])
    results = [json.loads((root / n / "result.json").read_text()) for n in ("whole", "broken")]
    same = results[0]["best"]["epoch"] == results[1]["best"]["epoch"]
    facts = {name: str(value) for name, value in vars(options).items()}
    passed = status == 0 and same and gap <= 1e-6 and weights <= 1e-6
    print(
        json.dumps(
            {
                "bench": "kill_worker",
                **facts,
                "killed": instants,
                "seconds_undisturbed": round(length, 1),
                "epochs": [len(expected), len(found)],
                "largest_difference_of_values": gap,
                "largest_difference_of_weights": weights,
                "same_best_epoch": same,
                "passed": passed and len(instants) == options.kills,
                "machine": sets.machine(),
            },
            indent=1,
        )
    )
    shutil.rmtree(root)


def _job(folder: Path, options: argparse.Namespace, root: Path, *, resume: bool = False) -> Path:
    data = options.data or sets.shared() / "data/pneumoniamnist"
    settings = {
        "image_size": options.image_size,
        "epochs": options.epochs,
        "min_steps": options.steps,
        "patience": 1000,
        "seed": options.seed,
    }
    job = sets.training_job(
        folder,
        sets.few(sets.split_folders(data), options.labels, options.seed),
        model="squeezenet1_1",
        weights=sets.shared() / "weights/squeezenet1_1_imagenet_features.safetensors",
        settings=settings,  # type: ignore[arg-type]
        cache=root / f"features-{folder.name}",
        resume=resume,
    )
    path = folder / "job.json"
    path.write_text(json.dumps(job.to_json()), encoding="utf-8")
    return path


def _start(job: Path) -> subprocess.Popen[bytes]:
    log = (job.parent / "log.txt").open("ab")
    with log:
        return subprocess.Popen(
            [sys.executable, "-m", "tlstudio", "worker", str(job)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=log,
            cwd=ROOT,
        )


def _pace(folder: Path) -> tuple[float, float]:
    """Seconds from the start of the worker to its first epoch, and of one epoch."""
    lines = (folder / "events.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    ends = [row["time"] for row in rows if row["event"] == "epoch" and row["epoch"] > 0]
    epoch = (ends[-1] - ends[0]) / max(1, len(ends) - 1)
    return ends[0] - epoch - rows[0]["time"], epoch


def _torment(
    options: argparse.Namespace, root: Path, start_up: float, epoch: float
) -> list[dict[str, Any]]:
    """Kill at random instants and go on: a third of them while the worker starts, the others
    within the two epochs after that."""
    done: list[dict[str, Any]] = []
    while True:
        job = _job(root / "broken", options, root, resume=bool(done))
        child = _start(job)
        if len(done) == options.kills:
            if child.wait():
                raise SystemExit((job.parent / "log.txt").read_text()[-2000:])
            return done
        early = random.random() < 1 / 3
        patience = random.uniform(0.3, start_up) if early else 0.7 * start_up
        patience += 0 if early else random.uniform(0.1, 2) * epoch
        try:
            child.wait(patience)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            epochs = len(_curve(job.parent)) if (job.parent / "events.jsonl").exists() else 0
            done.append({"after_seconds": round(patience, 2), "epochs_known": epochs})
            print(done[-1], file=sys.stderr, flush=True)
            continue
        return done  # it ended before all kills were used up: fewer kills are reported


def _curve(folder: Path) -> dict[int, dict[str, float]]:
    lines = (folder / "events.jsonl").read_text(encoding="utf-8", errors="replace").splitlines()
    events = [decode(line) for line in lines]
    return {e.epoch: e.values for e in events if isinstance(e, EpochEnded)}


def _gap(first: dict[int, dict[str, float]], second: dict[int, dict[str, float]]) -> float:
    if first.keys() != second.keys():
        return float("inf")
    return max(
        abs(value - second[epoch].get(name, float("inf")))
        for epoch, values in first.items()
        for name, value in values.items()
    )


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
