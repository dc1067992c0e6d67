"""What was done in the project, by whom and when; folded away until it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QAbstractItemView, QListWidget, QListWidgetItem, QScrollArea, QWidget

from tlstudio.domain.changes import Changes
from tlstudio.ui.lazy import service
from tlstudio.ui.pages.label.shape_facts import when
from tlstudio.ui.theme import theme
from tlstudio.ui.widgets.basics import button, column, named
from tlstudio.ui.words import count, say, tr

if TYPE_CHECKING:
    from tlstudio.domain.review import Step
    from tlstudio.ui.context import Context

_ROWS = 6
_HIGH = 40


class HistoryList(QWidget):
    """`step_wanted` on a double click or Enter on a step that touched images, with its id."""

    step_wanted = Signal(int)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("historyBox")
        self._context = context
        self._project = context.project
        self._open = button(tr("History"), "historyToggle", self._toggle, icon="history",
                            role="row", tip=tr("Who did what, and when"))  # fmt: skip
        self.list = named(QListWidget(), "historyList", tr("History"))
        self.list.setProperty("role", "bare")
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setWordWrap(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setFixedHeight(_ROWS * _HIGH)
        self.list.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.list.itemActivated.connect(self._opened)
        self.list.hide()
        self.setLayout(column(self._open, self.list, gap=2))
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.setInterval(120)
        self._again.timeout.connect(self.reload)
        context.changes.changed.connect(self._changed)

    def reload(self) -> None:
        if not self.list.isHidden():
            self._context.ops.run(
                service("workbench", "history"),
                self._project,
                on_done=self._show,
                key="label.history",
            )

    def stop(self) -> None:
        self._again.stop()

    def _changed(self, _changes: Changes) -> None:
        if not self.list.isHidden() and self._context.project is self._project:
            self._again.start()

    def _toggle(self) -> None:
        self.list.setVisible(self.list.isHidden())
        self.reload()
        if not self.list.isHidden():  # it has its place once the layouts have heard of it
            QTimer.singleShot(0, self, self._come_into_sight)

    def _come_into_sight(self) -> None:
        above = self.parentWidget()
        while above is not None and not isinstance(above, QScrollArea):
            above = above.parentWidget()
        if above is not None:
            above.ensureWidgetVisible(self.list, 0, 8)

    def _show(self, steps: list[Step]) -> None:
        self.list.clear()
        for step in steps:
            text = say(step.code, {})
            if step.image_count > 1:
                text += ", " + count(step.image_count, "1 image", "{n} images")
            if step.undone:
                text += tr(" (undone)")
            item = QListWidgetItem(f"{text}\n{step.author}, {when(step.at)}")
            if step.undone:
                item.setForeground(theme().colour("disabled"))
            item.setData(Qt.ItemDataRole.UserRole, step.id if step.image_count else None)
            self.list.addItem(item)
        if not steps:
            self.list.addItem(tr("Nothing has been done yet."))

    def _opened(self, item: QListWidgetItem) -> None:
        step = item.data(Qt.ItemDataRole.UserRole)
        if step is not None:
            self.step_wanted.emit(step)
