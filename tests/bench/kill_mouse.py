"""The labeller of kill_labelling.py that draws in the window by mouse, and what must be kept.

Boxes, polygons, strokes, erasing, moving, deleting, labels, undo, redo and going from image to
image, by mouse and keys on the Label page. An edit is acknowledged when the window has nothing
left to do; what is logged then is what a person sees on the canvas, not what is stored. After a
kill the project must hold what was seen last, or lie one step of undo or redo beside it where an
edit had begun.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import sys
import tempfile
import zlib
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

IMAGES = (1, 2, 3)
WIDTH, HEIGHT = 640, 480
WHATS = (
    *("box", "polygon", "stroke") * 4,
    *("erase", "move", "move", "delete", "relabel", "next", "previous"),
    *("undo", "undo", "undo", "redo", "redo"),
)
_LONGEST = 20.0
_COUNTS = (
    "SELECT coalesce(sum(undone = 0), 0), coalesce(sum(undone = 1), 0) FROM steps WHERE barrier = 0"
)


@dataclass(frozen=True)
class State:
    """By image what is on it; how many steps undo and redo can go. `beside()`: the states one
    step of undo and one of redo away."""

    images: tuple[str, ...]
    undo: int
    redo: int
    beside: Callable[[], list[State]] = field(default=list, compare=False)


def make(folder: Path) -> None:
    """A project of three grey pictures and three labels."""
    import numpy as np
    from PIL import Image

    from tlstudio.services.datasets import import_source
    from tlstudio.services.projects import create_project

    source = folder.with_suffix(".in")
    source.mkdir()
    for number in IMAGES:
        pixels = np.full((HEIGHT, WIDTH), 60 * number, np.uint8)
        pixels[number] = 0
        Image.fromarray(pixels).save(source / f"{number}.png")
    with create_project(folder, task="detection", labels=["a", "b", "c"]) as project:
        import_source(project, source)


def label(folder: Path, seed: int) -> None:
    """Draw for ever; what is seen after each edit, one line on stdout."""
    if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from tlstudio.ui.app import make_application, make_window

    app = make_application()
    window = make_window(app)
    window.resize(1200, 760)
    window.show()
    window.context.open_project(folder)
    draughtsman = Draughtsman(window, random.Random(seed))
    print(json.dumps("ready"), flush=True)
    while True:
        what = draughtsman.rng.choice(WHATS)
        print(json.dumps([what]), flush=True)
        getattr(draughtsman, what)()
        draughtsman.settle()
        print(json.dumps(["done", *draughtsman.seen()]), flush=True)


class Draughtsman:
    """Mouse and keys on the Label page, and what is seen there."""

    def __init__(self, window: Any, rng: random.Random) -> None:
        self.window, self.rng = window, rng
        self._wait(lambda: window.page("images") is not None)
        window.context.go_to("label")
        self._wait(lambda: window.page("label").canvas.picture is not None)
        self.page = window.page("label")
        self.canvas = self.page.canvas
        self.settle()

    def box(self) -> None:
        self._key("R")
        self._drag(self._spot(), self._spot())

    def polygon(self) -> None:
        self._key("P")
        for _ in range(self.rng.randint(2, 5)):
            self._click(self._spot())
        self._key("Return")
        self._key("Escape")

    def stroke(self) -> None:
        self._key("B")
        self._drag(self._spot(), self._spot())

    def erase(self) -> None:
        self._key("E")
        self._drag(self._spot(), self._spot())

    def move(self) -> None:
        self._key("V")
        start = self._spot()
        self._click(start)
        self._drag(start, self._spot())

    def delete(self) -> None:
        self._key("V")
        self._click(self._spot())
        self._key("Delete")

    def relabel(self) -> None:
        self._key(str(self.rng.randint(1, 3)))

    def next(self) -> None:
        self._key("D")

    def previous(self) -> None:
        self._key("A")

    def undo(self) -> None:
        self.window.context.undo()

    def redo(self) -> None:
        self.window.context.redo()

    def settle(self) -> None:
        """Until the window has nothing left to do."""
        self._wait(
            lambda: (
                not self.window.context.ops.pending
                and not self.page.stage.busy
                and not self.canvas.scene.previews.covering
            )
        )

    def seen(self) -> tuple[int, str, int, int]:
        """The image, what is on it as it is seen, and how far undo and redo reach."""
        rows = [_row_of(shape, self.canvas.scene.bitmap(shape.id)) for shape in
                self.canvas.scene.shapes()]  # fmt: skip
        with self.window.context.project.read() as db:
            undo, redo = db.execute(_COUNTS).fetchone()
        return self.canvas.image_id, _digest(rows), undo, redo

    def _spot(self) -> Any:
        x, y = self.rng.uniform(-10, WIDTH + 10), self.rng.uniform(-10, HEIGHT + 10)
        return self.canvas.view.to_screen(x, y).toPoint()

    def _key(self, name: str) -> None:
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        key = Qt.Key(ord(name)) if len(name) == 1 else getattr(Qt.Key, f"Key_{name}")
        QTest.keyClick(self.canvas, key)
        self._turn()

    def _click(self, spot: Any) -> None:
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        QTest.mouseClick(self.canvas, Qt.MouseButton.LeftButton, pos=spot)
        self._turn()

    def _drag(self, start: Any, end: Any) -> None:
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        QTest.mousePress(self.canvas, Qt.MouseButton.LeftButton, pos=start)
        for part in (0.3, 0.7, 1.0):
            QTest.mouseMove(self.canvas, start + (end - start) * part)
            self._turn()
        QTest.mouseRelease(self.canvas, Qt.MouseButton.LeftButton, pos=end)

    def _wait(self, condition: Callable[[], bool]) -> None:
        import time

        end = time.monotonic() + _LONGEST
        while not condition():
            if time.monotonic() > end:
                raise SystemExit("the window does not come to rest")
            self._turn()

    def _turn(self) -> None:
        from PySide6.QtCore import QEventLoop, QTimer

        loop = QEventLoop()
        QTimer.singleShot(1, loop.quit)
        loop.exec()


def _row_of(shape: Any, bitmap: Any) -> list[Any]:
    kind = type(shape).__name__.lower()
    row: list[Any] = [shape.id, kind, shape.label]
    if kind == "box":
        return [*row, shape.x, shape.y, shape.w, shape.h]
    if kind == "polygon":
        return [*row, shape.parts]
    import numpy as np

    tiles = {
        f"{x},{y}": zlib.crc32(np.packbits(tile).tobytes())
        for (x, y), tile in bitmap.tiles.items()
        if tile.any()
    }
    return [*row, sorted(tiles.items())]


def _digest(rows: list[Any]) -> str:
    return f"{len(rows)} shapes {zlib.crc32(json.dumps(rows).encode()):08x}"


class Model:
    """What was seen last of each image."""

    def __init__(self) -> None:
        self.state = State((_digest([]),) * len(IMAGES), 0, 0)

    def apply(self, _edit: list[Any], seen: list[Any]) -> None:
        image, digest, undo, redo = seen
        images = list(self.state.images)
        images[image - 1] = digest
        self.state = State(tuple(images), undo, redo)

    def further(self, _edit: list[Any], found: State) -> Model:
        """The model after an edit that nobody heard the end of; this one where what was found
        is not one step away."""
        mine = (self.state.images, self.state.undo)
        if all((there.images, there.undo) != mine for there in found.beside()):
            return self
        going_on = Model()
        going_on.state = found
        return going_on


def read(folder: Path) -> State:
    """What is in the database file, with plain SQL; opening it recovers what the kill left."""
    with closing(sqlite3.connect(folder / "project.db")) as database:
        if database.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
            raise SystemExit("the database is damaged")
        images = tuple(_digest(_rows(database, image)) for image in IMAGES)
        undo, redo = database.execute(_COUNTS).fetchone()
    return State(images, undo, redo, lambda: _beside(folder))


def _beside(folder: Path) -> list[State]:
    """The states one undo and one redo away, tried on copies."""
    from tlstudio.services import projects

    found = []
    for step in (projects.undo, projects.redo):
        with tempfile.TemporaryDirectory() as place:
            copy = Path(place) / folder.name
            shutil.copytree(folder, copy)
            with projects.open_project(copy) as project:
                step(project)
            found.append(read(copy))
    return found


def _rows(database: sqlite3.Connection, image: int) -> list[Any]:
    rows: list[Any] = []
    for number, kind, label_id, x, y, w, h, parts in database.execute(
        "SELECT id, kind, label_id, x, y, w, h, parts FROM annotations"
        " WHERE image_id = ? ORDER BY z, id",
        (image,),
    ):
        row: list[Any] = [str(number), kind, label_id]
        if kind == "box":
            rows.append([*row, x, y, w, h])
        elif kind == "polygon":
            rows.append([*row, json.loads(parts)])
        else:
            tiles = {
                f"{column},{line}": zlib.crc32(zlib.decompress(data))
                for column, line, data in database.execute(
                    "SELECT tile_x, tile_y, data FROM mask_tiles WHERE annotation_id = ?",
                    (number,),
                )
            }
            rows.append([*row, sorted(tiles.items())])
    return rows
