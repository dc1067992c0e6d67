"""Drawing boxes."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

SHIFT = Qt.KeyboardModifier.ShiftModifier
CTRL = Qt.KeyboardModifier.ControlModifier


def rect(intent) -> tuple[float, ...]:
    (made,) = intent.shapes
    return made.x, made.y, made.w, made.h


def test_dragging_draws_a_box_of_the_current_label(hand) -> None:
    hand.take("box")
    hand.canvas.label_id = 2
    hand.drag((50, 60), (20, 90))
    (made,) = hand.intents
    assert rect(made) == (20, 60, 30, 30)
    assert (made.image, made.shapes[0].label, made.shapes[0].id, made.select) == (7, 2, "", True)
    assert hand.tool.name == "box"


def test_two_clicks_draw_a_box(hand) -> None:
    hand.take("box")
    hand.click(50, 60)
    assert hand.tool.drawing
    hand.move(90, 70)
    hand.paint()
    hand.click(100, 80)
    assert rect(hand.intents[0]) == (50, 60, 50, 20)
    assert not hand.tool.drawing


@pytest.mark.parametrize(
    ("held", "expected"),
    [(SHIFT, (50, 60, 40, 40)), (CTRL, (10, 40, 80, 40)), (SHIFT | CTRL, (10, 20, 80, 80))],
)
def test_shift_makes_it_square_and_control_grows_it_from_the_middle(hand, held, expected) -> None:
    hand.take("box")
    hand.drag((50, 60), (90, 80), held=held)
    assert rect(hand.intents[0]) == expected


def test_boxes_end_at_the_image(hand) -> None:
    hand.take("box")
    hand.drag((-5, 250), (60, 315))
    assert rect(hand.intents[0]) == (0, 250, 60, 50)
    hand.drag((380, 280), (500, 300), held=SHIFT)
    assert rect(hand.intents[1]) == (380, 280, 20, 20)


def test_a_box_of_no_size_is_refused_with_a_word(hand) -> None:
    hand.take("box")
    hand.drag((50, 60), (90, 60.2))
    assert hand.intents == []
    assert hand.words


def test_without_a_label_nothing_begins_and_a_word_says_why(hand) -> None:
    hand.canvas.label_id = None
    hand.take("box")
    hand.drag((50, 60), (90, 90))
    assert hand.intents == []
    assert "label" in hand.words[-1]


def test_escape_drops_a_box(hand) -> None:
    hand.take("box")
    hand.click(50, 60)
    assert hand.tool.cancel()
    assert not hand.tool.cancel()
    hand.move(100, 100)
    assert hand.intents == []


def test_another_image_forgets_the_first_corner(hand) -> None:
    hand.take("box")
    hand.click(50, 60)
    hand.canvas.set_image(8, 400, 300)
    assert not hand.tool.drawing
    hand.drag((10, 10), (30, 30))
    assert hand.intents[0].image == 8


def test_resting_at_the_border_with_a_box_begun_pans(hand, qtbot) -> None:
    hand.take("box")
    hand.canvas.view.scale = 6.0
    hand.canvas.view.pan(-200, -200)
    before = hand.canvas.view.left
    x, y = hand.canvas.view.to_image(hand.canvas.view.middle())
    hand.press(x, y)
    edge = hand.canvas.view.to_image(hand.canvas.view.middle())[1]
    right = (hand.canvas.view.viewport[0] - 2 - before) / hand.canvas.view.scale
    hand.move(right, edge)
    qtbot.waitUntil(lambda: hand.canvas.view.left < before - 50, timeout=30_000)
    width = hand.tool.rect()[2]
    assert width > right - x
    hand.release(right, edge)


def test_a_double_click_fits_the_view_and_begins_nothing(hand) -> None:
    hand.take("box")
    hand.double(50, 60)
    assert hand.canvas.view.fitted
    assert not hand.tool.drawing
