"""The plain model's words: edits in numbers, worlds, shapes as sets of pixels and numbers."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

WIDTH, HEIGHT = 600, 40  # two tiles side by side
IMAGES = (1, 2, 3)
LABELS = (1, 2, 3)
TILE = 512

Pixels = frozenset[tuple[int, int]]


class Edit(NamedTuple):
    """One edit in numbers; each kind of edit makes of them what it needs."""

    what: str
    image: int
    which: int
    a: int
    b: int
    c: int


class Refused(Exception):
    """The program must refuse, with this code."""


class Found(Exception):
    """The model cannot know; what the program then holds is taken as it is."""


@dataclass(frozen=True)
class Shape:
    """`place`: (x, y, w, h) of a box, parts of a polygon; None for a mask, which has pixels."""

    id: str
    kind: str
    label: int
    place: Any = None
    pixels: Pixels = frozenset()
    suggestion: bool = False
    locked: bool = False


@dataclass(frozen=True)
class Picture:
    """One image: its state, the labels of the whole, its shapes from the lowest up."""

    state: str = "unlabelled"
    labels: frozenset[int] = frozenset()
    shapes: tuple[Shape, ...] = ()


@dataclass(frozen=True)
class World:
    pictures: tuple[Picture, ...] = (Picture(),) * len(IMAGES)
    labels: tuple[int, ...] = LABELS

    def of(self, image: int) -> Picture:
        return self.pictures[image - 1]

    def put(self, image: int, picture: Picture) -> World:
        changed = list(self.pictures)
        changed[image - 1] = picture
        return replace(self, pictures=tuple(changed))


# -- geometry --------------------------------------------------------------------------------


def clamp(x: float, y: float, w: float, h: float) -> tuple[float, float, float, float]:
    left, right = (min(max(value, 0), WIDTH) for value in (x, x + w))
    top, bottom = (min(max(value, 0), HEIGHT) for value in (y, y + h))
    return left, top, right - left, bottom - top


def around(shape: Shape) -> tuple[float, float, float, float]:
    """x, y, w, h of any shape."""
    if shape.kind == "box":
        return shape.place
    if shape.kind == "mask":
        xs, ys = [x for x, _ in shape.pixels], [y for _, y in shape.pixels]
        return min(xs), min(ys), max(xs) + 1 - min(xs), max(ys) + 1 - min(ys)
    points = [point for part in shape.place for ring in part for point in ring]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)


def room(shape: Shape, dx: float, dy: float) -> tuple[float, float]:
    """As much of the way as keeps the shape inside; whole pixels for a mask."""
    x, y, w, h = around(shape)
    dx = min(max(dx, min(0.0, -x)), max(0.0, WIDTH - x - w))
    dy = min(max(dy, min(0.0, -y)), max(0.0, HEIGHT - y - h))
    return (float(int(dx)), float(int(dy))) if shape.kind == "mask" else (dx, dy)


def shifted(shape: Shape, dx: float, dy: float) -> Shape:
    if shape.kind == "box":
        x, y, w, h = shape.place
        return replace(shape, place=clamp(x + dx, y + dy, w, h))
    if shape.kind == "mask":
        return replace(shape, pixels=frozenset((x + int(dx), y + int(dy)) for x, y in shape.pixels))
    parts = tuple(
        tuple(
            tuple((min(max(x + dx, 0), WIDTH), min(max(y + dy, 0), HEIGHT)) for x, y in ring)
            for ring in part
        )
        for part in shape.place
    )
    return replace(shape, place=parts)


def disc(x: float, y: float, radius: float) -> Pixels:
    """Pixels whose centre lies within `radius`, and the one under the point."""
    reach = math.ceil(radius) + 1
    found = {
        (i, j)
        for i in range(max(0, int(x) - reach), min(WIDTH, int(x) + reach + 1))
        for j in range(max(0, int(y) - reach), min(HEIGHT, int(y) + reach + 1))
        if math.hypot(i + 0.5 - x, j + 0.5 - y) <= radius
    }
    if 0 <= x < WIDTH and 0 <= y < HEIGHT:
        found.add((int(x), int(y)))
    return frozenset(found)


def covered(shape: Shape) -> Pixels:
    """The pixels whose centre a box or mask covers."""
    if shape.kind == "mask":
        return shape.pixels
    if shape.kind != "box":
        raise Found
    x, y, w, h = shape.place
    if any(edge % 1 == 0.5 for edge in (x, y, x + w, y + h)):
        raise Found  # on the border of pixel centres
    across = range(round(x), round(x + w))
    return frozenset((i, j) for i in across for j in range(round(y), round(y + h)))


def overlap(one: Shape, other: Shape) -> bool:
    (ax, ay, aw, ah), (bx, by, bw, bh) = around(one), around(other)
    return ax < bx + bw and bx < ax + aw and ay < by + bh and by < ay + ah


def tiles(pixels: Pixels) -> dict[tuple[int, int], bytes]:
    """The bytes that the store must hold for these pixels."""
    arrays: dict[tuple[int, int], Any] = {}
    for x, y in pixels:
        place = (x // TILE, y // TILE)
        if place not in arrays:
            arrays[place] = np.zeros((TILE, TILE), dtype=bool)
        arrays[place][y % TILE, x % TILE] = True
    return {place: zlib.compress(np.packbits(tile).tobytes()) for place, tile in arrays.items()}


def given_box(edit: Edit) -> tuple[float, float, float, float]:
    """The box that an edit draws, not cut; its edges never run through a pixel's centre."""
    return edit.a * 7 - 10.0, edit.b + 0.25, edit.c * 3.0 - 12, 9.0


def given_points(edit: Edit) -> tuple[tuple[float, float], ...]:
    """The triangle that an edit draws, not cut."""
    x, y = edit.a * 7.0 - 5, edit.b + 0.25
    return (x, y), (x + edit.c * 2, y), (x + 3, y + edit.c)


def given_stamp(edit: Edit) -> tuple[float, float, float]:
    """x, y and radius of a stroke."""
    return edit.a * 7.0, edit.b * 1.0, edit.c % 4 + 0.3


def given_way(edit: Edit) -> tuple[float, float]:
    return edit.a * 3.0 - 100, edit.b * 0.5 - 12


def target(edit: Edit) -> int:
    """The image that the edit changes: copies go onto the next one."""
    return edit.image % len(IMAGES) + 1 if edit.what == "paste" else edit.image


def label_of(edit: Edit) -> int:
    return LABELS[edit.c % len(LABELS)]


def way_of(edit: Edit) -> str:
    return ("front", "forward", "backward", "back")[edit.a % 4]


def kind_of(edit: Edit) -> str:
    return ("box", "polygon", "mask")[edit.a % 3]


STATES = ("unlabelled", "draft", "labelled", "reviewed", "disputed")
