"""Every command with its keys, in a list that can be searched."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem

from tlstudio.ui.commands import COMMANDS
from tlstudio.ui.keymap import keymap
from tlstudio.ui.widgets.basics import named
from tlstudio.ui.words import tr


def scope_word(scope: str) -> str:
    """Where a command means something."""
    return {
        "everywhere": tr("Everywhere"),
        "images": tr("Images"),
        "label": tr("Label"),
        "train": tr("Train"),
        "tryout": tr("Try an image"),
        "style": tr("Style"),
    }[scope]


class KeyList(QTableWidget):
    """Every command; Enter or a double click waits for a key, Delete takes the last one away.

    `chosen(command id)` follows the selection; `wanted` and `removed` are about the one chosen.
    """

    chosen = Signal(str)
    wanted = Signal()
    removed = Signal()

    def __init__(self) -> None:
        super().__init__(len(COMMANDS), 4)
        named(self, "keysTable", tr("Commands and their keys"))
        self.setProperty("role", "framed")
        self.setHorizontalHeaderLabels([tr("Command"), tr("Page"), tr("Keys"), ""])
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(28)
        self.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.setSelectionMode(QTableWidget.SelectionMode.SingleSelection)
        self.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setFixedHeight(336)
        header = named(self.horizontalHeader(), "keysHeader", tr("Columns"))
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for section, wide in enumerate((380, 110, 260)):
            header.setSectionResizeMode(section, QHeaderView.ResizeMode.Interactive)
            self.setColumnWidth(section, wide)
        header.setStretchLastSection(True)
        self._fill_fixed()
        self.itemSelectionChanged.connect(self._select)
        self.itemDoubleClicked.connect(lambda _item: self.wanted.emit())

    def _fill_fixed(self) -> None:
        for place, made in enumerate(COMMANDS):
            title = QTableWidgetItem(tr(made.title))
            title.setData(Qt.ItemDataRole.UserRole, made.id)
            self.setItem(place, 0, title)
            self.setItem(place, 1, QTableWidgetItem(scope_word(made.scope)))
            self.setItem(place, 2, QTableWidgetItem())
            self.setItem(place, 3, QTableWidgetItem())

    def fill(self) -> None:
        """Show the keys in force."""
        for place, made in enumerate(COMMANDS):
            self.item(place, 2).setText(keymap().text(made.id))
            self.item(place, 3).setText(tr("changed") if keymap().is_own(made.id) else "")

    def show_matching(self, text: str) -> int:
        """Show only what `text` is part of: a title, a group, a page, a key. How many are left."""
        words = text.casefold().split()
        left = 0
        for place, made in enumerate(COMMANDS):
            cells = [self.item(place, column).text() for column in range(3)]
            told = " ".join((*cells, tr(made.group))).casefold()
            found = all(word in told for word in words)
            self.setRowHidden(place, not found)
            left += found
        if left and (self.currentRow() < 0 or self.isRowHidden(self.currentRow())):
            self.selectRow(next(n for n in range(len(COMMANDS)) if not self.isRowHidden(n)))
        return left

    def _select(self) -> None:
        if self.currentRow() >= 0:
            self.chosen.emit(COMMANDS[self.currentRow()].id)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F2):
            self.wanted.emit()
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removed.emit()
        else:
            super().keyPressEvent(event)
