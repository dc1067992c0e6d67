"""Write the golden database of the present version, once, when that version is released.

    python tests/migrations/make_golden.py

The file vN.sql is the whole database as SQL text. It is never made again for a version that
is out: the tests open it with every later program.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path

HERE = Path(__file__).resolve().parent


def dump(database: Path) -> str:
    """The database as SQL text, its two identifying numbers included."""
    with closing(sqlite3.connect(database)) as connection:
        numbers = [
            f"PRAGMA {name}={connection.execute(f'PRAGMA {name}').fetchone()[0]};"
            for name in ("application_id", "user_version")
        ]
        return "\n".join([*connection.iterdump(), *numbers]) + "\n"


def load(script: str, database: Path) -> None:
    """A database from such a text."""
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(script)


def fill(folder: Path) -> None:
    """A project with something in every table."""
    from tlstudio.domain.annotations import Box, Mask, Polygon
    from tlstudio.domain.images import (
        FrameFacts,
        ImageQuery,
        ImageState,
        Skipped,
        SourceFacts,
        Split,
    )
    from tlstudio.domain.runs import Best, Ended, RunState
    from tlstudio.domain.style_history import StylingEntry, StylingKind
    from tlstudio.services import filters, labelling, projects, reviewing
    from tlstudio.storage import annotations, images, imports, runs, snapshots, stylings, tiles
    from tlstudio.storage.connection import Db

    def bring_in(db: Db) -> None:
        for number in range(1, 7):
            text = f"{number:064x}"
            facts = SourceFacts(99, 7, text, 640, 480, "RGB", 8, text, text[-16:], 6, "JPEG")
            images.add_source(db, f"images/Größe {number}.jpg", number == 6, facts, f"{number}.jpg")
        slices = tuple(
            FrameFacts(64, 48, "I", 12, f"{n:064x}", f"{n:016x}", 1, n, f"{n + 1}", 2.5 * n)
            for n in (1, 3)
        )
        scan = SourceFacts(
            99, 7, "5c" * 32, 64, 48, "I", 12, "a" * 64, "a" * 16, 1, "DICOM", 4, slices, "1", 0.0,
            "patient 0123456789ab", "5e" * 16, {"modality": "CT", "overlays": 1}, "0f" * 32,
        )  # fmt: skip
        images.add_source(db, "images/scan.dcm", False, scan, "scan.dcm")
        images.set_missing(db, [6], True)
        images.set_groups(db, {1: "patient 1", 2: "patient 1", 3: "patient 2"})
        number = imports.record_import(db, "/from", "folder", {"images": 6})
        imports.record_skipped(
            db, [Skipped("bad.jpg", "data.empty", {"size": 0})], import_id=number
        )

    def draw(db: Db) -> None:
        ring = ((0.1, 0.2), (10.5, 0.3), (5.25, 9.125))
        hole = ((2.0, 1.0), (3.0, 1.0), (2.5, 2.0))
        mask = Mask(id="", image=3, label=2, x=0, y=0, w=600, h=20, z=1, attributes={"a": 1})
        *_, last = annotations.add(
            db,
            [
                Box(id="", image=3, label=1, x=1 / 3, y=2.5, w=3.25, h=4.125, crowd=True),
                Polygon(id="", image=3, label=2, parts=((ring, hole), (ring,)), group="track 1"),
                mask,
            ],
        )
        tiles.put_tiles(db, last, {(0, 0): b"\x00\x01\xff", (1, 0): b"x"})

    def train(db: Db) -> None:
        run = runs.add_run(db, task="classification", model="resnet18", recipe={"epochs": 3})
        runs.update_run(db, run.id, state=RunState.RUNNING)
        best = Best(2, "accuracy", 0.875)
        runs.update_run(
            db, run.id, state="done", ended=Ended.EARLY, best=best, metrics={"accuracy": 0.875}
        )
        snapshots.record_snapshot(db, "ab" * 32, "classification", 3)
        db.insert("drafts", {"image_id": 4, "tool": "polygon", "data": "[]", "updated_at": db.now})

    def style(db: Db) -> None:
        facts = SourceFacts(99, 7, "7" * 64, 32, 24, "RGB", 8, "7" * 64, "7" * 16, 1, "PNG")
        file = images.NewSource("images/made.png", False, facts, "", "made", True, f"{2:064x}")
        made = images.add_sources(db, [file])[0]
        images.set_split(db, [made], Split.TRAIN)
        images.set_group(db, [made], "patient 1")
        source = {"path": "/styles/Größe.png", "frame": 0, "weight": 2.5, "region": None}
        entry = StylingEntry(
            0, StylingKind.OPTIMISED, "images/Größe 2.jpg", 2, 0, (source,), {"steps": 40},
            "styles/0001.png", 32, 24, 40, 2.25, {"style": 0.1, "total": 1 / 3}, made,
        )  # fmt: skip
        stylings.add(db, entry)

    projects.set_setting("author", "ada")
    with projects.create_project(folder, labels=["round", "bars", "odd"], name="Golden") as made:
        made.transact("undo.import", bring_in, undoable=False)
        made.transact("undo.train", train, undoable=False)
        labelling.assign_label(made, [1, 2], 1)
        labelling.assign_label(made, [4], 2)
        labelling.set_split(made, [1], Split.TEST)
        labelling.set_tags(made, [1, 2], add=["blurred"])
        labelling.set_state(made, [5], ImageState.LABELLED)
        made.transact("undo.draw", draw)
        made.transact("undo.add_styled", style)
        made.transact(
            "undo.pairs",
            lambda db: db.insert(
                "style_pairs", {"content_image": 1, "style_image": 2, "created_at": db.now}
            ),
        )
        reviewing.add_comment(made, 2, "Größer als sonst?")
        reviewing.assign(made, [1, 2], "grace")
        reviewing.set_spacing(made, [3], 0.25, None)
        filters.save_filter(made, "blurred", ImageQuery(tags=frozenset({"blurred"}), sort="name"))
        labelling.delete_labels(made, [3])
        projects.undo(made)


def main() -> None:
    sys.path.insert(0, str(HERE.parents[1]))
    from tlstudio.storage import schema

    target = HERE / f"v{schema.VERSION}.sql"
    if target.exists():
        raise SystemExit(f"{target.name} is there already; a released version never changes")
    with tempfile.TemporaryDirectory() as place:
        os.environ["TLSTUDIO_HOME"] = place
        folder = Path(place) / "golden.tlproj"
        fill(folder)
        target.write_text(dump(folder / "project.db"), encoding="utf-8")


if __name__ == "__main__":
    main()
