"""Small framed questions under the list of labels: a new name, and whether it shall be done."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea

from tlstudio.domain.labels import Label
from tlstudio.ui.widgets.basics import button, column, field, label, named, row
from tlstudio.ui.words import tr


class Question(QFrame):
    """Comes into sight when it is asked; Esc closes it."""

    def __init__(self, name: str, says: str, close: Callable[[], object]) -> None:
        super().__init__()
        named(self, name, says)
        self.setProperty("role", "panel")
        self._close = close

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        QTimer.singleShot(0, self, self._come_into_sight)

    def _come_into_sight(self) -> None:
        above = self.parentWidget()
        while above is not None and not isinstance(above, QScrollArea):
            above = above.parentWidget()
        if above is not None:
            above.ensureWidgetVisible(self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._close()
        else:
            super().keyPressEvent(event)


class Rename(Question):
    """Asks for another name; `rename(label, name)` gets it."""

    def __init__(
        self, made: Label, close: Callable[[], object], rename: Callable[[Label, str], object]
    ) -> None:
        super().__init__("renameLabelPanel", tr("Rename {name}", name=made.name), close)
        self._name = field("renameLabel", tr("New name of {name}", name=made.name), made.name)
        self._name.selectAll()
        self.setFocusProxy(self._name)

        def accept() -> None:
            if self._name.text().strip():
                rename(made, self._name.text().strip())

        self._name.returnPressed.connect(accept)
        buttons = row(
            None,
            button(tr("Cancel"), "renameLabelCancel", close),
            button(tr("Rename"), "renameLabelAccept", accept, role="primary"),
        )
        inside = column(label(tr("Rename {name}", name=made.name), "heading"), self._name, buttons)
        inside.setContentsMargins(12, 12, 12, 12)
        self.setLayout(inside)


class Confirm(Question):
    """What will change, said before it does; the safe button has the focus."""

    def __init__(
        self,
        name: str,
        text: str,
        verb: str,
        close: Callable[[], object],
        act: Callable[[], object],
    ) -> None:
        super().__init__(f"{name}LabelPanel", text, close)
        cancel = button(tr("Cancel"), f"{name}LabelCancel", close)
        self.setFocusProxy(cancel)
        go = button(verb, f"{name}LabelAccept", act, role="danger")
        inside = QGridLayout()
        inside.setContentsMargins(12, 12, 12, 12)
        inside.addWidget(label(text, wrap=True, name=f"{name}LabelText"), 0, 0)
        inside.addLayout(row(None, cancel, go), 1, 0)
        self.setLayout(inside)
