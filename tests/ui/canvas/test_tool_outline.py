"""Smart outline: a box, corrections, and the outline taken."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt

from tlstudio.domain.annotations import Mask, Polygon
from tlstudio.domain.shapes import parts_area, parts_bounds

ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def outline(hand, show):
    """Two bright discs of radius 30 in a noisy grey image, the right one less bright."""
    rng = np.random.default_rng(0)
    pixels = rng.normal(60, 6, (300, 400, 3))
    y, x = np.mgrid[:300, :400]
    pixels[(x - 120) ** 2 + (y - 120) ** 2 < 900] += 120
    pixels[(x - 250) ** 2 + (y - 120) ** 2 < 900] += 110
    show(np.clip(pixels, 0, 255).astype(np.uint8))
    return hand.take("outline")


def test_a_box_is_outlined_and_enter_takes_it_as_a_polygon(hand, outline) -> None:
    hand.drag((80, 80), (160, 160))
    assert outline.correcting
    hand.paint()
    assert outline.finish()
    (made,) = hand.intents
    (shape,) = made.shapes
    assert isinstance(shape, Polygon)
    assert shape.label == 1
    assert parts_bounds(shape.parts) == pytest.approx((90, 90, 60, 60), abs=3)
    assert parts_area(shape.parts) == pytest.approx(np.pi * 900, rel=0.08)
    assert not outline.drawing
    assert len(shape.parts[0][0]) < 120


def test_the_outline_is_seen_while_the_box_is_dragged(hand, outline) -> None:
    hand.press(80, 80)
    hand.move(160, 160)
    assert outline.found is not None
    assert outline.found.parts
    hand.paint()
    hand.release(160, 160)


def test_enter_takes_a_mask_where_that_is_wanted(hand, outline) -> None:
    outline.set_as_mask(True)
    hand.drag((80, 80), (160, 160))
    outline.finish()
    (made,) = hand.intents
    (shape,) = made.shapes
    assert isinstance(shape, Mask)
    assert made.bitmaps[0].at(120, 120)
    assert (shape.w, shape.h) == tuple(made.bitmaps[0].bounds())[2:]


def test_clicks_correct_the_outline_and_can_be_taken_back(hand, outline) -> None:
    hand.drag((80, 80), (290, 160))
    hand.click(120, 120)
    hand.click(250, 120, ALT)
    assert outline.found.bitmap.at(120, 120)
    assert not outline.found.bitmap.at(250, 120)
    hand.paint()
    assert outline.step_back()
    hand.click(250, 120)
    assert outline.found.bitmap.at(250, 120)
    assert outline.found.bitmap.at(120, 120)
    outline.finish()
    assert len(hand.intents[0].shapes[0].parts) == 2


def test_smoothing_follows_alt_and_the_wheel(hand, outline) -> None:
    hand.drag((80, 80), (160, 160))
    before = len(outline.found.parts[0][0])
    for _ in range(12):
        hand.wheel(120, 120, 1, ALT)
    assert outline.tolerance == 4.0
    assert len(outline.found.parts[0][0]) < before


def test_escape_drops_it_all(hand, outline) -> None:
    hand.drag((80, 80), (160, 160))
    assert outline.cancel()
    assert not outline.cancel()
    assert outline.found is None
    assert not outline.finish()
    assert hand.intents == []


def test_where_nothing_stands_out_a_word_says_what_to_do(hand, outline, show) -> None:
    show(np.full((300, 400, 3), 80, np.uint8))
    hand.drag((80, 80), (160, 160))
    assert "stands out" in hand.words[-1]
    outline.finish()
    assert hand.intents == []
    assert outline.correcting


def test_a_click_beside_the_box_says_how_to_go_on(hand, outline) -> None:
    hand.drag((80, 80), (160, 160))
    hand.click(300, 250)
    assert "Enter" in hand.words[-1]
    assert outline.correcting


def test_a_box_too_small_is_refused(hand, outline) -> None:
    hand.drag((80, 80), (90, 82))
    assert not outline.drawing
    assert "larger" in hand.words[-1]


def test_enter_before_the_answer_takes_the_outline_when_it_comes(hand, outline) -> None:
    waiting = []
    hand.canvas.compute = lambda function, *args, on_done, on_error: waiting.append(
        lambda: on_done(function(*args))
    )
    hand.drag((80, 80), (160, 160))
    assert outline.finish()
    assert hand.intents == []
    while waiting:
        waiting.pop(0)()
    assert hand.kinds() == ["AddShapes"]


def test_one_question_at_a_time_is_under_way_while_dragging(hand, outline) -> None:
    waiting = []
    hand.canvas.compute = lambda function, *args, on_done, on_error: waiting.append(
        lambda: on_done(function(*args))
    )
    hand.press(80, 80)
    for x in range(100, 160):
        hand.move(x, x)
    assert len(waiting) == 1
    hand.release(160, 160)
    waiting.pop()()
    assert len(waiting) == 1
    waiting.pop()()
    assert not waiting
    assert parts_bounds(outline.found.parts) == pytest.approx((90, 90, 60, 60), abs=3)


def test_it_is_dropped_with_the_image(hand, outline) -> None:
    hand.drag((80, 80), (160, 160))
    hand.canvas.set_image(8, 400, 300)
    assert not outline.drawing
    assert not outline.finish()
    assert hand.intents == []
