"""The panel at the right of the images: the selection, the labels, problems, the split."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from tlstudio.ui.pages.images.labels_panel import LabelsPanel
from tlstudio.ui.widgets.basics import Segments, column, named, row, scrolling
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.ui.context import Context
    from tlstudio.ui.pages.images.facts import Facts

_WIDTH = 320


class SidePanel(QWidget):
    """`query_wanted` asks the page to show the images of a query; `opened`: a tab came up."""

    query_wanted = Signal(object)
    opened = Signal()

    def __init__(self, context: Context, facts: Facts) -> None:
        super().__init__()
        named(self, "sidePanel", tr("Facts and labels"))
        self.setProperty("role", "side")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(_WIDTH)
        self._context = context
        self.labels = LabelsPanel(context)
        self._tabs = Segments(
            "sideTabs",
            tr("Panel"),
            (
                ("selection", tr("Selection")),
                ("labels", tr("Labels")),
                ("split", tr("Split")),
                ("problems", tr("Problems")),
            ),
            self.show_tab,
        )
        self._stack = named(QStackedWidget(), "sideStack", tr("Facts and labels"))
        self._made: dict[str, QWidget] = {}
        self._add("selection", facts)
        self._add("labels", self.labels)
        top = row(self._tabs, None)
        top.setContentsMargins(12, 10, 12, 6)
        self.setLayout(column(top, self._stack, gap=0))
        self.show_tab("selection")

    def show_tab(self, name: str) -> None:
        """Bring selection, labels, split or problems to the front."""
        if name not in self._made:
            self._add(name, self._make(name))
        self._tabs.set_value(name)
        self._stack.setCurrentWidget(self._made[name])
        self.opened.emit()

    def show_split(self) -> None:
        self.show_tab("split")

    def show_problems(self) -> None:
        self.show_tab("problems")

    def tab(self) -> str:
        return self._tabs.value() or ""

    def _add(self, name: str, inside: QWidget) -> None:
        area = scrolling(inside, f"side_{name}", tr("Panel"))
        self._made[name] = area
        self._stack.addWidget(area)

    def _make(self, name: str) -> QWidget:
        if name == "split":
            from tlstudio.ui.pages.images.split_panel import SplitPanel

            split = SplitPanel(self._context)
            split.query_wanted.connect(self.query_wanted)
            return split
        from tlstudio.ui.pages.images.problems_panel import ProblemsPanel

        made = ProblemsPanel(self._context)
        made.query_wanted.connect(self.query_wanted)
        return made
