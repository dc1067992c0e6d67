"""The fingerprint of a learning set: what its images and objects are like, in a few numbers.

It is made from the rows of a snapshot, by services for the plan of a run and by the worker from
the snapshot itself, so that both come to the same recommendations (domain.advice).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from tlstudio.domain.shapes import Parts, Ring, parts_bounds
from tlstudio.domain.tasks import Task

MOST_LOOKED_AT = {Task.DETECTION: 1000, Task.SEGMENTATION: 200}
"""Images whose objects are looked at; of more, these many at even distances."""

_COUNTS = 20
"""From so many objects on, a label counts as much as any other."""

GREY = frozenset({"1", "L", "I", "F", "I;16", "I;16B", "I;16L", "LA"})
"""Pillow's modes of images without colour."""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Spread:
    """Least, tenth, half, ninth tenth and most of some numbers."""

    least: float = 0.0
    low: float = 0.0
    median: float = 0.0
    high: float = 0.0
    most: float = 0.0

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        ordered = sorted(values)
        if not ordered:
            return cls()
        return cls(*(quantile(ordered, q) for q in (0.0, 0.1, 0.5, 0.9, 1.0)))


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What the training images of a set are like.

    `images` counts them, `empty` those without objects. Sides are in pixels. `relative` is the
    side of an object (root of width times height of the box around it) as a share of the longer
    side of its image; `sides` the same in pixels. `small` is the share that a tenth of the objects
    falls below, each label counting the same, and `small_side` such a side in pixels. `sizes` holds
    (width, height, label) of the objects, the first two as such shares. `objects` counts them by
    label id, `per_image` those of an image that has any.
    `covered` is the share of all pixels by label id, for segmentation, and `thickness` how thick
    the usual object of a label is, in pixels: of a stripe its width, of a disc its radius.
    """

    task: Task
    images: int = 0
    empty: int = 0
    shorter: Spread = Spread()
    longer: Spread = Spread()
    relative: Spread = Spread()
    sides: Spread = Spread()
    small: float = 0.0
    small_side: float = 0.0
    per_image: Spread = Spread()
    sizes: tuple[tuple[float, float, int], ...] = ()
    objects: dict[int, int] = field(default_factory=dict)
    covered: dict[int, float] = field(default_factory=dict)
    thickness: dict[int, float] = field(default_factory=dict)
    grey: bool = False
    bit_depth: int = 8

    @classmethod
    def of(
        cls,
        task: Task,
        rows: Sequence[Row],
        looked_at: Sequence[Row] | None = None,
        *,
        passed_over: Collection[int] = (),
    ) -> Fingerprint:
        """Of the training rows among `rows` (of all, where none has a split).

        `looked_at` are the rows of `chosen` with outlines and run lengths, where `rows` have
        none. `passed_over` are labels that are not learned: background, ignored regions.
        """
        learned = _learned(rows)
        seen = chosen(task, rows) if looked_at is None else looked_at
        found = [each for each in _objects(seen) if each.label not in passed_over]
        relative = [math.sqrt(each.w * each.h) / each.longer for each in found]
        counts = Counter(len(row["annotations"]) for row in learned)
        empty = counts.pop(0, 0)
        return cls(
            task,
            len(learned),
            empty,
            Spread.of(min(row["width"], row["height"]) for row in learned),
            Spread.of(max(row["width"], row["height"]) for row in learned),
            Spread.of(relative),
            Spread.of(math.sqrt(each.w * each.h) for each in found),
            _small((each.label, side) for each, side in zip(found, relative, strict=True)),
            _small((each.label, math.sqrt(each.w * each.h)) for each in found),
            Spread.of(n for n, times in counts.items() for _ in range(times)),
            tuple((each.w / each.longer, each.h / each.longer, each.label) for each in found),
            dict(Counter(a["label"] for row in learned for a in row["annotations"])),
            _covered(task, found, seen),
            _thickness(task, found),
            bool(learned) and all(row.get("mode", "RGB") in GREY for row in learned),
            max((int(row.get("bit_depth") or 8) for row in learned), default=8),
        )

    @property
    def rarest(self) -> float:
        """The least share of pixels that a label covers; 1 where nothing is known."""
        return min(self.covered.values(), default=1.0)

    @property
    def thinnest(self) -> float | None:
        """The thickness of the label whose objects are thinnest, where it is known."""
        return min(self.thickness.values(), default=None)

    def to_json(self) -> dict[str, Any]:
        """All but the single objects; label ids become texts."""
        facts = asdict(self)
        del facts["sizes"]
        for name in ("objects", "covered", "thickness"):
            facts[name] = {str(label): value for label, value in facts[name].items()}
        return facts


@dataclass(frozen=True, slots=True)
class _Object:
    label: int
    w: float
    h: float
    area: float
    longer: float
    rim: float | None


def _learned(rows: Sequence[Row]) -> list[Row]:
    """The training rows; all where no row is in a split yet."""
    if not any(row.get("split") for row in rows):
        return list(rows)
    return [row for row in rows if row.get("split") == "train"]


def chosen(task: Task, rows: Sequence[Row]) -> list[Row]:
    """The training rows whose objects are looked at, always the same of the same rows."""
    learned = _learned(rows)
    step = -(-len(learned) // MOST_LOOKED_AT.get(task, 1000)) or 1
    return learned[::step]


def _objects(rows: Iterable[Row]) -> Iterator[_Object]:
    """The objects of rows, without crowds and whatever has no size."""
    for row in rows:
        longer = max(row["width"], row["height"])
        for each in row["annotations"]:
            if each.get("crowd") or each["kind"] == "image_label":
                continue
            w, h, area = _extent(each)
            if w > 0 and h > 0:
                yield _Object(each["label"], w, h, area, longer, _rim(each))


def _extent(each: Row) -> tuple[float, float, float]:
    """Width, height and area of an annotation of a snapshot."""
    if each["kind"] == "polygon" and "parts" in each:
        _, _, w, h = parts_bounds(each["parts"])
        return w, h, parts_area(each["parts"])
    _, _, w, h = each["box"]
    if "area" in each:
        return w, h, float(each["area"])
    return w, h, run_area(each["rle"]) if "rle" in each else w * h


def _small(sides: Iterable[tuple[int, float]]) -> float:
    """The side that a tenth of the objects falls below, from (label, side): each label counts the
    same, so that those of a rare one are seen as well, but for labels of a few objects."""
    ordered = sorted((side, label) for label, side in sides)
    counts = Counter(label for _, label in ordered)
    weights = [1 / max(_COUNTS, counts[label]) for _, label in ordered]
    wanted, passed = sum(weights) / 10, 0.0
    for (side, _), weight in zip(ordered, weights, strict=True):
        passed += weight
        if passed >= wanted:
            return side
    return 0.0


def _rim(each: Row) -> float | None:
    """Length of the outline in pixels; None where nobody has measured it."""
    if each["kind"] == "polygon" and "parts" in each:
        return sum(_ring_length(ring) for part in each["parts"] for ring in part)
    # A stair of pixels is longer than the line it stands for, by 4 / pi on average.
    return each["border"] * math.pi / 4 if "border" in each else None


def _thickness(task: Task, found: Sequence[_Object]) -> dict[int, float]:
    """Twice the area by the length of the outline; the middle one of each label."""
    if task is not Task.SEGMENTATION:
        return {}
    known: dict[int, list[float]] = {}
    for each in found:
        if each.rim:
            known.setdefault(each.label, []).append(2 * each.area / each.rim)
    return {label: quantile(sorted(values), 0.5) for label, values in known.items()}


def _covered(task: Task, found: Sequence[_Object], rows: Sequence[Row]) -> dict[int, float]:
    total = sum(row["width"] * row["height"] for row in rows)
    if task is not Task.SEGMENTATION or not total:
        return {}
    areas: dict[int, float] = {}
    for each in found:
        areas[each.label] = areas.get(each.label, 0.0) + each.area
    return {label: min(1.0, area / total) for label, area in areas.items()}


def parts_area(parts: Parts) -> float:
    """Square pixels of outer rings less their holes."""
    return sum(
        max(0.0, _ring_area(part[0]) - sum(_ring_area(hole) for hole in part[1:]))
        for part in parts
        if part
    )


def _ring_length(ring: Ring) -> float:
    return sum(
        math.dist(one, other) for one, other in zip(ring, (*ring[1:], *ring[:1]), strict=True)
    )


def _ring_area(ring: Ring) -> float:
    """By the shoelace formula."""
    twice = 0.0
    for (x0, y0), (x1, y1) in zip(ring, (*ring[1:], *ring[:1]), strict=True):
        twice += x0 * y1 - x1 * y0
    return abs(twice) / 2


def run_area(text: str) -> int:
    """Pixels that are on in COCO's compressed run lengths, which begin with a run that is off."""
    counts: list[int] = []
    value = shift = 0
    for letter in text:
        digit = ord(letter) - 48
        value |= (digit & 31) << shift
        shift += 5
        if digit & 32:
            continue
        if digit & 16:
            value -= 1 << shift
        counts.append(value + (counts[-2] if len(counts) > 2 else 0))
        value = shift = 0
    return sum(counts[1::2])


def quantile(ordered: Sequence[float], q: float) -> float:
    """Of numbers in rising order, between neighbours in proportion."""
    place = q * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
