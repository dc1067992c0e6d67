"""The rail at the left: the pages in the order of the work, Settings and Help at its foot."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QToolButton

from tlstudio.ui.icons import set_icon
from tlstudio.ui.pages import PageSpec
from tlstudio.ui.shortcuts import tell_keys
from tlstudio.ui.theme import theme
from tlstudio.ui.widgets.basics import column, named
from tlstudio.ui.words import tr


class Rail(QFrame):
    chosen = Signal(str)
    help_wanted = Signal()

    def __init__(self, pages: Sequence[PageSpec]) -> None:
        super().__init__()
        named(self, "rail", tr("Pages"))
        self.setFixedWidth(theme().tokens.sizes["rail"])
        self._buttons: dict[str, QToolButton] = {}
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        top = [self._page(s, f"app.page.{s.key}") for s in pages if s.place == "rail"]
        foot = [self._page(spec, f"app.{spec.key}") for spec in pages if spec.place == "foot"]
        helping = self._button("help", "help", tr("Help"))
        tell_keys(helping, tr("Keys and help"), "app.keys")
        helping.clicked.connect(self.help_wanted)
        inside = column(*top, None, *foot, helping, gap=4)
        inside.setContentsMargins(4, 8, 4, 8)
        self.setLayout(inside)

    def show_page(self, key: str) -> None:
        """Mark the page in front; a page without a button leaves the mark where it was."""
        if key in self._buttons:
            self._buttons[key].setChecked(True)

    def _page(self, spec: PageSpec, command: str) -> QToolButton:
        made = self._button(spec.key, spec.icon, tr(spec.title))
        tell_keys(made, tr(spec.title), command)
        made.setCheckable(True)
        made.clicked.connect(lambda _on=False, key=spec.key: self.chosen.emit(key))
        self._group.addButton(made)
        self._buttons[spec.key] = made
        return made

    def _button(self, key: str, icon: str, title: str) -> QToolButton:
        made = named(QToolButton(), f"rail_{key}", title)
        made.setText(title)
        made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        set_icon(made, icon, "dim", "accent_text", 20)
        return made
