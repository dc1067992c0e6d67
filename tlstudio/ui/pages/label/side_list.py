"""A list at the side of the canvas whose letters and digits are keys of the page."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QListView

from tlstudio.ui.pages.images.keys import is_for_page
from tlstudio.ui.widgets.basics import named


class SideList(QListView):
    """Reached by Tab only: a click leaves the keys where they work."""

    def __init__(self, name: str, says: str, mode: QAbstractItemView.SelectionMode) -> None:
        super().__init__()
        named(self, name, says)
        self.setProperty("role", "bare")
        self.setUniformItemSizes(True)
        self.setSelectionMode(mode)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def keyboardSearch(self, _text: str) -> None:
        """Letters and digits never search."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if is_for_page(event):
            event.ignore()
            return
        super().keyPressEvent(event)
