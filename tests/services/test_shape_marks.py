"""Shapes as thumbnails show them."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from tlstudio.domain.annotations import Box, ImageLabel, Mask, Polygon, Provenance
from tlstudio.imaging.bitmap import Bitmap
from tlstudio.services import images
from tlstudio.services._shape_marks import MOST_SHAPES, few_points
from tlstudio.storage import annotations, tiles
from tlstudio.storage.project import Project

WIDE, HIGH = 64, 48


@pytest.fixture
def project(project_of: Callable[..., Project]) -> Project:
    return project_of(3, ["cat", "dog"])


def add(project: Project, *items: object) -> list[str]:
    made: list[str] = []
    project.transact("undo.x", lambda db: made.extend(annotations.add(db, items)))
    return made


def box(x: float, y: float, w: float, h: float, image: int = 1, **more: object) -> Box:
    return Box(id="", image=image, label=1, x=x, y=y, w=w, h=h, **more)


def test_boxes_are_shares_of_the_image_and_suggestions_are_marked(project: Project) -> None:
    hint = Provenance(suggestion=True, confidence=0.5)
    add(project, box(16, 12, 32, 24), box(0, 0, 64, 48, provenance=hint, z=1))
    add(project, ImageLabel(id="", image=1, label=2))
    marks = images.shape_marks(project, [1, 2, 99])
    assert marks[2] == marks[99] == []
    first, second = marks[1]
    assert first.points == ((0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75))
    assert (first.label, first.kind, first.suggestion) == (1, "box", False)
    assert second.suggestion


def test_the_largest_shapes_are_shown_in_their_order(project: Project) -> None:
    add(project, *(box(1, 1, 1 + n / 100, 5, z=n % 7) for n in range(3 * MOST_SHAPES)))
    add(project, box(0, 0, 60, 40, z=3))
    marks = images.shape_marks(project, [1])[1]
    assert len(marks) == MOST_SHAPES
    widths = [mark.points[1][0] - mark.points[0][0] for mark in marks]
    assert max(widths) == pytest.approx(60 / WIDE)
    assert min(widths) >= (1 + (3 * MOST_SHAPES - MOST_SHAPES + 1) / 100) / WIDE
    assert widths != sorted(widths)  # by z, not by size


def test_a_long_ring_keeps_its_extent_in_twelve_points() -> None:
    ring = [
        (50 + 30 * math.cos(a / 500 * math.tau), 50 + 20 * math.sin(a / 500 * math.tau))
        for a in range(500)
    ]
    few = few_points(ring)
    assert len(few) <= 12
    for axis in (0, 1):
        for end in (min, max):
            assert end(p[axis] for p in few) == end(p[axis] for p in ring)
    assert few_points(ring[:5]) == ring[:5]


def test_a_polygon_shows_its_largest_part(project: Project) -> None:
    small = (((1.0, 1.0), (3.0, 1.0), (3.0, 3.0)),)
    large = (
        ((10.0, 10.0), (40.0, 10.0), (40.0, 40.0)),
        ((20.0, 15.0), (25.0, 15.0), (25.0, 20.0)),
    )
    add(project, Polygon(id="", image=1, label=1, parts=(small, large)))
    (mark,) = images.shape_marks(project, [1])[1]
    assert mark.points[0] == (10 / WIDE, 10 / HIGH)
    assert len(mark.points) == 3


def disc(radius: int) -> np.ndarray:
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    return x * x + y * y <= radius * radius


def test_a_mask_is_outlined_from_its_pixels(project: Project) -> None:
    bitmap = Bitmap.from_array(disc(15), 20, 8, WIDE, HIGH)
    x, y, w, h = bitmap.bounds()
    (mask,) = add(project, Mask(id="", image=1, label=1, x=x, y=y, w=w, h=h))
    project.transact("undo.x", lambda db: tiles.put_tiles(db, mask, bitmap.encode()))
    (mark,) = images.shape_marks(project, [1])[1]
    assert len(mark.points) == 12
    ys = [point[1] * HIGH for point in mark.points]
    assert (min(ys), max(ys)) == (y, y + h)
    xs = sorted(point[0] * WIDE for point in mark.points)
    assert x <= xs[0] <= x + 2
    assert x + w - 2 <= xs[-1] <= x + w
    first, last = mark.points[0][0] * WIDE, mark.points[-1][0] * WIDE
    assert first - last < w - 4  # it narrows towards the top, as a disc does


def test_a_mask_without_its_pixels_shows_its_box(project: Project) -> None:
    add(project, Mask(id="", image=1, label=1, x=8, y=8, w=16, h=16))
    (mark,) = images.shape_marks(project, [1])[1]
    assert mark.points == ((8 / WIDE, 8 / HIGH), (24 / WIDE, 8 / HIGH),
                           (24 / WIDE, 24 / HIGH), (8 / WIDE, 24 / HIGH))  # fmt: skip
