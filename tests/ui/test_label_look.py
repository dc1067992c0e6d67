"""Labels are told apart without colour."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from tlstudio.domain.labels import COLOURS, colour_for
from tlstudio.ui.label_look import line_style, outline, patterns, texture


@pytest.fixture(autouse=True)
def patterns_on() -> Iterator[None]:
    patterns().set_on(True)
    yield
    patterns().set_on(True)


def test_no_two_of_the_first_labels_look_alike() -> None:
    looks = [(line_style(n), texture(n)) for n in range(1, 29)]
    assert len(set(looks)) == 28
    assert Qt.PenStyle.DashLine not in {line for line, _ in looks}
    assert len({(line, colour_for(n)) for n, (line, _) in enumerate(looks)}) == 28
    assert len(COLOURS) == 14


def test_neighbours_differ_in_line_and_filling() -> None:
    for n in range(1, 40):
        assert line_style(n) != line_style(n + 1)
        assert texture(n) != texture(n + 1)


def test_patterns_can_be_switched_off_and_tell_so(qtbot) -> None:
    with qtbot.waitSignal(patterns().changed):
        patterns().set_on(False)
    assert {line_style(n) for n in range(1, 9)} == {Qt.PenStyle.SolidLine}
    assert {texture(n) for n in range(1, 9)} == {Qt.BrushStyle.SolidPattern}


def test_the_pen_keeps_its_width_at_every_zoom() -> None:
    pen = outline(2, QColor("#E69F00"), 1.5)
    assert pen.isCosmetic()
    assert pen.style() == line_style(2)
    assert pen.color() == QColor("#E69F00")
