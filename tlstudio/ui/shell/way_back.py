"""Esc leaves a text field, to where the keys of the page work again."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from tlstudio.ui.key_names import pressed
from tlstudio.ui.keymap import is_field, typing


class WayBack(QObject):
    """Remembers what had the focus before a field got it."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._from: QWidget | None = None
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._changed)

    def press(self, event: QKeyEvent, page: QWidget | None) -> bool:
        """Leave the field on Esc; false where the key means something else."""
        if pressed(event) != ("Esc",) or not typing():
            return False
        back = self._from
        if back is None or not isValid(back) or not back.isVisible():
            back = page or self._window
        back.setFocus()
        return True

    def _changed(self, old: QWidget | None, now: QWidget | None) -> None:
        if not isValid(self._window):
            return  # the program ends
        inside = old is not None and isValid(old) and self._window.isAncestorOf(old)
        if is_field(now) and inside and not is_field(old):
            self._from = old
