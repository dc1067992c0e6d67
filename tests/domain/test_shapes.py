"""Shapes stay in their image, and what shows nothing is refused by name."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlstudio.domain.annotations import Box, ImageLabel, Mask, Polygon
from tlstudio.domain.errors import UserError
from tlstudio.domain.shapes import (
    around,
    bounds,
    clamp_box,
    clamp_polygon,
    is_degenerate,
    moved,
    offset_within,
    parts_area,
    rectangle,
    refuse_degenerate,
    ring_area,
)

SQUARE = ((1.0, 1.0), (9.0, 1.0), (9.0, 9.0), (1.0, 9.0))


def box(x: float, y: float, w: float, h: float) -> Box:
    return Box(id="1", image=1, label=1, x=x, y=y, w=w, h=h)


def mask(x: int, y: int, w: int, h: int) -> Mask:
    return Mask(id="2", image=1, label=1, x=x, y=y, w=w, h=h)


def polygon(*rings: tuple[tuple[float, float], ...]) -> Polygon:
    return Polygon(id="3", image=1, label=1, parts=(rings,))


def test_a_box_drawn_upwards_over_the_edge_is_cut_to_the_image() -> None:
    assert clamp_box(box(30, 25, -40, -10), 64, 48) == box(0, 15, 30, 10)
    assert clamp_box(box(60, 40, 40, 40), 64, 48) == box(60, 40, 4, 8)
    assert is_degenerate(clamp_box(box(70, 10, 5, 5), 64, 48)) == "shape.too_small"


def test_points_go_to_the_edge_and_said_twice_are_one() -> None:
    ring = ((-5.0, 2.0), (-9.0, 2.0), (70.0, 2.0), (70.0, 60.0), (-5.0, 2.0))
    assert clamp_polygon(polygon(ring), 64, 48).parts == ((((0, 2), (64, 2), (64, 48)),),)


def test_a_hole_that_is_gone_is_left_out() -> None:
    hole = ((-3.0, -3.0), (-1.0, -3.0), (-2.0, -1.0))
    assert clamp_polygon(polygon(SQUARE, hole), 64, 48).parts == ((SQUARE,),)


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (box(1, 1, 1, 1), None),
        (box(1, 1, 0.9, 50), "shape.too_small"),
        (box(math.nan, 1, 5, 5), "shape.not_finite"),
        (mask(0, 0, 1, 1), None),
        (mask(0, 0, 0, 0), "shape.empty_mask"),
        (polygon(SQUARE), None),
        (polygon(SQUARE[:2]), "shape.too_few_points"),
        (polygon((SQUARE[0], SQUARE[1], SQUARE[0])), "shape.too_few_points"),
        (polygon(((0, 0), (5, 5), (9, 9))), "shape.too_small"),
        (polygon(((0, 0), (math.inf, 5), (9, 9))), "shape.not_finite"),
        (polygon(), "shape.too_few_points"),
        (Polygon(id="", image=1, label=1, parts=()), "shape.too_few_points"),
        (ImageLabel(id="", image=1, label=1), None),
    ],
)
def test_shapes_that_show_nothing_have_a_reason(item: Box, reason: str | None) -> None:
    assert is_degenerate(item) == reason
    if reason:
        with pytest.raises(UserError) as caught:
            refuse_degenerate(item)
        assert caught.value.code == reason


def test_a_bow_tie_is_not_too_small() -> None:
    tie = ((0.0, 0.0), (10.0, 10.0), (10.0, 0.0), (0.0, 10.0))
    assert ring_area(tie) == 0
    assert is_degenerate(polygon(tie)) is None


def test_areas_count_holes() -> None:
    hole = ((2.0, 2.0), (4.0, 2.0), (4.0, 4.0), (2.0, 4.0))
    assert parts_area(((SQUARE, hole),)) == 60
    assert parts_area(rectangle(1, 2, 3, 4)) == 12


def test_shapes_move_together_and_stay_whole() -> None:
    items = [box(10, 10, 5, 5), polygon(SQUARE)]
    assert around(items) == (1, 1, 14, 14)
    assert offset_within(items, -20.5, 60, 64, 48) == (-1, 33)
    assert offset_within([*items, mask(20, 20, 4, 4)], 2.7, -0.6, 64, 48) == (2, 0)
    assert offset_within([], 5, 5, 64, 48) == (0, 0)


def test_what_reaches_over_the_image_can_only_come_in() -> None:
    assert moved(box(-5, 0, 10, 10), 0, 0, 64, 48) == box(0, 0, 5, 10)
    assert offset_within([box(-5, 0, 10, 10)], -3, 0, 64, 48) == (0, 0)


_number = st.floats(-200, 200)


@given(x=_number, y=_number, w=_number, h=_number, dx=_number, dy=_number)
def test_a_moved_box_is_inside_and_as_large_as_before(
    x: float, y: float, w: float, h: float, dx: float, dy: float
) -> None:
    start = clamp_box(box(x, y, w, h), 64, 48)
    after = moved(start, dx, dy, 64, 48)
    left, top, width, height = bounds(after)  # type: ignore[misc]
    assert left >= 0 and top >= 0 and left + width <= 64 + 1e-9 and top + height <= 48 + 1e-9
    assert width == pytest.approx(start.w, abs=1e-9)
    assert height == pytest.approx(start.h, abs=1e-9)
