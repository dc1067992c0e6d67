"""The labeller of kill_labelling.py that draws, and what its edits mean.

It edits boxes, polygons, mask strokes, labels and states with undo and redo between, through the
same services as the window. What it says on stdout are the numbers of plain_model.Edit, and when
the edit was acknowledged the ids of new shapes.
"""

from __future__ import annotations

import copy
import json
import random
import sqlite3
import sys
import zlib
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))

import plain_model as model

WHATS = (
    *("box", "polygon", "mask", "paint", "move") * 4,
    *("suggest", "reshape", "delete", "relabel", "order", "duplicate", "lock", "accept"),
    *("reject", "say", "clear", "review", "finish", "undo", "undo", "undo", "redo", "redo"),
)


class State(NamedTuple):
    """Everything on the images, tiles as bytes; how many steps undo and redo can go."""

    world: model.World
    undo: int
    redo: int


def make(folder: Path) -> None:
    """A project of three images that have no files."""
    from player import make as made

    made(folder).close()


def label(folder: Path, seed: int) -> None:
    """Edit for ever; after each edit that was acknowledged, one line on stdout."""
    from player import carry_out, read

    from tlstudio.domain.errors import UserError
    from tlstudio.services import projects

    rng = random.Random(seed)
    project = projects.open_project(folder)
    if project.read_only:
        raise SystemExit(f"the lock of the dead labeller is not free: {project.read_only_reason}")
    print(json.dumps("ready"), flush=True)
    while True:
        numbers = [rng.randint(0, most) for most in (7, 85, 40, 20)]
        edit = model.Edit(rng.choice(WHATS), rng.choice(model.IMAGES), *numbers)
        world, ids = read(project), ()
        if not _possible(edit, world):
            continue
        print(json.dumps(edit), flush=True)
        try:
            if edit.what in ("undo", "redo"):
                projects.undo(project) if edit.what == "undo" else projects.redo(project)
            else:
                ids = getattr(carry_out(project, edit, world), "ids", ())
        except UserError:
            ids = ()
        print(json.dumps(["done", *ids]), flush=True)


def _possible(edit: model.Edit, world: model.World) -> bool:
    alone = edit.what in ("undo", "redo") or edit.what in model.NEED_NOTHING
    return alone or bool(world.of(edit.image).shapes)


class Model:
    """What the edits mean, with undo and redo."""

    def __init__(self) -> None:
        self.history = model.History()

    @property
    def state(self) -> State:
        history = self.history
        return State(history.now, history.at, len(history.worlds) - 1 - history.at)

    def apply(self, edit: list[Any], ids: list[str]) -> None:
        """An edit was done; the ids are those of the shapes it made or changed."""
        what = model.Edit(*edit)
        if what.what == "undo":
            self.history.undo()
        elif what.what == "redo":
            self.history.redo()
        else:
            try:
                self.history.step(model.after(self.history.now, what, tuple(ids) or ("",)))
            except model.Refused:
                return

    def further(self, edit: list[Any], found: State) -> Model:
        """The model after an edit that nobody heard the end of; new shapes get the ids found."""
        known = {shape.id for picture in self.state.world.pictures for shape in picture.shapes}
        there = [shape.id for picture in found.world.pictures for shape in picture.shapes]
        going_on = copy.deepcopy(self)
        going_on.apply(edit, [shape for shape in there if shape not in known])
        return going_on


def read(folder: Path) -> State:
    """What is in the database file, with plain SQL; opening it recovers what the kill left."""
    with closing(sqlite3.connect(folder / "project.db")) as database:
        if database.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
            raise SystemExit("the database is damaged")
        pictures = tuple(
            _picture(database, image, state)
            for image, state in database.execute("SELECT id, state FROM images ORDER BY id")
        )
        labels = tuple(row[0] for row in database.execute("SELECT id FROM labels ORDER BY id"))
        undo, redo = database.execute(
            "SELECT coalesce(sum(undone = 0), 0), coalesce(sum(undone = 1), 0)"
            " FROM steps WHERE barrier = 0"
        ).fetchone()
        return State(model.World(pictures, labels), undo, redo)


def _picture(database: sqlite3.Connection, image: int, state: str) -> model.Picture:
    shapes, labels = [], set()
    for number, kind, label, x, y, w, h, parts, attributes, suggestion in database.execute(
        "SELECT id, kind, label_id, x, y, w, h, parts, attributes, suggestion FROM annotations"
        " WHERE image_id = ? ORDER BY z, id",
        (image,),
    ):
        if kind == "image_label":
            labels.add(label)
            continue
        place: Any = (x, y, w, h) if kind == "box" else None
        if kind == "polygon":
            place = tuple(
                tuple(tuple(tuple(point) for point in ring) for ring in part)
                for part in json.loads(parts)
            )
        pixels = _pixels(database, number) if kind == "mask" else frozenset()
        locked = bool(json.loads(attributes).get("locked"))
        shapes.append(
            model.Shape(str(number), kind, label, place, pixels, bool(suggestion), locked)
        )
    return model.Picture(state, frozenset(labels), tuple(shapes))


def _pixels(database: sqlite3.Connection, mask: int) -> model.Pixels:
    """The pixels of a mask; an error where its tiles are not byte for byte those of the model."""
    tiles = {
        (column, row): data
        for column, row, data in database.execute(
            "SELECT tile_x, tile_y, data FROM mask_tiles WHERE annotation_id = ?", (mask,)
        )
    }
    found: set[tuple[int, int]] = set()
    for (column, row), data in tiles.items():
        bits = np.unpackbits(np.frombuffer(zlib.decompress(data), np.uint8))
        for y, x in np.argwhere(bits.reshape(model.TILE, model.TILE)).tolist():
            found.add((column * model.TILE + x, row * model.TILE + y))
    if model.tiles(frozenset(found)) != tiles:
        raise SystemExit(f"the tiles of mask {mask} are damaged")
    return frozenset(found)
