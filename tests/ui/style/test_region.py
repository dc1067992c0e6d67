"""Painting where a style goes, by mouse and by keys."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from tlstudio.ui.pages.style.region_editor import RegionEditor
from tlstudio.ui.theme import theme

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def editor(qapp: QApplication) -> Iterator[RegionEditor]:
    """Painting on a grey picture of 2000 x 1000, with a brush of 40 pixels on screen."""
    theme().apply("dark")
    made = RegionEditor()
    made.resize(700, 500)
    made.show()
    picture = QImage(200, 100, QImage.Format.Format_RGB32)
    picture.fill(QColor(90, 90, 90))
    made.start("starry night", picture, (2000, 1000), None)
    made.canvas.set_brush(40)
    yield made
    made.close()
    made.deleteLater()


def press(editor: RegionEditor, name: str) -> None:
    QTest.mouseClick(editor.findChild(QPushButton, name), LEFT)


def stroke(editor: RegionEditor, start: QPoint, end: QPoint) -> None:
    canvas = editor.canvas
    QTest.mousePress(canvas, LEFT, pos=start)
    QTest.mouseMove(canvas, end)
    QTest.mouseRelease(canvas, LEFT, pos=end)


def test_a_stroke_becomes_a_region_of_the_content(editor) -> None:
    told = []
    editor.done.connect(lambda region, share: told.append((region, share)))
    use = editor.findChild(QPushButton, "style_region_use")
    assert not use.isEnabled() and "Paint" in use.toolTip()
    view = editor.canvas.view
    stroke(editor, view.to_screen(500, 500).toPoint(), view.to_screen(1500, 500).toPoint())
    press(editor, "style_region_use")
    ((region, share),) = told
    assert region.shape == (512, 1024)
    assert set(np.unique(region)) == {0, 255}
    assert region[256, 512] == 255 and region[256, 100] == 0 and region[20, 512] == 0
    width = 40 / view.scale / 2000
    assert share == pytest.approx((0.5 + width) * 2 * width, rel=0.15)


def test_the_eraser_takes_away_and_undo_brings_back(editor) -> None:
    canvas = editor.canvas
    stroke(editor, QPoint(200, 200), QPoint(400, 200))
    whole = canvas.share()
    press(editor, "style_region_tool_eraser")
    stroke(editor, QPoint(200, 200), QPoint(300, 200))
    assert 0 < canvas.share() < whole
    assert editor.undo() and canvas.share() == whole
    assert editor.undo() and canvas.share() == 0
    assert not editor.undo()


def test_inverting_and_clearing(editor) -> None:
    canvas = editor.canvas
    stroke(editor, QPoint(200, 200), QPoint(400, 200))
    share = canvas.share()
    press(editor, "style_region_invert")
    assert canvas.share() == pytest.approx(1 - share, abs=0.01)
    press(editor, "style_region_clear")
    assert canvas.share() == 0


def test_all_of_it_by_keys(editor) -> None:
    told = []
    editor.done.connect(lambda region, share: told.append(share))
    canvas = editor.canvas
    assert canvas.hasFocus()
    QTest.keyClick(canvas, Qt.Key.Key_BracketRight)
    assert canvas.brush > 40
    QTest.keyClick(canvas, Qt.Key.Key_Space)
    for _ in range(20):
        QTest.keyClick(canvas, Qt.Key.Key_Right)
    QTest.keyClick(canvas, Qt.Key.Key_Space)
    painted = canvas.share()
    QTest.keyClick(canvas, Qt.Key.Key_Right)
    assert canvas.share() == painted > 0
    QTest.keyClick(canvas, Qt.Key.Key_Return)
    assert told == [painted]


def test_escape_gives_up(editor) -> None:
    told = []
    editor.given_up.connect(lambda: told.append(True))
    QTest.keyClick(editor.canvas, Qt.Key.Key_Escape)
    assert told


def test_it_goes_on_from_a_region_that_was_there(editor) -> None:
    before = np.zeros((256, 512), np.uint8)
    before[:, :256] = 255
    editor.start("x", QImage(20, 10, QImage.Format.Format_RGB32), (2000, 1000), before)
    assert editor.canvas.share() == pytest.approx(0.5)
    assert not editor.undo()
