"""The popup of a filter, by keys and by mouse."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QListWidget, QPushButton

from tlstudio.ui.widgets.choices import Choice, ChoicePopup

KEY = Qt.Key


def make(qtbot, count: int) -> tuple[ChoicePopup, QListWidget, list[frozenset[object]]]:
    anchor = QPushButton("Filter")
    qtbot.addWidget(anchor)
    anchor.show()
    popup = ChoicePopup("letters", "Letters", anchor)
    popup.anchor = anchor  # it keeps both alive
    told: list[frozenset[object]] = []
    popup.changed.connect(told.append)
    popup.fill([Choice(n, f"choice {n}", n) for n in range(count)], frozenset())
    popup.open_below(anchor)
    return popup, popup.findChild(QListWidget), told


def test_space_ticks_and_a_click_on_the_words_afterwards_counts(qtbot) -> None:
    popup, rows, told = make(qtbot, 4)
    assert rows.currentRow() == 0
    QTest.keyClick(rows, KEY.Key_Down)
    QTest.keyClick(rows, KEY.Key_Space)
    assert told == [{1}]
    words = rows.visualItemRect(rows.item(2)).center() + QPoint(20, 0)
    QTest.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=words)
    assert told[-1] == {1, 2}
    QTest.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=words)
    assert told[-1] == {1}
    popup.hide()


def test_down_leads_from_the_search_to_what_it_found(qtbot) -> None:
    popup, rows, told = make(qtbot, 12)
    search = popup.findChild(QLineEdit)
    QTest.keyClicks(search, "11")
    search.setFocus()
    qtbot.waitUntil(search.hasFocus)
    QTest.keyClick(search, KEY.Key_Down)
    QTest.keyClick(rows, KEY.Key_Space)
    assert told == [{11}]
    popup.hide()
