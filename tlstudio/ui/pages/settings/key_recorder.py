"""A field that waits for one key and tells its name."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLabel

from tlstudio.ui.key_names import canonical, pressed
from tlstudio.ui.widgets.basics import named
from tlstudio.ui.words import tr


class KeyRecorder(QLabel):
    """While it has the focus every key is recorded, also those that act elsewhere; Esc leaves."""

    recorded = Signal(str)
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        named(self, "keysRecorder", tr("Press the new key; Esc leaves"))
        self.setProperty("role", "recorder")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumHeight(28)
        self.setText(tr("Press the new key. Esc leaves."))

    def event(self, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if kind == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            self._take(event)
            event.accept()
            return True
        return super().event(event)

    def _take(self, event: QKeyEvent) -> None:
        names = [name for name in map(canonical, pressed(event)) if name]
        if names == ["Esc"]:
            self.left.emit()
        elif names:
            self.recorded.emit(names[0])

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() is not Qt.FocusReason.ActiveWindowFocusReason:
            self.left.emit()
