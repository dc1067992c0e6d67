"""Open a project of many images and ask for what the grid shows first.

    python tests/bench/open_project.py [--images 100000] [--pairs 11] [--seed 0]

Beside it, in turns, a plain baseline: sqlite3 reads the same ids and the same rows from the
same file without checks, locks or objects. Prints JSON: medians in seconds, each with the
95 % interval of the bootstrapped median, and the medians of each first question by itself.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PAGE = 200


def make(folder: Path, count: int, seed: int) -> None:
    """`count` distinct images in groups of 20, nine of ten labelled, one in ten in a split."""
    from tlstudio.domain.images import SourceFacts, Split
    from tlstudio.services.projects import create_project
    from tlstudio.storage import annotations, images

    rng = random.Random(seed)

    def facts(index: int) -> SourceFacts:
        name = hashlib.sha256(f"{seed} {index}".encode()).hexdigest()
        return SourceFacts(10_000 + index, index, name, 1024, 768, "RGB", 8, name, name[:16])

    labels = [f"label {number}" for number in range(12)]
    with create_project(folder, labels=labels) as project:
        files = [
            images.NewSource(f"images/slide_{n // 20:05d}/field_{n}.png", False, facts(n))
            for n in range(count)
        ]

        def fill(db: Any) -> None:
            ids = images.add_sources(db, files)
            images.set_groups(db, {image: f"slide {image // 20}" for image in ids})
            images.set_splits(db, {image: rng.choice(list(Split)) for image in ids[::10]})
            by_label: dict[int, list[int]] = {}
            for image in ids:
                if image % 10:
                    by_label.setdefault(rng.randint(1, len(labels)), []).append(image)
            for label, members in by_label.items():
                annotations.set_image_label(db, members, label)

        project.transact("undo.import", fill, undoable=False)


def ours(folder: Path) -> dict[str, float]:
    """Seconds of opening and of each first question."""
    from tlstudio.domain.images import ImageQuery
    from tlstudio.services import images, labelling, projects

    times: dict[str, float] = {}

    def timed(name: str, act: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        answer = act()
        times[name] = time.perf_counter() - start
        return answer

    project = timed("open", lambda: projects.open_project(folder))
    ids = timed("ids", lambda: images.find_images(project))
    timed("page", lambda: images.image_rows(project, ids[:PAGE]))
    timed("labels", lambda: labelling.list_labels(project))
    timed("facets", lambda: images.facets(project))
    times["all"] = sum(times.values())
    for sort in ("name", "label", "split", "group", "state", "size"):
        timed(f"sorted by {sort}", lambda s=sort: images.find_images(project, ImageQuery(sort=s)))
    project.close()
    return times


def plain(folder: Path) -> float:
    """Seconds in which sqlite3 alone opens the file and reads ids, a page and label counts."""
    start = time.perf_counter()
    with closing(sqlite3.connect(folder / "project.db")) as database:
        ids = [row[0] for row in database.execute("SELECT id FROM images ORDER BY id")]
        marks = ",".join("?" * PAGE)
        database.execute(f"SELECT * FROM images WHERE id IN ({marks})", ids[:PAGE]).fetchall()
        database.execute("SELECT label_id, count(*) FROM annotations GROUP BY 1").fetchall()
    return time.perf_counter() - start


def summary(values: list[float], seed: int) -> dict[str, Any]:
    """Median and the 95 % interval of the bootstrapped median."""
    rng = random.Random(seed)
    medians = sorted(statistics.median(rng.choices(values, k=len(values))) for _ in range(2000))
    return {
        "median": round(statistics.median(values), 4),
        "interval": [round(medians[50], 4), round(medians[1949], 4)],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--images", type=int, default=100_000)
    parser.add_argument("--pairs", type=int, default=11)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory() as place:
        os.environ["TLSTUDIO_HOME"] = str(Path(place) / "home")
        folder = Path(place) / "large.tlproj"
        make(folder, given.images, given.seed)
        ours(folder)  # the first opening of a day copies the database
        pairs = [(ours(folder), plain(folder)) for _ in range(given.pairs)]
        size = (folder / "project.db").stat().st_size
    report = {
        "seed": given.seed,
        "machine": {"system": platform.platform(), "cpus": os.cpu_count()},
        "versions": {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version},
        "n": given.pairs,
        "images": given.images,
        "bytes": size,
        "open_and_first_grid": summary([mine["all"] for mine, _ in pairs], given.seed),
        "plain_sqlite": summary([theirs for _, theirs in pairs], given.seed),
        "ratio": summary([mine["all"] / theirs for mine, theirs in pairs], given.seed),
        "parts": {
            name: round(statistics.median(mine[name] for mine, _ in pairs), 4)
            for name in pairs[0][0]
        },
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
