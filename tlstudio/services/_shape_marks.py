"""Shapes as thumbnails show them: the outline of each in at most 12 points."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from tlstudio.domain.errors import UserError
from tlstudio.domain.marks import ShapeMark
from tlstudio.imaging.bitmap import TILE, Bitmap, Place
from tlstudio.storage import marks, tiles

if TYPE_CHECKING:
    from tlstudio.storage.connection import Record
    from tlstudio.storage.project import Project

_log = logging.getLogger(__name__)

MOST_SHAPES = 60
"""Of an image with more, the largest are shown."""

_BANDS = 6
_EVENLY = 8

Points = Sequence[tuple[float, float]]
Tiles = Mapping[Place, bytes]


def marks_of(project: Project, image_ids: Sequence[int]) -> dict[int, list[ShapeMark]]:
    """The marks of each of these images, lowest shape first; an id nobody has gets none."""
    with project.read() as db:
        rows = marks.largest(db, image_ids, MOST_SHAPES)
        masks = [str(row["id"]) for row in rows if row["kind"] == "mask"]
        stored = tiles.of_masks(db, masks) if masks else {}
    found: dict[int, list[ShapeMark]] = {image: [] for image in image_ids}
    for row in rows:
        wide, high = max(1, row["width"]), max(1, row["height"])
        points = tuple((x / wide, y / high) for x, y in _outline(row, stored))
        mark = ShapeMark(row["label_id"], row["kind"], bool(row["suggestion"]), points)
        found[row["image_id"]].append(mark)
    return found


def _outline(row: Record, stored: Mapping[str, Tiles]) -> Points:
    """The shape's outline in pixels of the image."""
    if row["kind"] == "polygon":
        rings = [part[0] for part in json.loads(row["parts"]) if part and part[0]]
        if rings:
            return few_points(max(rings, key=_extent))
    if row["kind"] == "mask":
        area = tuple(int(row[side]) for side in ("x", "y", "w", "h"))
        try:
            spans = _spans(stored.get(str(row["id"]), {}), row["width"], row["height"], *area)
        except UserError as error:
            _log.error("mask %s: %s", row["id"], error)
            spans = []
        if len(spans) > 1:
            return spans
    left, top = row["x"], row["y"]
    right, bottom = left + row["w"], top + row["h"]
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def few_points(ring: Points) -> Points:
    """A ring in at most 12 of its own points: the outermost four, the others evenly spread."""
    if len(ring) <= _EVENLY + 4:
        return ring
    places = range(len(ring))
    kept = {number * len(ring) // _EVENLY for number in range(_EVENLY)}
    for axis in (0, 1):
        kept.add(min(places, key=lambda place: ring[place][axis]))
        kept.add(max(places, key=lambda place: ring[place][axis]))
    return [ring[place] for place in sorted(kept)]


def _extent(ring: Points) -> float:
    xs, ys = [x for x, _ in ring], [y for _, y in ring]
    return (max(xs) - min(xs)) * (max(ys) - min(ys))


def _spans(
    encoded: Tiles, width: int, height: int, x: int, y: int, w: int, h: int
) -> list[tuple[float, float]]:
    """The left and right ends of a mask along six lines across it, as a ring.

    Only tiles on those lines are unpacked. Raises UserError("project.damaged_mask").
    """
    lines = [min(y + h - 1, y + (2 * band + 1) * h // (2 * _BANDS)) for band in range(_BANDS)]
    across = {line // TILE for line in lines}
    needed = {place: data for place, data in encoded.items() if place[1] in across}
    bitmap = Bitmap.decode(width, height, needed)
    ends = []
    for number, line in enumerate(lines):
        on = np.flatnonzero(bitmap.array(x, line, w, 1)[0])
        if on.size:
            at = y if number == 0 else y + h if number == _BANDS - 1 else line + 0.5
            ends.append((float(x + on[0]), float(x + on[-1] + 1), float(at)))
    down = [(right, at) for _left, right, at in ends]
    return [*down, *((left, at) for left, _right, at in reversed(ends))]
