"""What the tool in hand can be set to, by the panel and by the wheel."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QCheckBox, QFrame, QSlider

ALT = Qt.KeyboardModifier.AltModifier


def turn(hand, steps: int) -> None:
    """Turn the wheel with Alt held, in the middle of the canvas."""
    at = hand.canvas.view.middle()
    event = QWheelEvent(
        at, hand.canvas.mapToGlobal(at), QPoint(), QPoint(0, 120 * steps),
        Qt.MouseButton.NoButton, ALT, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(hand.canvas, event)


def test_the_panel_follows_the_wheel(hand) -> None:
    hand.page.hand.take("brush")
    before = hand.canvas.brush_radius
    turn(hand, 2)
    assert hand.canvas.brush_radius > before
    assert hand.driver.find("toolOption", QSlider).value() == hand.canvas.brush_radius
    hand.page.hand.take("fill")
    tolerance = hand.canvas.tool.tolerance
    turn(hand, 1)
    assert hand.driver.find("toolOption", QSlider).value() > tolerance


def test_the_smart_outline_is_smoothed_and_becomes_a_mask_where_wanted(hand) -> None:
    hand.page.hand.take("outline")
    tool = hand.canvas.tool
    slider = hand.driver.find("toolOption", QSlider)
    slider.setValue(10)
    assert tool.tolerance == pytest.approx(2.5)
    turn(hand, 2)
    assert slider.value() == 12
    hand.driver.click("toolAsMask")
    assert tool.as_mask
    assert hand.driver.find("toolAsMask", QCheckBox).isChecked()


def test_tools_without_options_have_no_panel(hand) -> None:
    hand.page.hand.take("outline")
    assert hand.page.findChild(QFrame, "toolOptions").isVisible()
    hand.page.hand.take("box")
    assert not hand.page.findChild(QFrame, "toolOptions").isVisible()
