"""Edits of the plain model carried out by the program, and what is stored read back.

Used by undo_sequences.py and kill_shapes.py.
"""

from __future__ import annotations

import sys
import zlib
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import plain_model as model

from tlstudio.domain.annotations import (
    AnnotationSource,
    Box,
    ImageLabel,
    Polygon,
    Provenance,
)
from tlstudio.domain.errors import UserError
from tlstudio.domain.images import SourceFacts
from tlstudio.services import labelling, projects, reviewing, shaping, workbench
from tlstudio.storage import annotations, images, tiles
from tlstudio.storage.connection import Db
from tlstudio.storage.project import Project


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
    return project


def quick(project: Project) -> Project:
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
        self.project = quick(projects.open_project(folder))
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
                case ImageLabel():
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
