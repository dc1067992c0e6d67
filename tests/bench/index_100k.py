"""Index 100,000 distinct small images, then open the project again: times and memory.

    python tests/bench/index_100k.py [--n 100000] [--seed 0] [--pairs 9] [--keep DIR]

Each stage runs in a process of its own, so that its peak memory is its own. Indexing (by
reference and by copy) is set against a plain loop that hashes, decodes and shrinks the same
files with Pillow; opening with the first page of rows against a bare SQLite connection that
reads as many rows, in interleaved pairs. Prints JSON; asserts nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SIDE = 64
LABELS = 10
PAGE = 200


def draw(folder: Path, n: int, seed: int) -> dict[str, Any]:
    """`n` distinct pictures of 64 x 64, PNG and JPEG in turns, in ten class folders."""
    import numpy as np
    from PIL import Image

    rng = np.random.default_rng(seed)
    started = time.perf_counter()
    total = 0
    for number in range(n):
        coarse = rng.integers(0, 255, (5, 5, 3), dtype=np.uint8)
        coarse[0, 0] = (number >> 16 & 255, number >> 8 & 255, number & 255)
        picture = Image.fromarray(coarse).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
        kind = ("png", "jpg")[number % 2]
        place = folder / f"label{number % LABELS}" / f"img_{number:06d}.{kind}"
        if number < LABELS:
            place.parent.mkdir(parents=True)
        picture.save(place, compress_level=1, quality=90)
        total += place.stat().st_size
    return {"seconds": time.perf_counter() - started, "bytes": total}


def index(images: Path, project: Path, copy: bool) -> dict[str, Any]:
    """Import into a new project; seconds of each stage and peak memory."""
    from tlstudio.domain.progress import Step
    from tlstudio.services.datasets import ImportOptions, import_source
    from tlstudio.services.projects import create_project

    began: dict[str, float] = {}

    def watch(step: Step) -> None:
        began.setdefault(step.stage.rpartition(".")[2], time.perf_counter())

    with create_project(project) as made:
        before = memory()
        started = time.perf_counter()
        report = import_source(made, images, ImportOptions(copy=copy), watch)
        seconds = time.perf_counter() - started
    marks = [*sorted(began.items(), key=lambda item: item[1]), ("end", started + seconds)]
    stages = {name: after[1] - at for (name, at), after in pairwise(marks)}
    return {
        "images": report.images_added,
        "skipped": len(report.skipped),
        "seconds": seconds,
        "images_per_second": report.images_added / seconds,
        "stages": stages,
        "memory_before_mb": before,
        "memory_peak_mb": peak_memory(),
    }


def plain(images: Path, most: int) -> dict[str, Any]:
    """The least that any indexer does to a file: SHA-256, decode, thumbnail."""
    from PIL import Image

    files = sorted(images.rglob("*.*"))[:most]
    started = time.perf_counter()
    for file in files:
        content = file.read_bytes()
        hashlib.sha256(content).hexdigest()
        with Image.open(io.BytesIO(content)) as image:
            small = image.convert("RGB")
            small.thumbnail((256, 256))
            small.save(io.BytesIO(), "JPEG", quality=85)
    seconds = time.perf_counter() - started
    return {"images": len(files), "images_per_second": len(files) / seconds}


def reopen(project: Path, pairs: int, seed: int) -> dict[str, Any]:
    """Open, ask for all ids and the first page with thumbnails; a bare connection beside it."""
    first = _once(project)
    order = random.Random(seed)
    ours: list[float] = []
    bare: list[float] = []
    for _ in range(pairs):
        turns: list[tuple[list[float], Callable[[Path], float]]] = [(ours, _open), (bare, _bare)]
        order.shuffle(turns)
        for times, act in turns:
            times.append(act(project))
    ratios = sorted(one / other for one, other in zip(ours, bare, strict=True))
    return {
        "first": first,
        "pairs": pairs,
        "open_and_first_page_median_s": statistics.median(ours),
        "open_and_first_page_range_s": [min(ours), max(ours)],
        "bare_sqlite_median_s": statistics.median(bare),
        "ratio_median": statistics.median(ratios),
        "ratio_interval": _median_interval(ratios),
        "memory_peak_mb": peak_memory(),
    }


def _once(project: Path) -> dict[str, Any]:
    """The first time in a fresh process, step by step, the modules' import included."""
    marks = {"start": time.perf_counter()}
    from tlstudio.services.images import facets, find_images, image_rows, thumbnails
    from tlstudio.services.projects import open_project

    marks["modules_s"] = time.perf_counter()
    with open_project(project) as opened:
        marks["open_s"] = time.perf_counter()
        ids = find_images(opened)
        marks["all_ids_s"] = time.perf_counter()
        rows = image_rows(opened, ids[:PAGE])
        marks["first_page_s"] = time.perf_counter()
        found = thumbnails(opened, [row.pixel_hash for row in rows])
        marks["thumbnails_s"] = time.perf_counter()
        facets(opened)
        marks["facets_s"] = time.perf_counter()
    names = list(marks)
    steps = {b: marks[b] - marks[a] for a, b in pairwise(names)}
    shown = ("open_s", "all_ids_s", "first_page_s")
    return {
        **steps,
        "project_open_s": sum(steps[name] for name in shown),
        "images": len(ids),
        "thumbnails": len(found),
    }


def _open(project: Path) -> float:
    from tlstudio.services.images import find_images, image_rows
    from tlstudio.services.projects import open_project

    started = time.perf_counter()
    with open_project(project) as opened:
        image_rows(opened, find_images(opened)[:PAGE])
        return time.perf_counter() - started


def _bare(project: Path) -> float:
    import sqlite3
    from contextlib import closing

    started = time.perf_counter()
    with closing(sqlite3.connect(project / "project.db")) as connection:
        connection.execute("SELECT id FROM images ORDER BY id").fetchall()
        sql = "SELECT * FROM images JOIN sources ON sources.id = source_id ORDER BY images.id"
        connection.execute(f"{sql} LIMIT {PAGE}").fetchall()
        return time.perf_counter() - started


def _median_interval(ordered: list[float]) -> list[float]:
    """95 % interval of the median from order statistics (binomial, exact coverage or more)."""
    from math import comb

    n = len(ordered)
    for low in range(n // 2, -1, -1):
        outside = 2 * sum(comb(n, k) for k in range(low + 1)) / 2**n
        if outside <= 0.05:
            return [ordered[low], ordered[n - 1 - low]]
    return [ordered[0], ordered[-1]]


def compare(project: Path) -> dict[str, Any]:
    """Duplicates and leaks among all images, and a split of all of them."""
    from tlstudio.services.duplicates import find_duplicates
    from tlstudio.services.projects import open_project
    from tlstudio.services.splitting import split_project

    with open_project(project) as opened:
        started = time.perf_counter()
        split = split_project(opened)
        middle = time.perf_counter()
        report = find_duplicates(opened)
        seconds = time.perf_counter() - middle
    return {
        "split_s": middle - started,
        "splits": split.splits,
        "duplicates_s": seconds,
        "identical_sets": len(report.identical),
        "near_sets": len(report.near),
        "memory_peak_mb": peak_memory(),
    }


def memory() -> float:
    import psutil

    return float(psutil.Process().memory_info().rss / 2**20)


def peak_memory() -> float:
    """Most resident memory of this process so far, in MB."""
    if sys.platform == "win32":
        import psutil

        return float(psutil.Process().memory_info().peak_wset / 2**20)
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


STAGES: dict[str, Callable[..., dict[str, Any]]] = {
    "draw": lambda a: draw(a.place / "images", a.n, a.seed),
    "plain": lambda a: plain(a.place / "images", min(a.n, 5000)),
    "reference": lambda a: index(a.place / "images", a.place / "reference.tlproj", False),
    "copy": lambda a: index(a.place / "images", a.place / "copy.tlproj", True),
    "again": lambda a: again(a.place / "images", a.place / "copy.tlproj"),
    "reopen": lambda a: reopen(a.place / "copy.tlproj", a.pairs, a.seed),
    "compare": lambda a: compare(a.place / "copy.tlproj"),
}


def again(images: Path, project: Path) -> dict[str, Any]:
    """The same import a second time."""
    from tlstudio.services.datasets import import_source
    from tlstudio.services.projects import open_project

    with open_project(project) as opened:
        started = time.perf_counter()
        report = import_source(opened, images)
        seconds = time.perf_counter() - started
    return {"seconds": seconds, "added": report.images_added, "matched": report.images_matched}


def machine() -> dict[str, Any]:
    import psutil

    return {
        "system": platform.platform(),
        "cpu": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "load_before": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--n", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pairs", type=int, default=9)
    parser.add_argument("--keep", type=Path, help="work here and leave everything in place")
    parser.add_argument("--stage", choices=STAGES, help=argparse.SUPPRESS)
    parser.add_argument("--place", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.stage:
        print(json.dumps(STAGES[asked.stage](asked)))
        return
    result: dict[str, Any] = {
        "bench": "index_100k",
        "n": asked.n,
        "seed": asked.seed,
        "machine": machine(),
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("pillow", "numpy", "sqlite-utils")},
        },
    }
    with tempfile.TemporaryDirectory(prefix="tlstudio-bench-") as made:
        place = asked.keep or Path(made)
        for stage in STAGES:
            print(f"{stage}…", file=sys.stderr, flush=True)
            result[stage] = _in_process(stage, place, asked)
    print(json.dumps(result, indent=2))


def _in_process(stage: str, place: Path, asked: argparse.Namespace) -> dict[str, Any]:
    command = [sys.executable, str(Path(__file__).resolve()), "--stage", stage]
    command += ["--place", str(place), "--n", str(asked.n)]
    command += ["--seed", str(asked.seed), "--pairs", str(asked.pairs)]
    settings = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        "TLSTUDIO_HOME": str(place / "home"),
    }
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, env=settings)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


if __name__ == "__main__":
    main()
