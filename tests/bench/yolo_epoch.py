"""Seconds an epoch of YOLO11n: the program's run against the plain library.

    python tests/bench/yolo_epoch.py [--pairs 5] [--epochs 3] [--threads 1] [--size 320]
        [--batch 8] [--images N] [--test] [--processor-time] [--out rows.jsonl]

BCCD by its own lists, from scratch, both with as many threads, in processes of their own, one
after the other in turn. The first epoch of each run (warm-up of caches) is left out where there
are others. `overhead` is the median ratio of ours to plain over the pairs. --test reads the test
images with both as well (map50 and map50_95), with the same figures.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import box_sets
import checkout
import sets
from box_sets import Row
from plain_yolo import figures, plain_yolo


def main() -> None:
    options = _options()
    rows = box_sets.smears(sets.shared() / "data" / "bccd")
    rows = [r for r in rows if r["split"] != "test" or options.test]
    if options.images:
        train = [r for r in rows if r["split"] == "train"][: options.images]
        rows = train + [r for r in rows if r["split"] != "train"]
    work = Path(tempfile.mkdtemp(prefix="yolo-epoch-"))
    facts = {
        name: getattr(options, name)
        for name in ("size", "batch", "epochs", "threads", "processor_time")
    }
    pairs: list[dict[str, Any]] = []
    try:
        for number in range(options.pairs):
            arms = {"plain": plain_yolo, "ours": our_yolo}
            order = list(arms) if number % 2 == 0 else list(arms)[::-1]
            pair: dict[str, Any] = {"seed": number}
            for arm in order:
                pair[arm] = arms[arm](work / f"{arm}{number}", rows, seed=number, **facts)
                print(arm, json.dumps(pair[arm]), file=sys.stderr, flush=True)
            pair["ratio"] = _usual(pair["ours"]) / _usual(pair["plain"])
            pairs.append(pair)
            with options.out.open("a", encoding="utf-8") as file:
                file.write(json.dumps(pair) + "\n")
    finally:
        shutil.rmtree(work, ignore_errors=True)
    ratios = [pair["ratio"] for pair in pairs]
    overhead = statistics.median(ratios) - 1
    print(json.dumps({"overhead": overhead, "ratios": ratios, **facts, "machine": sets.machine()}))


def our_yolo(
    folder: Path,
    rows: Sequence[Row],
    *,
    model: str = "yolo11n",
    size: int = 320,
    batch: int = 8,
    epochs: int = 27,
    minutes: float | None = None,
    seed: int = 0,
    threads: int = 1,
    processor_time: bool = False,
    **settings: object,
) -> dict[str, Any]:
    """As `plain_yolo`, by the program's own worker."""
    chosen: dict[str, object] = {
        "image_size": size, "batch_size": batch, "epochs": epochs, "seed": seed,
        "strategy": "full", "augmentation": "medium", "patience": 1000, "device": "cpu",
        "time_limit": minutes or 0.0, **settings,
    }  # fmt: skip
    learned = [row for row in rows if row["split"] != "test"]
    work(
        box_sets.training_job(folder, learned, model=model, settings=chosen),
        threads,
        processor_time,
    )
    history = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    result = json.loads((folder / "result.json").read_text())
    told: dict[str, Any] = {
        "seconds": [event["seconds"] for event in history if event["event"] == "epoch"],
        "total": result["seconds"],
        "val": result["metrics"],
    }
    test = [row for row in rows if row["split"] == "test"]
    if test:
        work(box_sets.prediction_job(folder, test), threads, processor_time)
        lines = (folder / "predictions.jsonl").read_text().splitlines()
        found = {line["key"]: line for line in map(json.loads, lines)}
        told |= figures(test, found)
    return told


def work(job: Any, threads: int, processor_time: bool = False) -> None:
    """The job in a worker of its own; CalledProcessError where it fails."""
    folder = Path(job.folder)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "job.json"
    path.write_text(json.dumps(job.to_json()), encoding="utf-8")
    environment = os.environ | {
        "PYTHONPATH": checkout.path(processor_time),
        "OMP_NUM_THREADS": str(threads),
        "YOLO_CONFIG_DIR": str(folder / "libraries"),
    }
    command = [sys.executable, "-m", "tlstudio", "worker", str(path)]
    with (folder / "log.txt").open("ab") as log:
        # an open stdin says that somebody is there; its end would end the run
        child = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=log, stderr=log
        )
        if status := child.wait():
            raise subprocess.CalledProcessError(status, command)


def _usual(told: dict[str, Any]) -> float:
    seconds = told["seconds"]
    return statistics.median(seconds[1:] or seconds)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--size", type=int, default=320)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--images", type=int, help="training images, of all")
    parser.add_argument("--test", action="store_true")
    parser.add_argument("--processor-time", action="store_true", help=checkout.PROCESSOR_TIME)
    parser.add_argument("--out", type=Path, default=Path("yolo-epoch.jsonl"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
