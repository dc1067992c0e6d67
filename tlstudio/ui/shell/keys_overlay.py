"""The overlay of F1: every key of the program and of the page in front."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QWidget

from tlstudio.ui.widgets.basics import button, column, label, named, panel, row, scrolling
from tlstudio.ui.words import tr

Keys = Sequence[tuple[str, str]]
_MOST = 640


def shell_keys(pages: Sequence[str]) -> Keys:
    """The keys that hold on every page; `pages` are the titles in the rail."""
    return (
        *((f"Ctrl+{n}", tr("Go to {page}", page=page)) for n, page in enumerate(pages, 1)),
        ("Ctrl+Z", tr("Undo")),
        ("Ctrl+Y", tr("Redo (Ctrl+Shift+Z as well)")),
        ("Ctrl+F", tr("Search")),
        ("Ctrl+N", tr("New project")),
        ("Ctrl+O", tr("Open a project")),
        ("Ctrl+,", tr("Settings")),
        ("F1", tr("Show or hide the keys")),
        ("Esc", tr("Close a panel, leave a field")),
    )


class KeysOverlay(QWidget):
    """Lies over the window; any click or Esc closes it."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        named(self, "keysOverlay", tr("Keys"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._body = QWidget()
        close = button(tr("Close"), "keysClose", self.hide)
        self._panel = panel(
            row(label(tr("Keys"), "title"), None, close, gap=16),
            scrolling(self._body, "keysScroll", tr("Keys")),
            gap=16,
            margin=24,
        )
        self._panel.setMaximumSize(760, _MOST)
        self._panel.setMinimumWidth(480)
        middle = column(row(None, self._panel, None))
        middle.setStretch(0, 1)
        inside = middle.itemAt(0).layout()
        inside.setStretch(1, 10)
        middle.setContentsMargins(48, 48, 48, 48)
        self.setLayout(middle)
        window.installEventFilter(self)
        self.hide()

    def show_keys(self, everywhere: Keys, page_title: str, page: Keys) -> None:
        old = self._body.layout()
        if old is not None:
            QWidget().setLayout(old)
        for child in self._body.findChildren(
            QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly
        ):
            child.deleteLater()
        columns = row(_table(tr("Everywhere"), everywhere), gap=32)
        if page:
            columns.addWidget(_table(page_title, page))
        columns.addStretch(1)
        self._body.setLayout(columns)
        self._panel.setMaximumHeight(min(_MOST, self._body.sizeHint().height() + 120))
        self.setGeometry(self.parentWidget().rect())
        self.show()
        self.raise_()
        self.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and watched is self.parent():
            self.setGeometry(self.parentWidget().rect())
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Return):
            self.hide()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self._panel.geometry().contains(event.position().toPoint()):
            self.hide()

    def paintEvent(self, _event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), QColor(0, 0, 0, 150))


def _table(title: str, keys: Keys) -> QFrame:
    made = QFrame()
    grid = QGridLayout()
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(8)
    grid.addWidget(label(title, "heading"), 0, 0, 1, 2)
    for index, (key, text) in enumerate(keys, 1):
        grid.addWidget(label(key, "key"), index, 0, Qt.AlignmentFlag.AlignLeft)
        grid.addWidget(label(text), index, 1)
    grid.setRowStretch(len(keys) + 1, 1)
    grid.setColumnStretch(1, 1)
    made.setLayout(grid)
    return made
