"""Filling what looks alike."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt

from tlstudio.domain.annotations import Mask
from tlstudio.services.shaping import Bitmap
from tlstudio.ui.canvas.intents import AddShapes, PaintMask

SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def fill(hand, show):
    """A grey image with a square of 100, a little lighter in its right half."""
    pixels = np.full((300, 400, 3), 30, np.uint8)
    pixels[100:200, 100:200] = 100
    pixels[100:200, 150:200] = 120
    show(pixels)
    return hand.take("fill")


def square(x: int, y: int, w: int, h: int) -> Bitmap:
    return Bitmap.from_array(np.ones((h, w), np.bool_), x, y, 400, 300)


def test_a_click_fills_what_looks_alike_as_a_new_mask(hand, fill) -> None:
    hand.click(120, 120)
    (made,) = hand.intents
    assert isinstance(made, AddShapes)
    (shape,) = made.shapes
    assert made.bitmaps[0] == square(100, 100, 50, 100)
    assert (shape.x, shape.y, shape.w, shape.h, shape.label) == (100, 100, 50, 100, 1)


def test_alt_and_the_wheel_change_the_tolerance_with_a_preview(hand, fill) -> None:
    hand.move(120, 120)
    for _ in range(4):
        hand.wheel(120, 120, 1, ALT)
    assert fill.tolerance == 20
    assert fill.drawing
    (key,) = hand.canvas.scene.previews.ids
    assert hand.canvas.scene.bitmap(key) == square(100, 100, 100, 100)
    hand.paint()
    assert hand.intents == []
    hand.click(120, 120)
    assert hand.intents[0].bitmaps[0] == square(100, 100, 100, 100)
    assert not hand.canvas.scene.previews.ids


def test_enter_takes_the_preview_and_escape_or_moving_on_drops_it(hand, fill) -> None:
    hand.move(120, 120)
    hand.wheel(120, 120, 1, ALT)
    assert fill.cancel()
    assert not hand.canvas.scene.previews.ids
    hand.wheel(120, 120, 1, ALT)
    hand.move(300, 50)
    assert not fill.drawing
    hand.move(120, 120)
    hand.wheel(120, 120, 1, ALT)
    assert fill.finish()
    assert hand.kinds() == ["AddShapes"]


def test_shift_adds_to_the_selected_mask(hand, fill, load, shapes) -> None:
    shape, stored = shapes.mask("m", 10, 10, 5, 5)
    load((shape, stored))
    hand.canvas.scene.select(["m"])
    hand.click(120, 120, SHIFT)
    (painted,) = hand.intents
    assert isinstance(painted, PaintMask)
    assert painted.annotation == "m"
    expected = square(10, 10, 5, 5)
    expected.add(square(100, 100, 50, 100))
    assert painted.bitmap == expected
    assert painted.places == {(0, 0)}
    assert hand.canvas.scene.bitmap("m") == expected
    assert stored == square(10, 10, 5, 5)


def test_without_shift_a_click_makes_a_mask_of_its_own(hand, fill, load, shapes) -> None:
    load(shapes.mask("m", 10, 10, 5, 5))
    hand.canvas.scene.select(["m"])
    hand.click(120, 120)
    assert hand.kinds() == ["AddShapes"]


def test_shift_without_a_mask_says_what_is_missing(hand, fill) -> None:
    hand.click(120, 120, SHIFT)
    assert hand.intents == []
    assert "mask" in hand.words[-1]


def test_a_click_in_a_hole_of_the_selected_mask_fills_the_hole(hand, fill, load) -> None:
    ring = square(20, 20, 60, 60)
    ring.remove(square(30, 30, 40, 40))
    load((Mask(id="m", image=7, label=2, x=20, y=20, w=60, h=60), ring))
    hand.canvas.scene.select(["m"])
    hand.click(50, 50)
    (painted,) = hand.intents
    assert (painted.annotation, painted.label) == ("m", 2)
    assert painted.bitmap == square(20, 20, 60, 60)


def test_a_bay_that_is_open_is_no_hole(hand, fill, load) -> None:
    bay = square(20, 20, 60, 60)
    bay.remove(square(30, 20, 40, 50))
    load((Mask(id="m", image=7, label=2, x=20, y=20, w=60, h=60), bay))
    hand.canvas.scene.select(["m"])
    hand.click(50, 50)
    assert hand.kinds() == ["AddShapes"]


def test_deep_pixels_are_filled_as_they_are_shown(hand, show) -> None:
    pixels = np.full((300, 400), 1000, np.uint16)
    pixels[100:200, 100:200] = 40000
    show(pixels)
    hand.take("fill")
    hand.click(150, 150)
    assert hand.intents[0].bitmaps[0] == square(100, 100, 100, 100)


def test_a_picture_that_is_still_loading_is_not_filled(hand, show) -> None:
    show(np.zeros((150, 200, 3), np.uint8), preview=True)
    hand.take("fill")
    hand.click(120, 120)
    assert hand.intents == []
    assert "loading" in hand.words[-1]


def test_every_click_counts_however_slow_the_answers_and_whichever_image_is_shown(
    hand, fill, show
) -> None:
    waiting = []
    hand.canvas.compute = lambda function, *args, on_done, on_error: waiting.append(
        lambda: on_done(function(*args))
    )
    hand.click(120, 120)
    hand.click(180, 120)
    hand.click(10, 10)
    hand.canvas.set_image(8, 400, 300)
    show(np.full((300, 400, 3), 30, np.uint8))
    hand.click(120, 120)
    assert len(waiting) == 1
    while waiting:
        waiting.pop()()
    assert [i.image for i in hand.intents] == [7, 7, 7, 8]
    assert hand.intents[1].bitmaps[0] == square(150, 100, 50, 100)
    assert hand.intents[3].bitmaps[0].area() == 400 * 300


def test_two_fills_of_one_mask_add_up(hand, fill, load, shapes) -> None:
    load(shapes.mask("m", 10, 10, 5, 5))
    hand.canvas.scene.select(["m"])
    hand.click(120, 120, SHIFT)
    hand.click(180, 120, SHIFT)
    expected = square(10, 10, 5, 5)
    expected.add(square(100, 100, 100, 100))
    assert hand.intents[1].bitmap == expected
    assert hand.canvas.scene.bitmap("m") == expected
    for intent in hand.intents:
        fill.answered(intent, None)
    assert not hand.canvas.scene.previews.ids
