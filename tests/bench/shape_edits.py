"""One edit of shapes, from the call to the commit: a large project beside a small one.

    python tests/bench/shape_edits.py [--images 100000] [--small 100] [--rounds 30] [--seed 0]

Both projects have three boxes on each image and one image with 10,000 polygons. In each round
each edit is made once in both, in random order: a box added, a polygon of 20 points reshaped and
moved (on the crowded image), a stroke of radius 50 on a mask that covers an image of 8000 x 8000
pixels, undo, redo, and moving on. Prints JSON: milliseconds, median and 95th percentile, and the
median of the rounds' ratios (large to small) with a 95 % interval.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

SIDE = 8000
CROWD = 10_000
CROWDED, PAINTED, PLAIN = 1, 2, 3


class Bench:
    """One project and the edits made in it; `round` counts them on."""

    def __init__(self, folder: Path, images: int) -> None:
        from tlstudio.domain.annotations import Box, Polygon
        from tlstudio.services import shaping

        self.project = _project(folder, images)
        self.round = 0
        self.box = Box(id="", image=PLAIN, label=1, x=5, y=6, w=70, h=80)
        crowd = [Polygon(id="", image=CROWDED, label=1, parts=_ring(n)) for n in range(CROWD)]
        self.polygon = shaping.add_shapes(self.project, CROWDED, crowd).ids[CROWD // 2]
        self.pixels = shaping.Bitmap(SIDE, SIDE)
        for y in range(0, SIDE, 90):
            self.pixels.stamp(0, y, SIDE, y, 50, on=True)
        places = list(self.pixels.tiles)
        painted = shaping.paint_mask(self.project, PAINTED, None, 1, self.pixels, places)
        self.mask = painted.ids[0]

    def edits(self) -> dict[str, Callable[[], object]]:
        """What is timed, in the order it is done."""
        from tlstudio.domain.annotations import Polygon
        from tlstudio.services import projects, reviewing, shaping, workbench

        project, n = self.project, self.round
        shape = Polygon(id=self.polygon, image=CROWDED, label=1, parts=_ring(n + 7))
        x, y = 100 + n * 97 % (SIDE - 500), 100 + n * 61 % (SIDE - 500)
        _, places = self.pixels.stamp(x, y, x + 300, y + 200, 50, n % 2 == 1)
        return {
            "add": lambda: shaping.add_shapes(project, PLAIN, [self.box]),
            "reshape": lambda: shaping.change_shapes(project, CROWDED, [shape]),
            "move": lambda: shaping.move_shapes(project, CROWDED, [self.polygon], 0.5, 0.5),
            "stroke": lambda: shaping.paint_mask(
                project, PAINTED, self.mask, 1, self.pixels, places
            ),
            "undo": lambda: projects.undo(project),
            "redo": lambda: projects.redo(project),
            "leave": lambda: reviewing.leave_image(project, PAINTED),
            "open_crowded": lambda: workbench.open_image(project, CROWDED),
        }


def _project(folder: Path, count: int) -> Any:
    from tlstudio.domain.annotations import Box
    from tlstudio.domain.images import SourceFacts
    from tlstudio.services.projects import create_project
    from tlstudio.storage import annotations, images

    project = create_project(folder, labels=["a", "b"])
    names = [f"{n:064x}" for n in range(1, count + 1)]
    files = [
        images.NewSource(
            f"images/{n}.png", False, SourceFacts(1, 1, n, SIDE, SIDE, "L", 8, n, n[-16:])
        )
        for n in names
    ]
    boxes = [
        Box(id="", image=image, label=1 + n % 2, x=n, y=2, w=30, h=40)
        for image in range(1, count + 1)
        for n in range(3)
    ]
    project.transact("undo.import", lambda db: images.add_sources(db, files), undoable=False)
    project.transact("undo.import", lambda db: annotations.add(db, boxes), undoable=False)
    return project


def _ring(seed: int) -> Any:
    """One ring of 20 points."""
    rng = random.Random(seed)
    x, y = rng.uniform(100, SIDE - 200), rng.uniform(100, SIDE - 200)
    return ((tuple((x + rng.uniform(0, 80), y + rng.uniform(0, 80)) for _ in range(20)),),)


def timed(call: Callable[[], object]) -> float:
    """Milliseconds."""
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1000


def summary(large: list[float], small: list[float], rng: random.Random) -> dict[str, Any]:
    """Milliseconds of both, and the median ratio with a bootstrap interval."""
    ratios = [a / b for a, b in zip(large, small, strict=True)]
    again = sorted(median(rng.choices(ratios, k=len(ratios))) for _ in range(1000))
    return {
        "large_ms": [round(median(large), 2), round(quantiles(large, n=20)[-1], 2)],
        "small_ms": [round(median(small), 2), round(quantiles(small, n=20)[-1], 2)],
        "ratio": round(median(ratios), 2),
        "interval": [round(again[25], 2), round(again[974], 2)],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--images", type=int, default=100_000)
    parser.add_argument("--small", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    rng = random.Random(asked.seed)
    with tempfile.TemporaryDirectory() as place:
        os.environ["TLSTUDIO_HOME"] = str(Path(place) / "home")
        both = [
            Bench(Path(place) / f"{name}.tlproj", count)
            for name, count in (("large", asked.images), ("small", asked.small))
        ]
        times: dict[str, list[list[float]]] = {}
        for number in range(asked.rounds):
            calls = []
            for bench in both:
                bench.round = number
                calls.append(bench.edits())
            for name in calls[0]:
                found = times.setdefault(name, [[], []])
                for which in rng.sample((0, 1), 2):
                    found[which].append(timed(calls[which][name]))
        for bench in both:
            bench.project.close()
    report = {
        "seed": asked.seed,
        "machine": {"system": platform.platform(), "cpus": os.cpu_count()},
        "versions": {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version},
        "n": asked.rounds,
        "images": [asked.images, asked.small],
        "edits": {name: summary(*found, rng) for name, found in times.items()},
    }
    print(json.dumps(report))
    return 0


if __name__ == "__main__":
    sys.exit(main())
