"""100,000 images with 500,000 boxes and 100,000 polygons go out: seconds and memory, by format.

    python tests/bench/export_labels.py [--n 100000] [--boxes 5] [--polygons 1] [--pairs 9]
                                        [--formats coco,yolo,…] [--masks 0] [--seed 0]

The project has rows only, for no pixels are read; image files are left where they are. Each
export runs in a process of its own, so that its peak memory is its own. Beside it, in interleaved
pairs of random order: `plain`, a loop that reads the same rows from SQLite and writes the same
COCO entries with Python's json from one list in memory; and, where they are installed, the load
of the written COCO file by pycocotools and by datumaro. Prints JSON; asserts nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import random
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

from index_100k import _median_interval, machine, peak_memory

ROOT = Path(__file__).resolve().parents[2]
LABELS = 20
WIDTH, HEIGHT = 640, 480
POINTS = ((0, 0), (0.5, 0.1), (1, 0), (0.9, 0.5), (1, 1), (0.4, 0.9), (0, 1))
FORMATS = ("coco", "yolo", "yolo-seg", "voc", "labelme", "cvat", "label-studio", "datumaro",
           "geojson", "csv")  # fmt: skip
PEERS = {"pycocotools": "pycocotools", "datumaro": "datumaro"}


def fill(asked: argparse.Namespace) -> dict[str, Any]:
    """A project of rows: every tenth image is in a split of its own kind."""
    import numpy as np

    from tlstudio.domain.annotations import Box, Mask, Polygon
    from tlstudio.domain.images import ImageState, SourceFacts, Split
    from tlstudio.imaging.bitmap import Bitmap
    from tlstudio.services.projects import create_project
    from tlstudio.storage import annotations, images, tiles

    rng = random.Random(asked.seed)
    disc = np.hypot(*np.mgrid[-20:20, -20:20]) < 18

    def facts(number: int) -> SourceFacts:
        name = hashlib.sha256(f"image {number}".encode()).hexdigest()
        return SourceFacts(1000, number, name, WIDTH, HEIGHT, "RGB", 8, name, name[:16])

    def shapes(image: int) -> list[Any]:
        made: list[Any] = []
        for kind in range(asked.boxes + asked.polygons + asked.masks):
            w, h = rng.uniform(4, 90), rng.uniform(4, 90)
            x, y = rng.uniform(0, WIDTH - w), rng.uniform(0, HEIGHT - h)
            common = {"id": "", "image": image, "label": rng.randint(1, LABELS), "z": kind}
            if kind < asked.boxes:
                made.append(Box(**common, x=x, y=y, w=w, h=h))
            elif kind < asked.boxes + asked.polygons:
                ring = tuple((x + px * w, y + py * h) for px, py in POINTS)
                made.append(Polygon(**common, parts=((ring,),)))
            else:
                made.append(Mask(**common, x=int(x), y=int(y), w=40, h=40))
        return made

    started = time.perf_counter()
    names = [f"kind {n}" for n in range(1, LABELS + 1)]
    with create_project(asked.place / "p.tlproj", labels=names) as project:

        def rows(db: Any) -> None:
            made = images.add_sources(
                db,
                (
                    images.NewSource(
                        f"images/{n % 100}/{n:06d}.png", False, facts(n), f"{n % 100}/{n:06d}.png"
                    )
                    for n in range(asked.n)
                ),
            )
            for start in range(0, len(made), 5000):
                some = [shape for image in made[start : start + 5000] for shape in shapes(image)]
                ids = annotations.add(db, some)
                for number, shape in zip(ids, some, strict=True):
                    if isinstance(shape, Mask):
                        mask = Bitmap.from_array(disc, shape.x, shape.y, WIDTH, HEIGHT)
                        stored = {k: v for k, v in mask.encode().items() if v is not None}
                        tiles.put_tiles(db, number, stored)
            images.set_state(db, made, ImageState.LABELLED)
            images.set_split(db, made[::10], Split.VAL)

        project.transact("undo.import", rows, undoable=False)
    return {"seconds": time.perf_counter() - started}


def export(asked: argparse.Namespace) -> dict[str, Any]:
    from tlstudio.services.exporting_labels import export_labels
    from tlstudio.services.projects import open_project

    out = _cleared(asked.place / asked.format)
    with open_project(asked.place / "p.tlproj", read_only=True) as project:
        started = time.perf_counter()
        report = export_labels(project, asked.format, out)
        seconds = time.perf_counter() - started
    size = sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
    warnings = {notice.code: notice.params.get("count") for notice in report.warnings}
    return {
        "seconds": seconds,
        "memory_peak_mb": peak_memory(),
        "images": report.images,
        "annotations": report.annotations,
        "bytes": size,
        "warnings": warnings,
    }


def plain(asked: argparse.Namespace) -> dict[str, Any]:
    """The rows of the same tables as COCO, by the shortest way there is; not safe, not split."""
    import sqlite3
    from contextlib import closing

    started = time.perf_counter()
    with closing(sqlite3.connect(asked.place / "p.tlproj" / "project.db")) as db:
        images = [
            {"id": row[0], "file_name": row[1], "width": row[2], "height": row[3]}
            for row in db.execute("SELECT id, name, width, height FROM images")
        ]
        annotations = []
        for row in db.execute("SELECT id, image_id, label_id, x, y, w, h, parts FROM annotations"):
            rings = [part[0] for part in json.loads(row[7])] if row[7] else []
            flat = [[value for point in ring for value in point] for ring in rings]
            annotations.append(
                {
                    "id": row[0],
                    "image_id": row[1],
                    "category_id": row[2],
                    "bbox": row[3:7],
                    "area": row[5] * row[6],
                    "segmentation": flat,
                    "iscrowd": 0,
                }
            )
    whole = {"images": images, "annotations": annotations, "categories": []}
    (asked.place / "plain.json").write_text(json.dumps(whole))
    return {"seconds": time.perf_counter() - started, "memory_peak_mb": peak_memory()}


def load(asked: argparse.Namespace) -> dict[str, Any]:
    """A peer reads the larger COCO file that was written."""
    file = asked.place / "coco" / "annotations" / "instances_default.json"
    started = time.perf_counter()
    if asked.format == "pycocotools":
        from contextlib import redirect_stdout

        from pycocotools.coco import COCO

        with redirect_stdout(sys.stderr):
            found = len(COCO(str(file)).anns)
    else:
        from datumaro import Dataset

        found = sum(len(item.annotations) for item in Dataset.import_from(str(file), "coco"))
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "annotations": found, "memory_peak_mb": peak_memory()}


def _cleared(out: Path) -> Path:
    if out.exists():
        shutil.rmtree(out)
    return out


STAGES: dict[str, Callable[[argparse.Namespace], dict[str, Any]]] = {
    "fill": fill,
    "export": export,
    "plain": plain,
    "load": load,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--n", type=int, default=100_000)
    parser.add_argument("--boxes", type=int, default=5, help="of each image")
    parser.add_argument("--polygons", type=int, default=1, help="of each image")
    parser.add_argument("--masks", type=int, default=0, help="of each image")
    parser.add_argument("--pairs", type=int, default=9, help="of coco and its peers")
    parser.add_argument("--formats", default=",".join(FORMATS), help="these once each")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--stage", choices=STAGES, help=argparse.SUPPRESS)
    parser.add_argument("--place", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--format", default="coco", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.stage:
        print(json.dumps(STAGES[asked.stage](asked)))
        return
    result: dict[str, Any] = {
        "bench": "export_labels",
        "n": asked.n,
        "boxes": asked.n * asked.boxes,
        "polygons": asked.n * asked.polygons,
        "masks": asked.n * asked.masks,
        "seed": asked.seed,
        "machine": machine(),
        "versions": {"python": platform.python_version(), **_versions()},
    }
    with tempfile.TemporaryDirectory(prefix="tlstudio-bench-") as made:
        place = Path(made)
        result["fill"] = _in_process("fill", "coco", place, asked)
        result["pairs"] = _pairs(place, asked)
        result["formats"] = {}
        for name in filter(None, asked.formats.split(",")):
            result["formats"][name] = _in_process("export", name, place, asked)
            _cleared(place / name)
    print(json.dumps(result, indent=2))


def _pairs(place: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """COCO, the plain loop and the peers' loads, in turns of random order."""
    order = random.Random(asked.seed)
    peers = [name for name, module in PEERS.items() if find_spec(module) is not None]
    runs: dict[str, list[dict[str, Any]]] = {}
    if peers and asked.pairs:
        _in_process("export", "coco", place, asked)  # so that there is a file to load
    for _ in range(asked.pairs):
        turn = [("export", "coco"), ("plain", ""), *(("load", name) for name in peers)]
        order.shuffle(turn)
        for stage, name in turn:
            found = _in_process(stage, name or "coco", place, asked)
            runs.setdefault(f"{stage} {name}".strip(), []).append(found)
    ours = [run["seconds"] for run in runs.get("export coco", [])]
    return {
        stage: {
            "seconds_median": statistics.median(run["seconds"] for run in found),
            "seconds_interval_95": _median_interval(sorted(run["seconds"] for run in found)),
            "memory_peak_mb": max(run["memory_peak_mb"] for run in found),
            "ratio_median": statistics.median(
                a / b["seconds"] for a, b in zip(ours, found, strict=True)
            ),
        }
        for stage, found in runs.items()
    }


def _versions() -> dict[str, str]:
    found = {}
    for name in ("numpy", "pillow", "sqlite-utils", "pycocotools", "datumaro"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def _in_process(stage: str, name: str, place: Path, asked: argparse.Namespace) -> dict[str, Any]:
    print(f"{stage} {name}…", file=sys.stderr, flush=True)
    command = [sys.executable, str(Path(__file__).resolve()), "--stage", stage]
    command += ["--format", name, "--place", str(place)]
    for option in ("n", "boxes", "polygons", "masks", "seed"):
        command += [f"--{option}", str(getattr(asked, option))]
    settings = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        "TLSTUDIO_HOME": str(place / "home"),
    }
    made = subprocess.run(command, stdout=subprocess.PIPE, env=settings, text=True, check=True)
    found: dict[str, Any] = json.loads(made.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    main()
