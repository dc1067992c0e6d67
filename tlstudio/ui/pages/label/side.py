"""The panel at the right of the canvas: labels, shapes, view, review; each part folds away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QWidget

from tlstudio.ui.pages.label.section import Section
from tlstudio.ui.widgets.basics import column, line, named, scrolling
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.ui.pages.label.memory import Memory

LEAST, USUAL, MOST = 256, 304, 480


class SidePanel(QWidget):
    """Sections by name: labels, shapes, look, review. Which are open is remembered."""

    def __init__(self, memory: Memory, bodies: dict[str, QWidget]) -> None:
        super().__init__()
        named(self, "labelSide", tr("Labels and shapes"))
        self.setProperty("role", "side")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setMinimumWidth(LEAST)
        self.setMaximumWidth(MOST)
        titles = {
            "labels": tr("Labels"),
            "shapes": tr("Shapes"),
            "look": tr("View"),
            "review": tr("Review"),
        }
        self.sections: dict[str, Section] = {}
        inside = QWidget()
        body = column(gap=0)
        for name, made in bodies.items():
            is_open = memory.get(f"open.{name}", name in ("labels", "shapes"))
            section = Section(name, titles[name], made, is_open=is_open)
            section.folded.connect(lambda on, n=name: self._folded(n, on))
            self.sections[name] = section
            body.addWidget(section)
            body.addWidget(line())
        body.addStretch(1)
        inside.setLayout(body)
        self._memory = memory
        self.area = scrolling(inside, "labelSideScroll", tr("Labels and shapes"))
        self.setLayout(column(self.area, gap=0))

    def open(self, name: str) -> None:
        """Unfold a section and bring it into view."""
        self.sections[name].set_open(True)
        self._folded(name, True)

    def _folded(self, name: str, on: bool) -> None:
        self._memory.put(f"open.{name}", on)
        if on:  # it has its height once the layouts have heard of it
            QTimer.singleShot(0, self.area, lambda: self._show(self.sections[name]))

    def _show(self, section: Section) -> None:
        """Bring a section into view, its head or what has the focus in it first."""
        self.area.ensureWidgetVisible(section, 0, 0)
        within = self.focusWidget()
        if section.height() > self.area.viewport().height():
            self.area.ensureWidgetVisible(section.head, 0, 0)
        if within is not None and section.isAncestorOf(within):
            self.area.ensureWidgetVisible(within, 0, 12)
