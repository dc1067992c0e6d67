"""What a screen reader says at once, beyond the names of the controls."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QAbstractItemView, QWidget


def speak(widget: QWidget, text: str) -> None:
    """Let a screen reader say `text`, politely; nothing where none is running."""
    if text and QAccessible.isActive() and widget.isVisible():
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(widget, text))


def speak_current(view: QAbstractItemView) -> None:
    """Let `view` say the item the keys are on. For views that Qt does not know the items of."""

    def told(current: QModelIndex, _before: QModelIndex) -> None:
        text = str(current.data(Qt.ItemDataRole.AccessibleTextRole) or "")
        view.setAccessibleDescription(text)
        if view.hasFocus():
            speak(view, text)

    view.selectionModel().currentChanged.connect(told)
