"""Rows of a snapshot: an image with the annotations that one task makes of it.

Rows are made light first: a shape is its id, its label and the box around it. `filled` brings
the outlines and pixels, some images at a time, when a snapshot is written or figures are made.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from tlstudio.domain.errors import UserError
from tlstudio.domain.labels import LabelRole
from tlstudio.domain.shapes import rectangle
from tlstudio.domain.tasks import Task
from tlstudio.services._learning_kinds import BOX, IMAGE_LABEL, MASK, POLYGON
from tlstudio.storage import learning_rows, tiles
from tlstudio.storage.connection import Db
from tlstudio.storage.learning_rows import ImageFacts, ShapeFacts

if TYPE_CHECKING:
    from tlstudio.storage.project import Project

Row = dict[str, Any]
Light = dict[str, Any]
Readable = Mapping[str, Any]

_AT_A_TIME = 200


def row_of(image: ImageFacts, annotations: list[Light]) -> Row:
    """The image's row with these annotations; only one made here says so, and from what."""
    made = {"synthetic": True, "content_hash": image.content_hash} if image.synthetic else {}
    return {
        "image": image.id,
        "path": image.path,
        "frame": image.frame,
        "sha256": image.sha256,
        "pixel_hash": image.pixel_hash,
        "near_hash": image.near_hash,
        "width": image.width,
        "height": image.height,
        "mode": image.mode,
        "bit_depth": image.bit_depth,
        "split": image.split,
        "group": image.group,
        "annotations": annotations,
        **made,
    }


def annotations_of(
    task: Task, image: ImageFacts, shapes: Iterable[ShapeFacts], roles: Mapping[int, LabelRole]
) -> tuple[list[Light], int]:
    """(what the task makes of the shapes, how many it had to drop: they have no area within the
    image). Shapes keep their order, lowest first."""
    made: list[Light] = []
    dropped = 0
    if task is Task.CLASSIFICATION:
        labels = {each.label for each in shapes if roles[each.label] is not LabelRole.IGNORE}
        return [{"kind": IMAGE_LABEL, "label": label} for label in sorted(labels)], 0
    for shape in shapes:
        box = clipped(shape, image.width, image.height)
        if box is None:
            dropped += 1
        elif task is Task.DETECTION:
            made += _found_by_boxes(shape, box, roles[shape.label])
        else:
            made.append({"kind": shape.kind, "label": shape.label, "box": box, "id": shape.id})
    return made, dropped


def counts_neither_way(task: Task, shape: ShapeFacts, roles: Mapping[int, LabelRole]) -> bool:
    """Whether a shape only says where not to look: a region to ignore, to a detector a crowd as
    well. It does so whatever kinds of shape the objects have."""
    if task not in (Task.DETECTION, Task.SEGMENTATION) or shape.kind == IMAGE_LABEL:
        return False
    crowd = task is Task.DETECTION and bool(shape.crowd)
    return crowd or roles[shape.label] is LabelRole.IGNORE


def _found_by_boxes(shape: ShapeFacts, box: list[float], role: LabelRole) -> list[Light]:
    """A region to ignore is a crowd: what lies in it is neither found nor missed."""
    if role is LabelRole.BACKGROUND:
        return []
    crowd = bool(shape.crowd) or role is LabelRole.IGNORE
    return [{"kind": BOX, "label": shape.label, "box": box, "crowd": crowd}]


def clipped(shape: ShapeFacts, width: int, height: int) -> list[float] | None:
    """[x, y, w, h] of what lies within the image; None where that is nothing."""
    if shape.x is None or shape.y is None or shape.w is None or shape.h is None:
        return None
    left, top = max(0.0, shape.x), max(0.0, shape.y)
    right = min(float(width), shape.x + shape.w)
    bottom = min(float(height), shape.y + shape.h)
    wide, high = right - left, bottom - top
    return [left, top, wide, high] if wide > 0 and high > 0 else None


def filled(project: Project, rows: Iterable[Readable]) -> Iterator[Row]:
    """The rows as a snapshot holds them: polygons with their parts, masks with their run
    lengths and area. Raises UserError("project.damaged_mask")."""
    return _with_outlines(project, rows, pixels=True)


def measured(project: Project, rows: Iterable[Readable]) -> Iterator[Row]:
    """The same without the run lengths of masks, which take most of the time: what a
    fingerprint needs."""
    return _with_outlines(project, rows, pixels=False)


def _with_outlines(project: Project, rows: Iterable[Readable], *, pixels: bool) -> Iterator[Row]:
    waiting = iter(rows)
    while batch := list(islice(waiting, _AT_A_TIME)):
        if not any("id" in each for row in batch for each in row["annotations"]):
            yield from map(dict, batch)
            continue
        with project.read() as db:
            found = _Outlines(db, batch, pixels=pixels)
        for row in batch:
            yield {**row, "annotations": [found.whole(row, each) for each in row["annotations"]]}


class _Outlines:
    """Outlines and tiles of the shapes of some rows."""

    def __init__(self, db: Db, rows: list[Readable], *, pixels: bool) -> None:
        self._pixels = pixels
        ids: dict[str, list[int]] = {POLYGON: [], MASK: [], BOX: []}
        for row in rows:
            for each in row["annotations"]:
                if "id" in each:
                    ids[each["kind"]].append(each["id"])
        self._parts = learning_rows.parts(db, ids[POLYGON])
        self._tiles = tiles.of_masks(db, map(str, ids[MASK])) if ids[MASK] else {}

    def whole(self, row: Readable, light: Light) -> dict[str, Any]:
        if "id" not in light:
            return light
        if light["kind"] == MASK:
            return self._mask(row, light)
        if light["kind"] == BOX:
            parts: Any = rectangle(*light["box"])
        else:
            parts = json.loads(self._parts[light["id"]])
        return {"kind": POLYGON, "label": light["label"], "parts": parts}

    def _mask(self, row: Readable, light: Light) -> dict[str, Any]:
        from tlstudio.imaging.bitmap import packed_area, packed_border

        stored = self._tiles.get(str(light["id"]), {})
        box = [round(side) for side in light["box"]]
        made = {"kind": MASK, "label": light["label"], "box": box}
        try:
            area = sum(map(packed_area, stored.values()))
            border = sum(map(packed_border, stored.values()))
            if self._pixels:
                made["rle"] = _run_lengths(stored, row["width"], row["height"])
        except UserError as error:
            raise UserError(error.code, file=row["path"]) from error
        return {**made, "area": area, "border": border}


def _run_lengths(stored: Mapping[tuple[int, int], bytes], width: int, height: int) -> str:
    from tlstudio.imaging.bitmap import Bitmap
    from tlstudio.imaging.rle import encode

    return encode(Bitmap.decode(width, height, stored).whole())
