"""Cutting shapes along a line."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from tlstudio.ui.canvas.intents import Split

SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def chosen(hand, load, shapes):
    load(shapes.box("a", 100, 100, 100, 100), shapes.mask("m", 250, 100, 50, 50),
         shapes.box("l", 10, 10, 30, 30, attributes={"locked": True}))  # fmt: skip
    hand.canvas.scene.select(["a", "m", "l"])
    hand.take("cut")
    return hand


def test_a_dragged_line_cuts_what_is_selected_and_not_locked(chosen) -> None:
    chosen.press(50, 150)
    chosen.move(200, 150)
    chosen.paint()
    chosen.move(320, 150)
    chosen.release(320, 150)
    assert chosen.intents == [Split(7, ("a", "m"), ((50.0, 150.0), (320.0, 150.0)))]
    assert not chosen.tool.drawing


def test_a_clicked_line_is_finished_by_enter(chosen) -> None:
    for point in ((50, 120), (150, 180), (999, 999)):
        chosen.click(*point)
    chosen.tool.step_back()
    chosen.click(250, 120)
    assert chosen.tool.finish()
    assert chosen.intents == [Split(7, ("a", "m"), ((50.0, 120.0), (150.0, 180.0), (250.0, 120.0)))]


def test_a_double_click_finishes_the_line(chosen) -> None:
    chosen.click(150, 50)
    chosen.double(150, 250)
    assert chosen.intents == [Split(7, ("a", "m"), ((150.0, 50.0), (150.0, 250.0)))]


def test_shift_keeps_to_45_degrees(chosen) -> None:
    chosen.drag((50, 150), (300, 160), held=SHIFT)
    assert chosen.intents[0].line[1] == pytest.approx((300, 150))


def test_one_point_is_no_cut(chosen) -> None:
    chosen.click(150, 50)
    assert chosen.tool.finish()
    assert chosen.intents == []
    assert "two points" in chosen.words[-1]
    assert chosen.tool.cancel()


def test_a_cut_needs_a_selection(chosen) -> None:
    chosen.canvas.scene.select([])
    chosen.drag((50, 150), (300, 160))
    assert chosen.intents == []
    assert "Select" in chosen.words[-1]
    chosen.canvas.scene.select(["l"])
    chosen.drag((5, 20), (60, 20))
    assert chosen.intents == []
    assert "locked" in chosen.words[-1]
