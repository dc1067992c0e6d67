"""Keys that hold wherever the focus is: in the whole window while their widget is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject
from PySide6.QtGui import QShortcut
from PySide6.QtWidgets import QAbstractButton, QWidget

from tlstudio.ui.key_names import sequences
from tlstudio.ui.keymap import keymap

Acts = Mapping[str, Callable[[], object]]


class Shortcuts(QObject):
    """Gives each command of `acts` the keys it has in the keymap, now and after changes."""

    def __init__(self, widget: QWidget, acts: Acts) -> None:
        super().__init__(widget)
        self.acts = acts
        self._widget = widget
        self._made: list[QShortcut] = []
        keymap().changed.connect(self._refresh)
        self._refresh()

    def _refresh(self) -> None:
        for old in self._made:
            old.setEnabled(False)
            old.deleteLater()
        self._made = []
        for command, act in self.acts.items():
            for key in keymap().keys(command):
                for sequence in sequences(key):
                    shortcut = QShortcut(sequence, self._widget)
                    shortcut.setObjectName(f"key_{command}")
                    shortcut.activated.connect(act)
                    self._made.append(shortcut)


def press(button: QAbstractButton) -> Callable[[], None]:
    """What a key does that stands for a button: nothing while it is off or hidden."""

    def act() -> None:
        if button.isVisible() and button.isEnabled():
            button.click()

    return act


def tell_keys(widget: QWidget, says: str, command: str) -> None:
    """Keep the tooltip of `widget` at what it does and the keys that do it now."""
    _Tip(widget, says, command)


class _Tip(QObject):
    """Dies with its widget, and its connection with it."""

    def __init__(self, widget: QWidget, says: str, command: str) -> None:
        super().__init__(widget)
        self._widget, self._says, self._command = widget, says, command
        keymap().changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        keys = keymap().text(self._command)
        tip = f"{self._says} ({keys})" if keys else self._says
        kept = self._widget.property("tlTip")
        # `disable` keeps the usual tooltip in this property while it shows a reason.
        if kept is None or self._widget.isEnabled():
            self._widget.setToolTip(tip)
        if kept is not None:
            self._widget.setProperty("tlTip", tip)
