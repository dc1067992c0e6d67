"""A COCO file of 100,000 images, 500,000 boxes and 100,000 polygons comes in: seconds and memory.

    python tests/bench/import_coco.py [--n 100000] [--boxes 5] [--polygons 1] [--pairs 9]
                                      [--seed 0] [--keep DIR]

Each stage runs in a process of its own, so that its peak memory is its own. `known`: the images
are in the project already and the file is imported on to them. `again`: the same file once more.
`fresh`: images by reference and the file into an empty project, at once. Beside them, in
interleaved pairs with `known`, what merely loading the file costs: pycocotools' and datumaro's
load where they are installed, and faster-coco-eval's, else Python's json. Beside the seconds
stand those of the processor, children's included, which tell more on a busy machine. Prints
JSON; asserts nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from index_100k import SIDE, draw, machine, memory, peak_memory

ROOT = Path(__file__).resolve().parents[2]
CATEGORIES = 20


def write(place: Path, boxes: int, polygons: int, seed: int) -> dict[str, Any]:
    """A COCO file over the drawn images, with ids, areas and flags as COCO itself has them."""
    rng = random.Random(seed)
    files = sorted(p for p in (place / "images").rglob("*") if p.is_file())
    images, annotations = [], []
    for number, file in enumerate(files, start=1):
        name = file.relative_to(place / "images").as_posix()
        images.append({"id": number, "file_name": name, "width": SIDE, "height": SIDE})
        for kind in range(boxes + polygons):
            w, h = rng.uniform(4, 30), rng.uniform(4, 30)
            x, y = rng.uniform(0, SIDE - w), rng.uniform(0, SIDE - h)
            said: dict[str, Any] = {
                "id": len(annotations) + 1,
                "image_id": number,
                "category_id": rng.randint(1, CATEGORIES),
                "bbox": [round(v, 2) for v in (x, y, w, h)],
                "area": round(w * h, 2),
                "iscrowd": 0,
                "segmentation": [],
            }
            if kind >= boxes:
                points = ((0, 0), (0.5, 0.1), (1, 0), (0.9, 0.5), (1, 1), (0.4, 0.9), (0, 1))
                ring = [round(v, 2) for px, py in points for v in (x + px * w, y + py * h)]
                said["segmentation"] = [ring]
            annotations.append(said)
    kinds = [{"id": n, "name": f"kind {n}"} for n in range(1, CATEGORIES + 1)]
    whole = {"images": images, "annotations": annotations, "categories": kinds}
    target = place / "coco.json"
    target.write_text(json.dumps(whole))
    return {"annotations": len(annotations), "bytes": target.stat().st_size}


def prepare(place: Path) -> dict[str, Any]:
    """A project that holds the images, by reference, without annotations."""
    from tlstudio.services.datasets import ImportOptions, import_source
    from tlstudio.services.projects import create_project

    started = time.perf_counter()
    with create_project(place / "empty.tlproj") as made:
        report = import_source(made, place / "images", ImportOptions("images", copy=False))
    return {"images": report.images_added, "seconds": time.perf_counter() - started}


def _imported(place: Path, project: Path, *, new: bool = False) -> dict[str, Any]:
    from tlstudio.domain.progress import Step
    from tlstudio.services.datasets import ImportOptions, import_source
    from tlstudio.services.projects import create_project, open_project

    began: dict[str, float] = {}

    def watch(step: Step) -> None:
        began.setdefault(step.stage.rpartition(".")[2], time.perf_counter())

    images_dir = place / "images"
    if new:
        shutil.rmtree(project, ignore_errors=True)
    with create_project(project) if new else open_project(project) as opened:
        before = memory()
        started, used = time.perf_counter(), processor_seconds()
        options = ImportOptions("coco", images_dir, copy=False)
        report = import_source(opened, place / "coco.json", options, watch)
        seconds, used = time.perf_counter() - started, processor_seconds() - used
    return {
        "seconds": seconds,
        "processor_seconds": used,
        "stages_begin": {name: at - started for name, at in began.items()},
        "images_added": report.images_added,
        "images_matched": report.images_matched,
        "kinds": report.kinds,
        "shapes": report.shapes,
        "skipped": len(report.skipped),
        "memory_before_mb": before,
        "memory_peak_mb": peak_memory(),
    }


def known(place: Path) -> dict[str, Any]:
    project = place / "known.tlproj"
    if project.exists():
        shutil.rmtree(project)
    shutil.copytree(place / "empty.tlproj", project)
    return _imported(place, project)


def load_json(place: Path) -> None:
    with (place / "coco.json").open() as file:
        json.load(file)


def load_pycocotools(place: Path) -> None:
    from contextlib import redirect_stdout

    from pycocotools.coco import COCO

    with redirect_stdout(sys.stderr):
        COCO(str(place / "coco.json"))


def load_datumaro(place: Path) -> None:
    from datumaro import Dataset

    sum(len(item.annotations) for item in Dataset.import_from(str(place / "coco.json"), "coco"))


def load_faster_coco_eval(place: Path) -> None:
    from contextlib import redirect_stdout

    from faster_coco_eval import COCO

    with redirect_stdout(sys.stderr):
        COCO(str(place / "coco.json"))


def processor_seconds() -> float:
    """User and system time of this process and of its children that have ended."""
    used = [resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


LOADERS = {
    "json": ("json", load_json),
    "pycocotools": ("pycocotools", load_pycocotools),
    "datumaro": ("datumaro", load_datumaro),
    "faster-coco-eval": ("faster_coco_eval", load_faster_coco_eval),
}


def loaded(place: Path, name: str) -> dict[str, Any]:
    started, used = time.perf_counter(), processor_seconds()
    LOADERS[name][1](place)
    return {
        "seconds": time.perf_counter() - started,
        "processor_seconds": processor_seconds() - used,
        "memory_peak_mb": peak_memory(),
    }


STAGES: dict[str, Callable[[argparse.Namespace], dict[str, Any]]] = {
    "draw": lambda a: draw(a.place / "images", a.n, a.seed),
    "write": lambda a: write(a.place, a.boxes, a.polygons, a.seed),
    "prepare": lambda a: prepare(a.place),
    "known": lambda a: known(a.place),
    "again": lambda a: _imported(a.place, a.place / "known.tlproj"),
    "fresh": lambda a: _imported(a.place, a.place / "fresh.tlproj", new=True),
    **{f"load_{name}": lambda a, name=name: loaded(a.place, name) for name in LOADERS},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--n", type=int, default=100_000)
    parser.add_argument("--boxes", type=int, default=5, help="of each image")
    parser.add_argument("--polygons", type=int, default=1, help="of each image")
    parser.add_argument("--pairs", type=int, default=9)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="work here and leave everything in place")
    parser.add_argument("--stage", choices=STAGES, help=argparse.SUPPRESS)
    parser.add_argument("--place", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.stage:
        print(json.dumps(STAGES[asked.stage](asked)))
        return
    peers = [name for name, (module, _) in LOADERS.items() if find_spec(module) is not None]
    result: dict[str, Any] = {
        "bench": "import_coco",
        "n": asked.n,
        "boxes": asked.n * asked.boxes,
        "polygons": asked.n * asked.polygons,
        "seed": asked.seed,
        "machine": machine(),
        "versions": {"python": platform.python_version(), **_versions()},
    }
    with tempfile.TemporaryDirectory(prefix="tlstudio-bench-") as made:
        place = asked.keep or Path(made)
        for stage in ("draw", "write", "prepare", "fresh"):
            result[stage] = _in_process(stage, place, asked)
        result["pairs"] = _pairs(peers, place, asked)
        result["again"] = _in_process("again", place, asked)
    print(json.dumps(result, indent=2))


def _pairs(peers: list[str], place: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """The import on to known images and each peer's load, in turns of random order."""
    order = random.Random(asked.seed)
    runs: dict[str, list[dict[str, Any]]] = {}
    for _ in range(asked.pairs):
        turn = ["known", *(f"load_{name}" for name in peers)]
        order.shuffle(turn)
        for stage in turn:
            runs.setdefault(stage, []).append(_in_process(stage, place, asked))
    ours = [run["seconds"] for run in runs["known"]]
    return {
        stage: {
            "seconds_median": statistics.median(run["seconds"] for run in found),
            "processor_seconds_median": statistics.median(
                run["processor_seconds"] for run in found
            ),
            "seconds_range": [min(r["seconds"] for r in found), max(r["seconds"] for r in found)],
            "memory_peak_mb": max(run["memory_peak_mb"] for run in found),
            "ratio_median": statistics.median(
                a / b["seconds"] for a, b in zip(ours, found, strict=True)
            ),
            "first": found[0],
        }
        for stage, found in runs.items()
    }


def _versions() -> dict[str, str]:
    found = {}
    for name in ("numpy", "pillow", "sqlite-utils", "pycocotools", "datumaro", "faster-coco-eval"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def _in_process(stage: str, place: Path, asked: argparse.Namespace) -> dict[str, Any]:
    print(f"{stage}…", file=sys.stderr, flush=True)
    command = [sys.executable, str(Path(__file__).resolve()), "--stage", stage]
    command += ["--place", str(place), "--n", str(asked.n), "--seed", str(asked.seed)]
    command += ["--boxes", str(asked.boxes), "--polygons", str(asked.polygons)]
    settings = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        "TLSTUDIO_HOME": str(place / "home"),
    }
    made = subprocess.run(command, stdout=subprocess.PIPE, env=settings, text=True, check=False)
    if made.returncode:
        return {"failed": made.returncode}
    found: dict[str, Any] = json.loads(made.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    main()
