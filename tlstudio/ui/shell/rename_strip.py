"""Renaming the project: a strip under the top bar, no dialog."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame

from tlstudio.ui.widgets.basics import button, field, label, row
from tlstudio.ui.words import tr


class RenameStrip(QFrame):
    """Enter renames, Esc leaves it as it was."""

    renamed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("renameStrip")
        self.setProperty("role", "side")
        self._name = field("renameField", tr("New name of the project"))
        self._name.setMaximumWidth(360)
        self._name.returnPressed.connect(self._accept)
        inside = row(
            label(tr("Project name"), "dim"),
            self._name,
            button(tr("Rename"), "renameAccept", self._accept, role="primary"),
            button(tr("Cancel"), "renameCancel", self.hide),
            None,
        )
        inside.setContentsMargins(16, 8, 16, 8)
        self.setLayout(inside)
        self.hide()

    def start(self, name: str) -> None:
        self._name.setText(name)
        self.show()
        self._name.selectAll()
        self._name.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)

    def _accept(self) -> None:
        if self._name.text().strip():
            self.hide()
            self.renamed.emit(self._name.text().strip())
