"""Random edits, undo and redo against a plain model of what they mean.

    python tests/bench/undo_sequences.py [--sequences 1000] [--seed 0]

Hypothesis draws sequences of edits of shapes, labels and states over three images, mixed with
undo, redo, moving on and closing and opening the project again. After each sequence everything
stored (annotations, tile bytes, states) must be as the model says; then all of it is undone, and
the project must be as it was at first. Prints JSON; exit status 1, with the shortest sequence
that Hypothesis finds, where the two differ.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
import sys
import tempfile
import time
import zlib
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(ROOT))

import plain_model as model  # noqa: E402

from tlstudio.domain.annotations import Box, Polygon  # noqa: E402
from tlstudio.domain.errors import UserError  # noqa: E402
from tlstudio.domain.images import SourceFacts  # noqa: E402
from tlstudio.services import labelling, projects, reviewing, shaping, workbench  # noqa: E402
from tlstudio.storage import annotations, images, tiles  # noqa: E402
from tlstudio.storage.connection import Db  # noqa: E402
from tlstudio.storage.project import Project  # noqa: E402

_TIMES = ("undo",) * 6 + ("redo",) * 3 + ("leave",) * 2 + ("reopen",)
_MORE = ("box", "mask", "polygon", "paint", "move", "order", "split", "join", "subtract") * 2

edits = st.builds(
    model.Edit,
    what=st.sampled_from((*model.WHATS, *_MORE, *_TIMES)),
    image=st.sampled_from((1, 1, 1, 2, 2, 3)),
    which=st.integers(0, 7),
    a=st.integers(0, 85),
    b=st.integers(0, 40),
    c=st.integers(0, 20),
)


def make(folder: Path) -> Project:
    """A project of three images and three labels."""
    project = projects.create_project(folder, labels=["a", "b", "c"])
    names = [f"{number:064x}" for number in model.IMAGES]
    files = [
        images.NewSource(
            f"images/{n}.png",
            False,
            SourceFacts(1, 1, n, model.WIDTH, model.HEIGHT, "L", 8, n, "0" * 16),
        )
        for n in names
    ]
    project.transact("undo.import", lambda db: images.add_sources(db, files), undoable=False)
    return _quick(project)


def _quick(project: Project) -> Project:
    """Without waiting for the disk: lasting through power cuts is another test."""
    assert project._writer is not None
    project._writer.execute("PRAGMA synchronous=OFF")
    return project


class Player:
    """Plays edits on a project and on the model; `check` compares the two."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.history = model.History()

    def play(self, edit: model.Edit) -> None:
        """Carry out one edit; AssertionError where the program answers otherwise."""
        history = self.history
        if edit.what == "undo":
            assert (projects.undo(self.project) is not None) == history.undo()
        elif edit.what == "redo":
            assert (projects.redo(self.project) is not None) == history.redo()
        elif edit.what == "leave":
            left = reviewing.leave_image(self.project, edit.image)
            assert (left is not None) == history.leave(edit.image)
        elif edit.what == "reopen":
            self.reopen()
        elif edit.what in model.NEED_NOTHING or history.now.of(edit.image).shapes:
            self._edit(edit)

    def _edit(self, edit: model.Edit) -> None:
        before, ids, code = self.history.now, ("",), ""
        try:
            answer = carry_out(self.project, edit, before)
            ids = getattr(answer, "ids", ids) or ids
        except UserError as error:
            code = error.code
        try:
            after = model.after(before, edit, ids)
            wanted = ""
        except model.Refused as refused:
            after, wanted = before, str(refused)
        except model.Found:
            after, wanted = before, code
            if not code:
                changed = read(self.project).of(edit.image)
                after = before.put(edit.image, changed)
        assert code == wanted, (edit, code, wanted)
        self.history.step(after)

    def reopen(self) -> None:
        folder = self.project.folder
        self.project.close()
        self.project = _quick(projects.open_project(folder))
        self.check()

    def check(self) -> None:
        """Everything stored is as the model says, down to the bytes of each tile."""
        found = read(self.project)
        assert found == self.history.now, f"found {found}\nwanted {self.history.now}"
        with self.project.read() as db:
            for image in model.IMAGES:
                for shape in found.of(image).shapes:
                    assert tiles.tiles(db, shape.id) == _tiles(shape.pixels), shape.id

    def back_to_the_start(self) -> None:
        """Undo all; the project is as it was. Then nothing of it can be redone."""
        while projects.undo(self.project) is not None:
            assert self.history.undo()
        assert not self.history.undo()
        self.check()
        self.project.transact("undo.import", _barrier, undoable=False)
        self.history = model.History()


def _barrier(db: Db) -> None:
    images.set_tags(db, [1], add=["used"])
    images.set_tags(db, [1], remove=["used"])


def carry_out(project: Project, edit: model.Edit, world: model.World) -> Any:
    """Call the service for the edit; what it answers."""
    image, label = edit.image, model.label_of(edit)
    ids = [shape.id for shape in model.pair(world, edit)] if world.of(image).shapes else [""]
    one = ids[:1]
    x, y, w, h = model.given_box(edit)
    box = Box(id=one[0], image=image, label=label, x=x, y=y, w=w, h=h)
    match edit.what:
        case "box":
            return shaping.add_shapes(project, image, [box])
        case "suggest":
            return shaping.add_shapes(project, image, [suggested(box)])
        case "polygon":
            ring = model.given_points(edit)
            drawn = Polygon(id="", image=image, label=label, parts=((ring,),))
            return shaping.add_shapes(project, image, [drawn])
        case "mask" | "paint":
            return stroke(project, edit, None if edit.what == "mask" else one[0])
        case "move":
            return shaping.move_shapes(project, image, one, *model.given_way(edit))
        case "duplicate":
            return shaping.duplicate_shapes(project, image, one, *model.given_way(edit))
        case "reshape":
            return shaping.change_shapes(project, image, [box])
        case "delete":
            return shaping.delete_shapes(project, image, one)
        case "relabel":
            return shaping.relabel_shapes(project, image, one, label)
        case "order":
            return shaping.order_shapes(project, image, one, model.way_of(edit))
        case "convert":
            return shaping.convert_shapes(project, image, one, model.kind_of(edit))
        case "join":
            return shaping.join_shapes(project, image, ids)
        case "subtract":
            return shaping.subtract_shapes(project, image, ids)
        case "split":
            return shaping.split_shapes(project, image, one)
        case "cut":
            line = [(edit.a * 7.0, -1.0), (edit.a * 7.0 + edit.c, 41.0)]
            return shaping.split_shapes(project, image, one, line)
        case "paste":
            clip = shaping.copy_shapes(project, image, one)
            return shaping.paste_shapes(project, model.target(edit), clip)
        case "lock":
            return shaping.set_locked(project, image, one, bool(edit.a % 2))
        case "accept":
            return shaping.accept_shapes(project, image, one)
        case "reject":
            return shaping.reject_shapes(project, image, one)
    return _of_the_whole(project, edit)


def _of_the_whole(project: Project, edit: model.Edit) -> Any:
    match edit.what:
        case "say":
            return labelling.assign_label(project, [edit.image], model.label_of(edit))
        case "clear":
            return labelling.assign_label(project, [edit.image], None)
        case "review":
            return reviewing.set_review(project, [edit.image], model.STATES[edit.a % 5])
        case "finish":
            return reviewing.finish_image(project, edit.image)
        case "forget_label":
            return labelling.delete_labels(project, [model.LABELS[-1]])
    raise ValueError(edit.what)


def suggested(box: Box) -> Box:
    from dataclasses import replace

    from tlstudio.domain.annotations import AnnotationSource, Provenance

    made = Provenance(AnnotationSource.MODEL, run="r0001", confidence=0.5, suggestion=True)
    return replace(box, provenance=made)


def stroke(project: Project, edit: model.Edit, mask: str | None) -> Any:
    """Paint as the brush does: on the whole mask as it is, telling the tiles that changed."""
    bitmap = shaping.Bitmap(model.WIDTH, model.HEIGHT)
    if mask is not None:
        bitmap = workbench.read_shapes(project, edit.image, [mask])[1].get(mask, bitmap)
    x, y, radius = model.given_stamp(edit)
    on = mask is None or bool(edit.which % 2)
    _, places = bitmap.stamp(x, y, x, y, radius, on)
    return shaping.paint_mask(project, edit.image, mask, model.label_of(edit), bitmap, places)


def read(project: Project) -> model.World:
    """What is stored, as the model says it."""
    with project.read() as db:
        held = annotations.of_images(db, suggestions=None)
        states = [row.state.value for row in images.rows(db, model.IMAGES)]
        pixels = {
            item.id: _pixels(tuple(sorted(tiles.tiles(db, item.id).items())))
            for items in held.values()
            for item in items
            if not isinstance(item, Box | Polygon)
        }
    pictures = []
    for image, state in zip(model.IMAGES, states, strict=True):
        shapes, labels = [], set()
        for item in held.get(image, ()):
            common = {
                "id": item.id,
                "label": item.label,
                "suggestion": item.provenance.suggestion,
                "locked": bool(item.attributes.get("locked")),
            }
            match item:
                case Box():
                    place = (item.x, item.y, item.w, item.h)
                    shapes.append(model.Shape(kind="box", place=place, **common))
                case Polygon():
                    shapes.append(model.Shape(kind="polygon", place=item.parts, **common))
                case annotations.ImageLabel():
                    labels.add(item.label)
                case _:
                    shape = model.Shape(kind="mask", pixels=pixels[item.id], **common)
                    assert (item.x, item.y, item.w, item.h) == model.around(shape)
                    shapes.append(shape)
        pictures.append(model.Picture(state, frozenset(labels), tuple(shapes)))
    known = tuple(label.id for label in labelling.list_labels(project))
    return model.World(tuple(pictures), known)


@lru_cache(4096)
def _pixels(stored: tuple[tuple[tuple[int, int], bytes], ...]) -> model.Pixels:
    found: set[tuple[int, int]] = set()
    for (column, row), data in stored:
        bits = np.unpackbits(np.frombuffer(zlib.decompress(data), np.uint8))
        for y, x in np.argwhere(bits.reshape(model.TILE, model.TILE)).tolist():
            found.add((column * model.TILE + x, row * model.TILE + y))
    return frozenset(found)


_tiles = lru_cache(4096)(model.tiles)


class Run:
    """One project for many sequences."""

    def __init__(self, folder: Path) -> None:
        self.player = Player(make(folder))
        self.sequences = self.played = 0

    def sequence(self, sequence: list[model.Edit]) -> None:
        """Play one sequence and go back to the start, whatever comes of it."""
        try:
            for edit in sequence:
                self.player.play(edit)
                self.played += 1
            self.player.check()
            self.player.back_to_the_start()
            self.sequences += 1
        except BaseException:
            self._afresh()
            raise

    def _afresh(self) -> None:
        """A new project in the place of one that went wrong."""
        folder = self.player.project.folder
        self.player.project.close()
        self.player = Player(make(folder.with_name(f"{folder.stem}x.tlproj")))

    def close(self) -> None:
        self.player.project.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--sequences", type=int, default=1000)
    parser.add_argument("--longest", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as place:
        os.environ["TLSTUDIO_HOME"] = str(Path(place) / "home")
        run = Run(Path(place) / "p.tlproj")

        @seed(asked.seed)
        @settings(
            max_examples=asked.sequences,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(st.lists(edits, min_size=min(12, asked.longest), max_size=asked.longest))
        def all_of_them(sequence: list[model.Edit]) -> None:
            run.sequence(sequence)

        failed = ""
        try:
            all_of_them()
        except BaseException as error:
            failed = f"{type(error).__name__}: {error}"
            raise
        finally:
            run.close()
            report = {
                "seed": asked.seed,
                "machine": {"system": platform.platform(), "cpus": os.cpu_count()},
                "versions": {
                    "python": platform.python_version(),
                    "sqlite": sqlite3.sqlite_version,
                },
                "n": run.sequences,
                "edits": run.played,
                "seconds": round(time.perf_counter() - start, 1),
                "failed": failed,
            }
            print(json.dumps(report))
    return 0


if __name__ == "__main__":
    sys.exit(main())
