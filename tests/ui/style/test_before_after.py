"""The picture before and after, with the divider between them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tlstudio.ui.theme import theme
from tlstudio.ui.widgets.before_after import BeforeAfter

RED, BLUE = QColor(200, 0, 0), QColor(0, 0, 200)
LEFT = Qt.MouseButton.LeftButton


def plain(colour: QColor, width: int, height: int) -> QImage:
    picture = QImage(width, height, QImage.Format.Format_RGB32)
    picture.fill(colour)
    return picture


@pytest.fixture
def shown(qapp: QApplication) -> Iterator[BeforeAfter]:
    """400 x 300 on screen: red before, blue after at half the size."""
    theme().apply("dark")
    made = BeforeAfter("compare", "Before and after")
    made.resize(400, 300)
    made.show_before(plain(RED, 200, 100))
    made.show_after(plain(BLUE, 100, 50))
    made.show()
    made.setFocus()
    yield made
    made.close()
    made.deleteLater()


def colour_at(widget: BeforeAfter, x: float, y: float) -> QColor:
    """The colour on screen at a pixel of the picture before."""
    at = widget.view.to_screen(x, y).toPoint()
    return widget.grab().toImage().pixelColor(at)


def line_at(widget: BeforeAfter) -> QPoint:
    """Where the divider stands on screen, in the middle of its height."""
    view = widget.view
    x, y, w, h = view.rect_to_screen(view.visible())
    return QPointF(x + widget.divider * w, y + h / 2).toPoint()


def test_each_side_shows_its_picture(shown) -> None:
    assert colour_at(shown, 40, 70) == RED
    assert colour_at(shown, 160, 70) == BLUE
    assert (shown.view.width, shown.view.height) == (200, 100)


def test_dragging_the_divider_moves_it(shown) -> None:
    told: list[float] = []
    shown.divided.connect(told.append)
    start = line_at(shown)
    QTest.mousePress(shown, LEFT, pos=start)
    QTest.mouseMove(shown, start + QPoint(90, 0))
    QTest.mouseRelease(shown, LEFT, pos=start + QPoint(90, 0))
    assert 0.7 < shown.divider < 0.78
    assert told[-1] == shown.divider
    assert colour_at(shown, 130, 70) == RED
    assert shown.view.fitted


def test_dragging_elsewhere_moves_the_picture(shown) -> None:
    left, divider = shown.view.left, shown.divider
    start = line_at(shown) - QPoint(100, 20)
    QTest.mousePress(shown, LEFT, pos=start)
    QTest.mouseMove(shown, start + QPoint(-30, 0))
    QTest.mouseRelease(shown, LEFT, pos=start)
    assert shown.view.left == left - 30
    assert shown.divider == divider


@pytest.mark.parametrize(
    ("key", "share"),
    [
        (Qt.Key.Key_Left, 0.48),
        (Qt.Key.Key_Right, 0.52),
        (Qt.Key.Key_PageDown, 0.6),
        (Qt.Key.Key_Home, 0.0),
        (Qt.Key.Key_End, 1.0),
    ],
)
def test_keys_move_the_divider(shown, key, share) -> None:
    QTest.keyClick(shown, key)
    assert shown.divider == pytest.approx(share)


def test_the_divider_stays_within_the_picture(shown) -> None:
    for _ in range(8):
        QTest.keyClick(shown, Qt.Key.Key_PageUp)
    assert shown.divider == 0
    assert colour_at(shown, 4, 70) == BLUE


def test_space_shows_the_picture_before_while_it_is_held(shown) -> None:
    QTest.keyPress(shown, Qt.Key.Key_Space)
    assert colour_at(shown, 160, 70) == RED
    QTest.keyRelease(shown, Qt.Key.Key_Space)
    assert colour_at(shown, 160, 70) == BLUE


def test_keys_look_closer_and_move_the_view(shown) -> None:
    scale = shown.view.scale
    QTest.keyClick(shown, Qt.Key.Key_Plus)
    assert shown.view.scale > scale
    left = shown.view.left
    QTest.keyClick(shown, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert shown.view.left > left
    QTest.keyClick(shown, Qt.Key.Key_1)
    assert shown.view.device_scale == pytest.approx(1)
    QTest.keyClick(shown, Qt.Key.Key_0)
    assert shown.view.fitted and shown.view.scale == pytest.approx(scale)


def test_a_double_click_goes_between_the_whole_and_true_pixels(shown) -> None:
    QTest.mouseDClick(shown, LEFT, pos=QPoint(60, 100))
    assert shown.view.device_scale == pytest.approx(1)
    QTest.mouseDClick(shown, LEFT, pos=QPoint(60, 100))
    assert shown.view.fitted


def test_a_larger_result_keeps_the_place(shown) -> None:
    shown.zoom(2.0)
    before = (shown.view.scale, shown.view.left)
    shown.show_after(plain(BLUE, 400, 200))
    assert (shown.view.scale, shown.view.left) == before
    assert colour_at(shown, 130, 70) == BLUE


def test_without_a_picture_after_all_is_before(shown) -> None:
    shown.show_after(None)
    assert colour_at(shown, 190, 70) == RED
    assert "before" in shown.accessibleDescription()


def test_a_screen_reader_hears_where_the_divider_is(shown) -> None:
    QTest.keyClick(shown, Qt.Key.Key_PageDown)
    assert "60%" in shown.accessibleDescription()
