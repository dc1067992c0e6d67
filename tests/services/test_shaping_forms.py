"""Shapes made from one another: converted, joined, subtracted, split."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tlstudio.domain.annotations import Box, Mask, Polygon
from tlstudio.domain.errors import UserError
from tlstudio.domain.shapes import parts_area, rectangle
from tlstudio.services import projects, shaping, workbench
from tlstudio.storage.project import Project

Make = Callable[..., Project]

OUTER = ((10.0, 10.0), (40.0, 10.0), (40.0, 40.0), (10.0, 40.0))
HOLE = ((20.0, 20.0), (30.0, 20.0), (30.0, 30.0), (20.0, 30.0))
SPARE = ((50.0, 10.0), (60.0, 10.0), (60.0, 20.0), (50.0, 20.0))
FRAME = ((OUTER, HOLE), (SPARE,))


def box(x: float, y: float, w: float, h: float, label: int = 1) -> Box:
    return Box(id="", image=0, label=label, x=x, y=y, w=w, h=h)


def polygon(parts: Any = FRAME, label: int = 1) -> Polygon:
    return Polygon(id="", image=0, label=label, parts=parts)


def block(x: int, y: int, w: int, h: int) -> Any:
    return shaping.Bitmap.from_array(np.ones((h, w), bool), x, y, 64, 48)


def add(project: Project, *items: Any) -> tuple[str, ...]:
    """Boxes, polygons, and masks given as bitmaps; their ids."""
    drawn = [
        Mask(id="", image=0, label=2, x=0, y=0, w=0, h=0)
        if isinstance(item, shaping.Bitmap)
        else item
        for item in items
    ]
    bitmaps = {n: item for n, item in enumerate(items) if isinstance(item, shaping.Bitmap)}
    return shaping.add_shapes(project, 1, drawn, bitmaps).ids


def stored(project: Project) -> dict[str, Any]:
    return {item.id: item for item in workbench.open_image(project, 1).annotations}


def pixels(project: Project, mask: str) -> Any:
    return workbench.open_image(project, 1).bitmaps[mask]


def refused(code: str, call: Callable[[], object]) -> None:
    with pytest.raises(UserError) as caught:
        call()
    assert caught.value.code == code


@pytest.fixture
def project(project_of: Make) -> Project:
    return project_of(1, ["cell", "dirt"])


def test_a_polygon_with_a_hole_becomes_its_pixels_and_back(project: Project) -> None:
    (one,) = add(project, polygon())
    before = stored(project)
    assert shaping.convert_shapes(project, 1, [one], "mask").ids == (one,)
    wanted = block(10, 10, 30, 30)
    wanted.remove(block(20, 20, 10, 10))
    wanted.add(block(50, 10, 10, 10))
    assert pixels(project, one) == wanted
    item = stored(project)[one]
    assert (item.x, item.y, item.w, item.h, item.label) == (10, 10, 50, 30, 1)
    shaping.convert_shapes(project, 1, [one], "polygon")
    again = stored(project)[one]
    assert parts_area(again.parts) == 900
    assert sorted(len(part) for part in again.parts) == [1, 2]
    with project.read() as db:
        assert not db.table("mask_tiles").count
    projects.undo(project)
    assert pixels(project, one) == wanted
    projects.undo(project)
    assert stored(project) == before


def test_boxes_become_polygons_and_masks_and_come_back(project: Project) -> None:
    one, two = add(project, box(3.6, 4.2, 10, 10), block(5, 6, 7, 8))
    shaping.convert_shapes(project, 1, [one, two], "polygon")
    assert stored(project)[one].parts == rectangle(3.6, 4.2, 10, 10)
    assert parts_area(stored(project)[two].parts) == 56
    shaping.convert_shapes(project, 1, [one, two], "mask")
    assert pixels(project, one) == block(4, 4, 10, 10), "the pixels whose centre is inside"
    assert pixels(project, two) == block(5, 6, 7, 8)
    shaping.convert_shapes(project, 1, [two], "box")
    assert stored(project)[two] == _like(stored(project)[two], x=5.0, y=6.0, w=7.0, h=8.0)


def _like(item: Any, **place: float) -> Any:
    from dataclasses import replace

    assert isinstance(item, Box)
    return replace(item, **place)


def test_a_shape_between_pixel_centres_is_no_mask(project: Project) -> None:
    thin = ((5.6, 5.0), (6.4, 5.0), (6.4, 20.0), (5.6, 20.0))
    (one,) = add(project, polygon(((thin,),)))
    refused("shape.too_small", lambda: shaping.convert_shapes(project, 1, [one], "mask"))
    assert isinstance(stored(project)[one], Polygon)


def test_joining_keeps_kind_label_and_id_of_the_first(project: Project) -> None:
    ids = add(project, box(2, 2, 10, 10), box(30, 20, 5, 5, label=2), block(40, 30, 4, 4))
    shaping.join_shapes(project, 1, ids)
    (one,) = stored(project).values()
    assert (one.id, one.label, one.x, one.y, one.w, one.h) == (ids[0], 1, 2, 2, 42, 32)
    projects.undo(project)
    shaping.join_shapes(project, 1, [ids[2], ids[0]])
    wanted = block(40, 30, 4, 4)
    wanted.add(block(2, 2, 10, 10))
    assert pixels(project, ids[2]) == wanted
    assert set(stored(project)) == {ids[1], ids[2]}
    refused("shape.need_two", lambda: shaping.join_shapes(project, 1, [ids[1], ids[1]]))


def test_polygons_that_overlap_join_into_one_part(project: Project) -> None:
    one, two = add(project, polygon(rectangle(0, 0, 20, 20)), box(10, 10, 20, 20, label=2))
    shaping.join_shapes(project, 1, [one, two])
    item = stored(project)[one]
    assert (len(item.parts), parts_area(item.parts)) == (1, 700)


def test_subtracting_leaves_the_others_where_they_are(project: Project) -> None:
    one, two, mask = add(project, box(0, 0, 20, 20), box(10, 0, 20, 20), block(0, 0, 5, 5))
    shaping.set_locked(project, 1, [two], True)
    shaping.subtract_shapes(project, 1, [one, two])
    assert stored(project)[one] == _like(stored(project)[one], x=0, y=0, w=10, h=20)
    shaping.subtract_shapes(project, 1, [one, mask])
    assert parts_area(stored(project)[one].parts) == 175
    assert len(stored(project)) == 3
    refused("shape.apart", lambda: shaping.subtract_shapes(project, 1, [mask, one]))
    refused("shape.apart", lambda: shaping.subtract_shapes(project, 1, [one, mask]))
    assert pixels(project, mask) == block(0, 0, 5, 5), "what they do not share is left"


def test_a_shape_wholly_covered_is_not_subtracted_away(project: Project) -> None:
    one, mask = add(project, box(0, 0, 20, 20), block(5, 5, 5, 5))
    refused("shape.nothing_left", lambda: shaping.subtract_shapes(project, 1, [mask, one]))
    assert pixels(project, mask) == block(5, 5, 5, 5)


def test_a_leftover_that_is_no_shape_goes(project: Project) -> None:
    square = ((0.0, 0.0), (40.0, 0.0), (40.0, 40.0), (0.0, 40.0))
    middle = ((20.0, -1.0), (39.995, -1.0), (39.995, 41.0), (20.0, 41.0))
    first, other = add(project, polygon(((square,),)), polygon(((middle,),)))
    shaping.subtract_shapes(project, 1, [first, other])
    assert parts_area(stored(project)[first].parts) == pytest.approx(800)
    (whole,) = add(project, box(0, 0, 40, 40))
    refused("outline.not_cut", lambda: cut_at(project, whole, 39.995))
    assert len(cut_at(project, whole, 39.5)) == 2
    (covered,) = add(project, polygon(((((20.0, 5.0), (40.0, 5.0), (40.0, 9.0), (20.0, 9.0)),),)))
    refused("shape.nothing_left", lambda: shaping.subtract_shapes(project, 1, [covered, other]))


def cut_at(project: Project, shape: str, x: float) -> tuple[str, ...]:
    return shaping.split_shapes(project, 1, [shape], [(x, -5.0), (x, 45.0)]).ids


def test_a_crossed_outline_can_be_subtracted_from(project: Project) -> None:
    bow = ((0.0, 0.0), (40.0, 40.0), (40.0, 0.0), (0.0, 40.0))
    ids = add(project, polygon(((bow,),)), box(0, 0, 10, 48), box(50, 0, 10, 10))
    shaping.subtract_shapes(project, 1, ids[:2])
    assert parts_area(stored(project)[ids[0]].parts) == pytest.approx(800 - 300)
    refused("shape.apart", lambda: shaping.subtract_shapes(project, 1, [ids[0], ids[2]]))


def test_separate_parts_come_apart(project: Project) -> None:
    one, mask = add(project, polygon(), block(2, 2, 6, 6))
    both = pixels(project, mask).copy()
    both.add(block(50, 30, 3, 3))
    shaping.paint_mask(project, 1, mask, 2, both, [(0, 0)])
    first, second, third, fourth = shaping.split_shapes(project, 1, [one, mask]).ids
    assert (first, third) == (one, mask), "the largest keeps the id"
    items = stored(project)
    assert items[one].parts == ((OUTER, HOLE),) or parts_area(items[one].parts) == 800
    assert parts_area(items[second].parts) == 100
    assert pixels(project, mask) == block(2, 2, 6, 6)
    assert pixels(project, fourth) == block(50, 30, 3, 3)
    refused("shape.one_part", lambda: shaping.split_shapes(project, 1, [one]))
    projects.undo(project)
    assert pixels(project, mask) == both


def test_a_line_cuts_what_it_crosses(project: Project) -> None:
    one, two, mask = add(project, box(0, 0, 20, 20), box(40, 0, 9, 9), block(4, 4, 8, 8))
    line = [(-1.0, 10.0), (30.0, 10.0)]
    ids = shaping.split_shapes(project, 1, [one, two, mask], line).ids
    assert len(ids) == 4
    items = stored(project)
    assert [type(items[shape]) for shape in ids] == [Box, Box, Mask, Mask]
    assert {(items[n].y, items[n].h) for n in ids[:2]} == {(0, 10), (10, 10)}
    assert pixels(project, mask) == block(4, 4, 8, 6)
    assert pixels(project, ids[3]) == block(4, 10, 8, 2)
    refused("outline.not_cut", lambda: shaping.split_shapes(project, 1, [two], line))


def test_a_crooked_line_makes_polygons_of_a_box_and_loses_no_pixel(project: Project) -> None:
    one, mask = add(project, box(0, 0, 20, 20), block(0, 0, 20, 20))
    line = [(-1.0, 3.3), (11.0, 9.1), (25.0, 2.7)]
    first, second, third, fourth = shaping.split_shapes(project, 1, [one, mask], line).ids
    items = stored(project)
    assert isinstance(items[first], Polygon) and isinstance(items[second], Polygon)
    total = parts_area(items[first].parts) + parts_area(items[second].parts)
    assert total == pytest.approx(400)
    whole = pixels(project, third).copy()
    assert whole.area() + pixels(project, fourth).area() == 400
    whole.add(pixels(project, fourth))
    assert whole == block(0, 0, 20, 20)
