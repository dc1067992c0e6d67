"""What a screen reader is told while images and shapes are walked through by keys."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible

from tlstudio.ui import speech
from tlstudio.ui.canvas.canvas import Canvas


@pytest.fixture
def told(monkeypatch) -> Iterator[list[str]]:
    """The words, in the order in which they were said."""
    words: list[str] = []

    reader = SimpleNamespace(
        isActive=lambda: True, updateAccessibility=lambda event: words.append(event.message())
    )
    monkeypatch.setattr(speech, "QAccessible", reader)
    yield words


def test_the_image_that_the_keys_are_on_is_said(opened, told) -> None:
    page = opened.window.page("images")
    page.grid.setFocus()
    opened.press(Qt.Key.Key_Right, on=page.grid)
    row = page.model.row_at(page.grid.currentIndex().row())
    assert row.name in told[-1]
    assert row.state.value in told[-1]
    assert QAccessible.queryAccessibleInterface(page.grid).text(
        QAccessible.Text.Description
    ) == told[-1]  # fmt: skip


def test_the_last_action_and_the_selected_shape_are_said(opened, told, qtbot) -> None:
    opened.context.status_text.emit("Two shapes copied")
    assert told == ["Two shapes copied"]
    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.show()
    canvas.activateWindow()
    canvas.setFocus()
    qtbot.waitUntil(canvas.hasFocus)
    canvas.set_image(1, 100, 100)
    assert told[-1] == "0 shapes"


def test_choices_say_what_they_choose(opened) -> None:
    sort = opened.window.page("images").tools.findChild(object, "sortChoice")
    read = QAccessible.queryAccessibleInterface(sort)
    assert read.text(QAccessible.Text.Description)
    assert read.text(QAccessible.Text.Description) != sort.currentText()
