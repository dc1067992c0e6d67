"""Filters, orders and numbers of the gallery over 100,000 images with 500,000 boxes.

Each question is asked of the services as the window asks it, beside the least that a list of
100,000 images costs: a bare SQLite connection that reads all ids. Prints JSON; asserts nothing.

    python tests/bench/gallery_queries.py [--n 100000] [--shapes 5] [--seed 0] [--pairs 9]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import checkout  # noqa: F401

from tlstudio.domain.annotations import AnnotationSource, Box, Polygon, Provenance
from tlstudio.domain.images import SORTS, ImageQuery, SourceFacts, Split
from tlstudio.services import images, reviewing
from tlstudio.services.projects import create_project, open_project
from tlstudio.storage import annotations
from tlstudio.storage import images as stored
from tlstudio.storage.facets import FACETS
from tlstudio.storage.project import Project
from tlstudio.storage.sources import NewSource, add_sources

LABELS = 10
MAKERS = (
    Provenance(author="Ann"),
    Provenance(author="Bob"),
    Provenance(source=AnnotationSource.IMPORT),
    Provenance(source=AnnotationSource.MODEL, run="r", confidence=0.9),
)


def make_project(folder: Path, n: int, shapes: int, seed: int) -> None:
    """`n` images in ten folders with 0 to 2 * `shapes` shapes each: nine boxes in ten, a tenth
    of all suggested by a model."""
    chance = random.Random(seed)

    def facts(number: int) -> SourceFacts:
        key = f"{number:064x}"
        wide, high = chance.choice((256, 640, 1024, 4000)), chance.choice((192, 480, 3000))
        return SourceFacts(9000, 0, key, wide, high, "RGB", 8, key, key[:16])

    def shape(image: int) -> Box | Polygon:
        made = chance.choice(MAKERS)
        if chance.random() < 0.1:
            made = Provenance(
                source=AnnotationSource.MODEL, confidence=chance.random(), suggestion=True
            )
        x, y, label = 150 * chance.random(), 100 * chance.random(), chance.randint(1, LABELS)
        if chance.random() < 0.9:
            return Box(id="", image=image, label=label, provenance=made, x=x, y=y, w=30, h=20)
        ring = ((x, y), (x + 20, y), (x + 20, y + 20))
        return Polygon(id="", image=image, label=label, provenance=made, parts=((ring,),))

    with create_project(folder, labels=[f"label {k}" for k in range(LABELS)]) as project:

        def write(db) -> None:  # type: ignore[no-untyped-def]
            files = [
                NewSource(f"images/a{k:06d}.jpg", False, facts(k), f"day {k % 10}/a{k:06d}.jpg")
                for k in range(n)
            ]
            ids = add_sources(db, files)
            for start in range(0, n, 5000):
                some = ids[start : start + 5000]
                drawn = [shape(i) for i in some for _ in range(chance.randint(0, 2 * shapes))]
                annotations.add(db, drawn)
            stored.set_splits(db, dict.fromkeys(ids[: n * 7 // 10], Split.TRAIN))
            for group in range(500):
                stored.set_group(db, ids[group::500], f"slide {group:03d}")

        project.transact("undo.import", write, undoable=False)
        reviewing.assign(project, list(range(1, n // 4)), "Ann")


def questions(project: Project) -> dict[str, Callable[[], object]]:
    """What is asked, by name."""

    def ask(**fields: object) -> Callable[[], object]:
        query = ImageQuery(
            **{k: frozenset(v) if isinstance(v, list | range) else v for k, v in fields.items()}
        )
        return lambda: images.find_images(project, query)

    found = {
        "all": ask(),
        "one label": ask(labels=[1]),
        "nine labels of ten": ask(labels=range(1, LABELS)),
        "no label": ask(labels=[0]),
        "boxes": ask(kinds=["box"]),
        "masks (none)": ask(kinds=["mask"]),
        "by a person": ask(makers=["person"]),
        "by Ann": ask(makers=["by:Ann"]),
        "suggestions": ask(makers=["suggestion"]),
        "a label's suggestions": ask(labels=[1], makers=["suggestion"]),
        "no label, suggestions": ask(labels=[0], makers=["suggestion"]),
        "a label's boxes by a person": ask(labels=[1], kinds=["box"], makers=["person"]),
        "nine labels' boxes by a person": ask(
            labels=range(1, LABELS), kinds=["box"], makers=["person"]
        ),
        "one folder": ask(origins=["folder:day 3/"]),
        "size": ask(min_width=500, max_pixels=2_000_000),
        "smaller": ask(smaller=300),
        "given to Ann": ask(assignees=["Ann"]),
        "commented": ask(commented=True),
        "text": ask(text="slide 04"),
        "many at once": ask(labels=[1], kinds=["box"], splits=["train"], smaller=600, text="1"),
        **{f"sorted by {sort}": ask(sort=sort) for sort in SORTS},
    }
    found |= {
        f"numbers: {name}": lambda name=name: images.facets(project, [name]) for name in FACETS
    }
    ids = images.find_images(project)
    found["128 rows"] = lambda: images.image_rows(project, ids[:128])
    found["outlines of 16 images"] = lambda: images.shape_marks(project, ids[:16])
    return found


def bare(database: Path) -> float:
    """Milliseconds to read all ids with nothing around."""
    with closing(sqlite3.connect(database)) as connection:
        begun = time.perf_counter()
        [row[0] for row in connection.execute("SELECT id FROM images ORDER BY id")]
        return 1000 * (time.perf_counter() - begun)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--n", type=int, default=100_000)
    parser.add_argument("--shapes", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pairs", type=int, default=9)
    asked = parser.parse_args()
    times: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="tlstudio-bench-") as folder:
        os.environ["TLSTUDIO_HOME"] = f"{folder}/home"
        place = Path(folder) / "big.tlproj"
        make_project(place, asked.n, asked.shapes, asked.seed)
        with open_project(place) as project:
            with project.read() as db:
                count = int(db.value("SELECT count(*) FROM annotations"))
            acts = questions(project)
            for _ in range(asked.pairs):
                times.setdefault("bare", []).append(bare(place / "project.db"))
                for name, act in acts.items():
                    begun = time.perf_counter()
                    act()
                    times.setdefault(name, []).append(1000 * (time.perf_counter() - begun))
    least = statistics.median(times["bare"])
    print(
        json.dumps(
            {
                "bench": "gallery_queries",
                "n": asked.n,
                "annotations": count,
                "seed": asked.seed,
                "pairs": asked.pairs,
                "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
                "versions": {
                    "python": platform.python_version(),
                    "sqlite": sqlite3.sqlite_version,
                },
                "bare_ids_ms": round(least, 1),
                "median_and_most_ms": {
                    name: [round(statistics.median(taken), 1), round(max(taken), 1)]
                    for name, taken in times.items()
                    if name != "bare"
                },
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
