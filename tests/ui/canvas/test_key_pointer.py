"""Drawing without a mouse: the pointer that keys move, boxes put down, sizes by arrows."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF

from tlstudio.domain.annotations import Box
from tlstudio.ui.canvas.intents import AddShapes, ChangeShapes, MoveShapes


def go(hand, x: int, y: int, times: int) -> None:
    for _ in range(times):
        hand.canvas.keys.go(x, y)


def test_it_starts_in_the_middle_shows_a_crosshair_and_becomes_faster(hand) -> None:
    canvas = hand.canvas
    canvas.pointing.leave()
    canvas.keys.go(1, 0)
    assert canvas.by_keys
    first = canvas.pointer.x() - canvas.view.middle().x()
    assert first == 2
    go(hand, 1, 0, 8)
    assert canvas.pointer.x() - canvas.view.middle().x() > 9 * first
    hand.move(10, 10)
    assert not canvas.by_keys


def test_it_stays_on_the_image_and_the_view_follows(hand) -> None:
    canvas = hand.canvas
    canvas.zoom_by(4)
    go(hand, -1, 0, 400)
    assert canvas.pointer_now().x == pytest.approx(0, abs=0.01)
    assert 0 <= canvas.pointer.x() <= canvas.width()


def test_two_clicks_draw_a_box_and_holding_drags_one(hand) -> None:
    hand.take("box")
    canvas = hand.canvas
    canvas.pointer = canvas.view.to_screen(100, 100)
    canvas.keys.click()
    assert canvas.tool.drawing
    go(hand, 1, 1, 12)
    canvas.keys.click()
    canvas.pointer = canvas.view.to_screen(200, 100)
    canvas.keys.hold()
    go(hand, 1, 1, 12)
    canvas.keys.hold()
    assert [type(made) for made in hand.intents] == [AddShapes, AddShapes]
    assert all(made.shapes[0].w > 5 for made in hand.intents)


def test_points_of_a_polygon_are_set_by_keys(hand) -> None:
    hand.take("polygon")
    canvas = hand.canvas
    for place in ((50, 50), (90, 50), (70, 90)):
        canvas.pointer = canvas.view.to_screen(*place)
        canvas.keys.click()
    assert canvas.tool.finish()
    added = [made for made in hand.intents if isinstance(made, AddShapes)]
    ((made,),) = (each.shapes for each in added)
    assert len(made.parts[0][0]) == 3


def test_a_box_is_put_at_the_pointer_of_the_size_of_the_last_one(hand) -> None:
    tool = hand.take("box")
    hand.canvas.pointer = None
    tool.place()
    (middle,) = hand.intents[-1].shapes
    x, y = hand.canvas.view.to_image(QPointF(hand.canvas.view.middle()))
    assert (middle.x + middle.w / 2, middle.y + middle.h / 2) == pytest.approx((x, y))
    hand.drag((100, 100), (140, 130))
    hand.move(395, 290)
    tool.place()
    (corner,) = hand.intents[-1].shapes
    assert (corner.x, corner.y, corner.w, corner.h) == pytest.approx((360, 270, 40, 30))


def test_a_burst_of_sizes_is_one_edit_and_stays_in_the_image(hand, load, shapes, qtbot) -> None:
    load(shapes.box("a", 300, 100, 50, 40), shapes.polygon("b", (10, 10), (30, 10), (10, 30)))
    tool = hand.take("select")
    assert not tool.resize(1, 0)
    hand.canvas.scene.select(["a"])
    for _ in range(8):
        assert tool.resize(10, -10)
    qtbot.waitUntil(lambda: bool(hand.intents), timeout=30_000)
    (made,) = hand.intents
    assert isinstance(made, ChangeShapes)
    assert (made.shapes[0].x, made.shapes[0].y, made.shapes[0].w, made.shapes[0].h) == (
        300, 100, 100, 2,
    )  # fmt: skip
    hand.canvas.scene.select(["b"])
    tool.resize(20, 0)
    tool.settle()
    assert hand.intents[-1].shapes[0].parts == ((((10, 10), (50, 10), (10, 30)),),)


def test_a_shape_moved_and_then_sized_keeps_its_new_place(hand, load, shapes) -> None:
    load(shapes.box("a", 100, 100, 50, 40))
    tool = hand.take("select")
    hand.canvas.scene.select(["a"])
    tool.nudge(5, 0)
    tool.resize(1, 0)
    tool.nudge(0, 3)
    assert hand.intents[0] == MoveShapes(7, ("a",), 5.0, 0.0)
    (made,) = hand.intents[1].shapes
    assert isinstance(made, Box)
    assert (made.x, made.w) == (105, 51)
    tool.settle()
    assert hand.intents[2] == MoveShapes(7, ("a",), 0.0, 3.0)


def test_step_back_takes_sizes_back_and_masks_are_refused_with_a_word(hand, load, shapes) -> None:
    load(shapes.box("a", 100, 100, 50, 40), shapes.mask("m", 10, 10, 20, 20))
    tool = hand.take("select")
    hand.canvas.scene.select(["a"])
    tool.resize(1, 0)
    assert tool.step_back()
    tool.settle()
    hand.canvas.scene.select(["m"])
    assert tool.resize(1, 0)
    tool.settle()
    assert hand.intents == []
    assert "paint" in hand.words[-1]
