"""The tools of the canvas against the real store."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tlstudio.domain.annotations import Mask, Polygon
from tlstudio.domain.shapes import parts_bounds

KEY = Qt.Key
LEFT = Qt.MouseButton.LeftButton
CTRL = Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier


def draw_polygon(hand, *points, held=Qt.KeyboardModifier.NoModifier) -> None:
    hand.click(*points[0], held)
    for point in points[1:]:
        hand.click(*point)
    hand.press(KEY.Key_Return)


def test_quick_strokes_are_one_mask_and_undone_from_the_last(hand) -> None:
    hand.page.view_acts.set_brush(4)
    hand.press(KEY.Key_B)
    for y in (20, 40, 60, 80):
        hand.drag(30, y, 120, y)
    hand.settle(lambda: len(hand.stored()) == 1 and not hand.scene.previews.ids)
    (stored,) = hand.stored()
    assert isinstance(stored, Mask)
    assert all(hand.scene.bitmap(stored.id).at(60, y) for y in (20, 40, 60, 80))
    assert (stored.y, stored.y + stored.h) == (16, 84)
    hand.press(KEY.Key_Z, CTRL)
    hand.settle(lambda: not hand.scene.bitmap(stored.id).at(60, 80))
    assert hand.scene.bitmap(stored.id).at(60, 20)


def test_the_eraser_undoes_what_the_brush_did(hand) -> None:
    hand.page.view_acts.set_brush(4)
    hand.press(KEY.Key_B)
    hand.drag(30, 40, 120, 40)
    hand.settle(lambda: len(hand.stored()) == 1)
    hand.page.view_acts.set_brush(8)
    hand.press(KEY.Key_E)
    hand.drag(20, 40, 130, 40)
    hand.settle(lambda: not hand.stored())
    assert not hand.scene.all()
    hand.press(KEY.Key_Z, CTRL)
    hand.settle(lambda: len(hand.scene.all()) == 1)


def test_erasing_from_several_masks_is_one_step(hand) -> None:
    hand.press(KEY.Key_B)
    for key, y in ((KEY.Key_1, 30), (KEY.Key_2, 60)):
        hand.press(key)
        hand.drag(30, y, 110, y)
        hand.driver.settle()
    before = pixels_of(hand)
    hand.press(KEY.Key_E)
    hand.press(KEY.Key_Escape)
    hand.press(KEY.Key_E)
    hand.drag(70, 5, 70, 110)
    hand.driver.settle()
    after = pixels_of(hand)
    assert len(before) == 2 and all(after[key] < before[key] for key in before)
    hand.press(KEY.Key_Z, CTRL)
    hand.settle(lambda: pixels_of(hand) == before)


def pixels_of(hand) -> dict[str, int]:
    from tlstudio.services.workbench import open_image

    opened = open_image(hand.driver.context.project, hand.canvas.image_id)
    return {key: pixels.area() for key, pixels in opened.bitmaps.items()}


def test_a_hole_is_cut_and_a_cut_makes_two(hand) -> None:
    hand.press(KEY.Key_P)
    draw_polygon(hand, (20, 20), (120, 20), (120, 100), (20, 100))
    hand.settle(lambda: len(hand.stored()) == 1)
    draw_polygon(hand, (50, 50), (90, 50), (70, 80), held=ALT)
    hand.settle(lambda: len(hand.stored()[0].parts[0]) == 2)
    hand.press(KEY.Key_K)
    hand.drag(70, 5, 70, 115)
    hand.settle(lambda: len(hand.stored()) == 2)
    assert all(isinstance(shape, Polygon) for shape in hand.stored())
    hand.press(KEY.Key_Z, CTRL)
    hand.settle(lambda: len(hand.stored()) == 1)
    assert len(hand.scene.all()) == 1


def test_the_bright_square_is_outlined_off_the_ui_thread(hand) -> None:
    hand.press(KEY.Key_O)
    hand.drag(10, 20, 72, 82)
    hand.settle(lambda: hand.canvas.tool.found is not None and not hand.canvas.tool.busy)
    hand.press(KEY.Key_Return)
    hand.settle(lambda: len(hand.stored()) == 1)
    (stored,) = hand.stored()
    assert parts_bounds(stored.parts) == pytest.approx((20, 30, 40, 40), abs=2)
    assert not hand.canvas.tool.drawing


def test_the_bright_square_is_filled_with_a_click(hand) -> None:
    hand.press(KEY.Key_F)
    hand.click(40, 50)
    hand.settle(lambda: len(hand.stored()) == 1)
    (stored,) = hand.stored()
    assert (stored.x, stored.y, stored.w, stored.h) == (20, 30, 40, 40)


def test_a_click_that_fills_counts_though_the_image_is_left_at_once(hand) -> None:
    first = hand.canvas.image_id
    hand.press(KEY.Key_F)
    hand.click(40, 50)
    hand.press(KEY.Key_D)
    hand.settle(lambda: hand.canvas.image_id != first)
    hand.press(KEY.Key_A)
    hand.settle(lambda: hand.canvas.image_id == first and len(hand.scene.all()) == 1)


def test_a_stroke_under_way_is_stored_when_the_image_goes(hand) -> None:
    first = hand.canvas.image_id
    hand.page.view_acts.set_brush(4)
    hand.press(KEY.Key_B)
    QTest.mousePress(hand.canvas, LEFT, pos=hand.at(30, 40))
    QTest.mouseMove(hand.canvas, hand.at(60, 40))
    hand.page.navigator.step(1)
    hand.settle(lambda: hand.canvas.image_id != first)
    QTest.mouseMove(hand.canvas, hand.at(100, 80))
    QTest.mouseRelease(hand.canvas, LEFT, pos=hand.at(100, 80))
    hand.settle()
    assert hand.stored() == []
    hand.press(KEY.Key_A)
    hand.settle(lambda: hand.canvas.image_id == first and len(hand.scene.all()) == 1)
