"""The shapes of one image as arrays: what 10,000 shapes need to be found and drawn quickly.

Each shape has a slot. Its outline is a range of `vertices`, cut into rings; outer rings turn one
way and holes the other, so that filling by winding leaves holes open. A mask has no vertices.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlstudio.domain.annotations import Annotation, Box, ImageLabel, Mask, Polygon

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Rings = list[Sequence[tuple[float, float]]]

BOX, POLYGON, MASK = 0, 1, 2
_ROOM = 64


class Packed:
    """Arrays by slot. `order` lists the living slots from the lowest to the topmost shape.

    `marked`: a lock or a confidence goes with the shape. A slot is never used again within a
    `generation`, which ends when all shapes are loaded anew.
    """

    def __init__(self) -> None:
        self.generation = 0
        self.slots: dict[str, int] = {}
        self.ids: list[str] = []
        self.bounds: Floats = np.zeros((0, 4))
        self.kind: Ints = np.zeros(0, np.int64)
        self.label: Ints = np.zeros(0, np.int64)
        self.z: Ints = np.zeros(0, np.int64)
        self.number: Ints = np.zeros(0, np.int64)
        self.alive: NDArray[np.bool_] = np.zeros(0, np.bool_)
        self.suggestion: NDArray[np.bool_] = np.zeros(0, np.bool_)
        self.marked: NDArray[np.bool_] = np.zeros(0, np.bool_)
        self.start: Ints = np.zeros(0, np.int64)
        self.count: Ints = np.zeros(0, np.int64)
        self.ring_start: Ints = np.zeros(0, np.int64)
        self.ring_count: Ints = np.zeros(0, np.int64)
        self.vertices: Floats = np.zeros((0, 2))
        self.rings: Ints = np.zeros(0, np.int64)
        self._vertices_used = 0
        self._rings_used = 0
        self._order: Ints | None = None

    def load(self, shapes: Iterable[Annotation]) -> None:
        """Forget everything and hold `shapes` (labels of the whole image have no outline)."""
        generation = self.generation + 1
        Packed.__init__(self)
        self.generation = generation
        self.add([s for s in shapes if not isinstance(s, ImageLabel)])

    def add(self, shapes: Sequence[Annotation]) -> None:
        """Append `shapes`; their ids must be new."""
        if not shapes:
            return
        first, fresh = len(self.ids), len(shapes)
        rings = [rings_of(shape) for shape in shapes]
        lengths = np.fromiter((len(r) for r in chain.from_iterable(rings)), np.int64)
        ring_counts = np.fromiter((len(r) for r in rings), np.int64, fresh)
        points = _points(chain.from_iterable(rings), int(lengths.sum()))
        holes = np.fromiter(chain.from_iterable(_holes(s) for s in shapes), np.bool_)
        turn_rings(points, lengths, holes)
        vertex_counts = _sums(lengths, ring_counts)
        self._grow(first + fresh, len(points), len(lengths))
        rows = slice(first, first + fresh)
        self.kind[rows] = [_kind(shape) for shape in shapes]
        self.label[rows] = [shape.label for shape in shapes]
        self.z[rows] = [shape.z for shape in shapes]
        self.number[rows] = [_number(shape, first + i) for i, shape in enumerate(shapes)]
        self.alive[rows] = True
        self.suggestion[rows] = [shape.provenance.suggestion for shape in shapes]
        self.marked[rows] = [_marked(shape) for shape in shapes]
        self.count[rows], self.ring_count[rows] = vertex_counts, ring_counts
        self.start[rows] = self._vertices_used + _starts(vertex_counts)
        self.ring_start[rows] = self._rings_used + _starts(ring_counts)
        self.bounds[rows] = _bounds(shapes, points, vertex_counts)
        self.vertices[self._vertices_used : self._vertices_used + len(points)] = points
        self.rings[self._rings_used : self._rings_used + len(lengths)] = lengths
        self._vertices_used += len(points)
        self._rings_used += len(lengths)
        for offset, shape in enumerate(shapes):
            self.slots[shape.id] = first + offset
            self.ids.append(shape.id)
        self._order = None

    def drop(self, ids: Iterable[str]) -> None:
        """Forget shapes; unknown ids are passed over."""
        for key in ids:
            slot = self.slots.pop(key, None)
            if slot is not None:
                self.alive[slot] = False
                self._order = None

    @property
    def wasteful(self) -> bool:
        """More than half of the slots are dead: load anew."""
        return len(self.ids) > 2 * len(self.slots) + 1024

    @property
    def size(self) -> int:
        """Slots, dead ones included."""
        return len(self.ids)

    @property
    def order(self) -> Ints:
        if self._order is None:
            slots = np.flatnonzero(self.alive[: self.size])
            self._order = slots[np.lexsort((self.number[slots], self.z[slots]))]
        return self._order

    def outline(self, slot: int) -> list[Floats]:
        """The rings of one shape, each float64 [n, 2]; views, not copies."""
        start = int(self.start[slot])
        first = int(self.ring_start[slot])
        lengths = self.rings[first : first + int(self.ring_count[slot])]
        ends = start + np.cumsum(lengths)
        return [
            self.vertices[e - n : e] for e, n in zip(ends.tolist(), lengths.tolist(), strict=True)
        ]

    def touching(self, rect: tuple[float, float, float, float], among: Ints) -> Ints:
        """Those slots of `among`, in their order, whose bounds touch `rect` (x, y, w, h)."""
        x, y, w, h = rect
        b = self.bounds[among]
        meets = (b[:, 0] <= x + w) & (b[:, 2] >= x) & (b[:, 1] <= y + h) & (b[:, 3] >= y)
        return among[meets]

    def meeting(self, rects: Sequence[tuple[float, float, float, float]], among: Ints) -> Ints:
        """Those slots of `among`, in their order, whose bounds touch any of `rects`."""
        if len(rects) == 1:
            return self.touching(rects[0], among)
        found = [self.touching(rect, among) for rect in rects]
        return among[np.isin(among, np.concatenate(found))] if found else among[:0]

    def _grow(self, slots: int, vertices: int, rings: int) -> None:
        if slots > len(self.alive):
            room = slots + slots // 2 + _ROOM
            for name in _BY_SLOT:
                setattr(self, name, _enlarged(getattr(self, name), room))
        if self._vertices_used + vertices > len(self.vertices):
            need = self._vertices_used + vertices
            self.vertices = _enlarged(self.vertices, need + need // 2 + _ROOM)
        if self._rings_used + rings > len(self.rings):
            need = self._rings_used + rings
            self.rings = _enlarged(self.rings, need + need // 2 + _ROOM)


_BY_SLOT = (
    "bounds", "kind", "label", "z", "number", "alive", "suggestion", "marked", "start", "count",
    "ring_start", "ring_count",
)  # fmt: skip


def _number(shape: Annotation, slot: int) -> int:
    """What decides between shapes of one height, as it does in the store: the older is lower."""
    return int(shape.id) if shape.id.isdecimal() else slot


def rings_of(shape: Annotation) -> Rings:
    """The closed rings of a shape's outline; none for masks and image labels."""
    if isinstance(shape, Box):
        x0, y0, x1, y1 = shape.x, shape.y, shape.x + shape.w, shape.y + shape.h
        return [((x0, y0), (x1, y0), (x1, y1), (x0, y1))]
    if isinstance(shape, Polygon):
        return [ring for part in shape.parts for ring in part if ring]
    return []


def bounds_of(shape: Annotation) -> tuple[float, float, float, float]:
    """(x, y, w, h) of a shape in image pixels; all 0 for a label of the whole image."""
    if isinstance(shape, Box | Mask):
        return float(shape.x), float(shape.y), float(shape.w), float(shape.h)
    points = list(chain.from_iterable(rings_of(shape)))
    if not points:
        return 0.0, 0.0, 0.0, 0.0
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    return min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)


def outline_of(shape: Annotation) -> tuple[Floats, Ints]:
    """The outline of one shape: its vertices [n, 2] and how many each ring has."""
    rings = rings_of(shape)
    lengths = np.array([len(ring) for ring in rings], np.int64)
    points = _points(rings, int(lengths.sum()))
    turn_rings(points, lengths, np.fromiter(_holes(shape), np.bool_))
    return points, lengths


def turn_rings(points: Floats, lengths: Ints, holes: NDArray[np.bool_]) -> None:
    """Turn rings in place: outer ones to a positive area (y down), holes to a negative one."""
    if not len(lengths) or not len(points):
        return
    starts = _starts(lengths)
    following = np.arange(1, len(points) + 1)
    full = lengths > 0
    following[(starts + lengths - 1)[full]] = starts[full]
    cross = points[:, 0] * points[following, 1] - points[following, 0] * points[:, 1]
    positive = _sums(cross, lengths) >= 0
    for ring in np.flatnonzero(full & (positive == holes)):
        rows = slice(starts[ring], starts[ring] + lengths[ring])
        points[rows] = points[rows][::-1].copy()


def _points(rings: Iterable[Sequence[tuple[float, float]]], count: int) -> Floats:
    flat = chain.from_iterable(chain.from_iterable(rings))
    return np.fromiter(flat, np.float64, 2 * count).reshape(count, 2)


def _holes(shape: Annotation) -> Iterable[bool]:
    if isinstance(shape, Box):
        return (False,)
    if isinstance(shape, Polygon):
        return (place > 0 for part in shape.parts for place, ring in enumerate(part) if ring)
    return ()


def _marked(shape: Annotation) -> bool:
    """Something is written or drawn beside the outline: a lock, or how sure a model was."""
    made = shape.provenance
    return bool(shape.attributes.get("locked")) or (made.suggestion and made.confidence is not None)


def _kind(shape: Annotation) -> int:
    if isinstance(shape, Box):
        return BOX
    return MASK if isinstance(shape, Mask) else POLYGON


def _bounds(shapes: Sequence[Annotation], points: Floats, counts: Ints) -> Floats:
    """[n, 4]: x0, y0, x1, y1."""
    bounds = np.zeros((len(shapes), 4))
    drawn = np.flatnonzero(counts > 0)
    if len(drawn):
        starts = _starts(counts)[drawn]
        bounds[drawn, :2] = np.minimum.reduceat(points, starts, axis=0)
        bounds[drawn, 2:] = np.maximum.reduceat(points, starts, axis=0)
    for place in np.flatnonzero(counts == 0).tolist():
        x, y, w, h = bounds_of(shapes[place])
        bounds[place] = (x, y, x + w, y + h)
    return bounds


def _starts(counts: Ints) -> Ints:
    return np.concatenate((np.zeros(1, np.int64), np.cumsum(counts)[:-1]))[: len(counts)]


def _sums(values: NDArray[Any], counts: Ints) -> NDArray[Any]:
    """Sum of each run of `counts` values; 0 for an empty run."""
    total = np.concatenate((np.zeros(1, values.dtype), np.cumsum(values)))
    ends = np.cumsum(counts)
    sums: NDArray[Any] = total[ends] - total[ends - counts]
    return sums


def _enlarged(array: NDArray[Any], room: int) -> NDArray[Any]:
    larger = np.zeros((room, *array.shape[1:]), array.dtype)
    larger[: len(array)] = array
    return larger
