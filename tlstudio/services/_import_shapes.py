"""What a file says of one image, made ready for the database: cut to the image, counted.

Pure but for the counting; nothing is read and nothing stored.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tlstudio.domain.annotations import Box, Polygon
from tlstudio.domain.errors import UserError
from tlstudio.domain.images import Skipped
from tlstudio.domain.notices import Notice
from tlstudio.domain.shapes import (
    LEAST_AREA,
    LEAST_SIDE,
    Bounds,
    Parts,
    clamp_box,
    clamp_polygon,
    overlap,
    parts_bounds,
    ring_area,
    ring_reason,
)
from tlstudio.formats.annotation_set import IMPORT_ID, ReadImage, ReadShape
from tlstudio.formats.upright import uprighted
from tlstudio.storage.imported import ShapeRow, as_json, lawful
from tlstudio.storage.labels import clean_name

_SLACK = 0.01
"""Pixels by which rounding in a file may make a box of one pixel smaller."""

_MOVED = 0.5
"""A shape that reaches out of its image by less than this, in pixels, was only rounded."""

OF_SHAPES = frozenset(
    {
        "data.shape_unlabelled", "data.shape_label", "data.shape_unknown", "data.shape_negative",
        "data.shape_small", "data.shape_outside", "data.shape_not_finite",
        "data.shape_few_points", "data.shape_empty", "data.mask_size",
    }
)  # fmt: skip
"""Reasons for leaving out shapes of an image that itself came in."""


class Unfit(Exception):
    """A shape that cannot come in, and why: a code of OF_SHAPES."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


LabelMap = Mapping[str, str | None]


@dataclass(slots=True)
class Tally:
    """What was found over all images. `kinds` and `labels` count what comes in, suggestions
    apart; `found` counts labels by their names in the file. `reasons` has one line for each
    image and reason."""

    kinds: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    reasons: list[Skipped] = field(default_factory=list)
    suggestions: int = 0

    def notices(self) -> list[Notice]:
        return [Notice(code, {"count": n}) for code, n in sorted(self.notes.items()) if n]


@dataclass(frozen=True, slots=True)
class Place:
    """The image that shapes go to: its name for a person, canonical size and orientation."""

    name: str
    width: int
    height: int
    orientation: int = 1


class Preparer:
    """Makes rows of shapes. `origin` tells the files of one import from those of another;
    `label_map` gives another name to a label, or None to leave it out.

    The label of a row is its place in `names`, which are those of the project: first what the
    file lists, in its order, then what its shapes name besides.
    """

    def __init__(self, origin: str, label_map: LabelMap, listed: Iterable[str] = ()) -> None:
        self.origin, self._map = origin, label_map
        self.tally = Tally()
        self.names: list[str] = []
        self._places: dict[str, int] = {}
        for label in listed:
            with contextlib.suppress(UserError):
                name = mapped(label, label_map)
                if name:
                    self.place_of(name)

    def place_of(self, name: str) -> int:
        """Where a label's name stands in `names`; it is added if it is new."""
        if name not in self._places:
            self._places[name] = len(self.names)
            self.names.append(name)
        return self._places[name]

    def rows(self, read: ReadImage, place: Place) -> list[ShapeRow]:
        """The shapes of `read` that can be stored, in their order; each once."""
        notes, reasons = self.tally.notes, Counter[str]()
        read, turned = uprighted(read, place.width, place.height, place.orientation)
        notes["data.images_turned"] += turned
        if self._unlike(read, place):
            notes["data.images_resized"] += 1
        made: dict[str, ShapeRow] = {}
        for shape in read.shapes:
            self.tally.found[shape.label] += 1
            try:
                label = self._label(shape)
                if label is None:
                    notes["data.labels_left_out"] += 1
                    continue
                key, row = self._row(shape, label, place)
            except Unfit as error:
                reasons[error.code] += 1
                continue
            if key in made:
                notes["data.shapes_doubled"] += 1
                continue
            made[key] = row
            self._count(shape, label)
        for code, count in reasons.items():
            facts: dict[str, object] = {"count": count}
            self.tally.reasons.append(Skipped(place.name, code, facts))
        notes["data.not_trainable"] += sum(
            len(v) if isinstance(v, list | tuple) else 1 for v in read.extras.values()
        )
        return list(made.values())

    def _unlike(self, read: ReadImage, place: Place) -> bool:
        """Whether the file tells another size for the image than it has."""
        if not read.width or not read.height or not read.shapes:
            return False
        return (read.width, read.height) != (place.width, place.height)

    def _count(self, shape: ReadShape, label: str) -> None:
        if shape.suggestion:
            self.tally.suggestions += 1
            return
        self.tally.kinds[shape.kind] += 1
        self.tally.labels[label] += 1

    def _label(self, shape: ReadShape) -> str | None:
        try:
            name = mapped(shape.label, self._map)
        except UserError:
            raise Unfit("data.shape_label") from None
        if name == "":
            raise Unfit("data.shape_unlabelled")
        return name

    def _row(self, shape: ReadShape, label: str, place: Place) -> tuple[str, ShapeRow]:
        """What the shape is known by in its image, and its row."""
        row = _geometry(shape, place, self.tally.notes)._replace(
            label=self.place_of(label),
            instance=shape.instance if _fits(shape.instance) else None,
            group=lawful(shape.group)[:200] if shape.group else None,
            crowd=shape.crowd,
            confidence=_share(shape.confidence),
            suggestion=shape.suggestion,
            author=lawful(shape.author)[:200],
        )
        given = shape.attributes.get(IMPORT_ID)
        known = _digest(row, label) if given in (None, "") else f"{shape.kind}:{given}"[:100]
        number = lawful(f"{self.origin}#{known}")
        attributes = as_json({**shape.attributes, IMPORT_ID: number})
        return known, row._replace(attributes=attributes, import_id=number)


def mapped(label: str, label_map: LabelMap) -> str | None:
    """The project's name for a label of a file; None to leave it out, "" where it has none.

    Raises UserError: project.label_name.
    """
    name = label_map.get(label, label)
    if name is None or not name.strip():
        return name if name is None else ""
    return clean_name(lawful(name))


def _fits(number: int | None) -> bool:
    return number is not None and abs(number) < 2**53


def _share(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _digest(row: ShapeRow, label: str) -> str:
    """A short name for a shape that its file gives none: the same each time it is read."""
    made = hashlib.blake2b(digest_size=6)
    made.update(repr((row.kind, label, row.x, row.y, row.w, row.h, row.suggestion)).encode())
    made.update((row.parts or "").encode())
    for place in sorted(row.tiles or {}):
        made.update(repr(place).encode() + (row.tiles or {})[place])
    return made.hexdigest()


def _geometry(shape: ReadShape, place: Place, notes: Counter[str]) -> ShapeRow:
    """The row's kind and where it lies. Raises Unfit with the reason it cannot be stored."""
    if shape.kind == "image_label":
        return ShapeRow("image_label", 0)
    if shape.kind == "box" and shape.box is not None:
        return _box(shape.box, place, notes)
    if shape.kind == "polygon" and shape.parts is not None:
        return _polygon(shape.parts, place, notes)
    if shape.kind == "mask" and shape.bitmap is not None:
        return _mask(shape, place)
    raise Unfit("data.shape_unknown")


def _box(box: Bounds, place: Place, notes: Counter[str]) -> ShapeRow:
    if not all(map(math.isfinite, box)):
        raise Unfit("data.shape_not_finite")
    if box[2] < 0 or box[3] < 0:
        raise Unfit("data.shape_negative")
    x, y, w, h = map(float, box)
    cut = clamp_box(Box(id="", image=0, label=0, x=x, y=y, w=w, h=h), place.width, place.height)
    least = LEAST_SIDE - _SLACK
    if cut.w < least or cut.h < least:
        small = w < least or h < least
        raise Unfit("data.shape_small" if small else "data.shape_outside")
    notes["data.shapes_cut"] += w - cut.w > _MOVED or h - cut.h > _MOVED
    return ShapeRow("box", 0, cut.x, cut.y, cut.w, cut.h)


def _polygon(parts: Parts, place: Place, notes: Counter[str]) -> ShapeRow:
    kept = tuple(part for part in parts if part and _is_area(part[0]))
    if not kept:
        raise Unfit(_why_not(parts))
    before = parts_bounds(kept)
    item = Polygon(id="", image=0, label=0, parts=kept)
    try:
        cut = clamp_polygon(item, place.width, place.height).parts
    except OverflowError:
        raise Unfit("data.shape_not_finite") from None
    cut = tuple(part for part in cut if part and _is_area(part[0]))
    whole = (0.0, 0.0, float(place.width), float(place.height))
    if not cut or not overlap(before, whole):
        raise Unfit("data.shape_outside")
    after = parts_bounds(cut)
    notes["data.shapes_cut"] += any(abs(a - b) > _MOVED for a, b in zip(before, after, strict=True))
    notes["data.parts_dropped"] += len(parts) > len(cut)
    return ShapeRow("polygon", 0, *after, parts=json.dumps(cut))


def _is_area(ring: Iterable[tuple[float, float]]) -> bool:
    """Whether a ring may be stored; the signed area tells it for nearly all at a low price."""
    points = tuple(ring)
    if len(points) < 3:
        return False
    area = abs(ring_area(points))
    if math.isfinite(area) and area >= LEAST_AREA and len(points) < 10_000:
        return True
    return ring_reason(points) is None


def _why_not(parts: Parts) -> str:
    reasons = [ring_reason(part[0]) for part in parts if part]
    code = next((reason for reason in reasons if reason), "shape.too_few_points")
    return {
        "shape.too_small": "data.shape_small",
        "shape.not_finite": "data.shape_not_finite",
    }.get(code, "data.shape_few_points")


def _mask(shape: ReadShape, place: Place) -> ShapeRow:
    bitmap = shape.bitmap
    if bitmap is None or (bitmap.width, bitmap.height) != (place.width, place.height):
        raise Unfit("data.mask_size")
    bounds = bitmap.bounds()
    if bounds is None:
        raise Unfit("data.shape_empty")
    tiles = {at: data for at, data in bitmap.encode().items() if data is not None}
    x, y, w, h = map(float, bounds)
    return ShapeRow("mask", 0, x, y, w, h, tiles=tiles)
