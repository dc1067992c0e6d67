"""A popup with boxes to tick, for filters: many choices, searched by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QIcon, QKeyEvent
from PySide6.QtWidgets import QFrame, QListWidget, QListWidgetItem, QPushButton, QWidget

from tlstudio.ui.widgets.basics import button, column, field, named, row
from tlstudio.ui.words import tr

_SEARCHED_FROM = 10


@dataclass(frozen=True, slots=True)
class Choice:
    """One box: `value` is what is reported, `count` how many images it stands for."""

    value: object
    text: str
    count: int | None = None
    icon: QIcon | None = None


class ChoicePopup(QFrame):
    """`changed` is sent with the frozenset of ticked values after each click."""

    changed = Signal(object)

    def __init__(self, name: str, says: str, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        named(self, name, says)
        self.setProperty("role", "panel")
        self._search = field(f"{name}Search", tr("Search in {what}", what=says), hint=tr("Search"))
        self._search.textChanged.connect(self._narrow)
        self._list = named(QListWidget(), f"{name}List", says)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setProperty("role", "plain")
        self._list.setUniformItemSizes(True)
        self._list.itemChanged.connect(self._ticked)
        self._list.itemPressed.connect(self._pressed)
        self._list.itemClicked.connect(self._clicked)
        self._before = Qt.CheckState.Unchecked
        self._filling = False
        clear = button(tr("Clear"), f"{name}Clear", self.clear_all, role="link")
        inside = column(self._search, self._list, row(None, clear), gap=4)
        inside.setContentsMargins(8, 8, 8, 4)
        self.setLayout(inside)

    def fill(self, choices: Sequence[Choice], ticked: frozenset[object]) -> None:
        self._filling = True
        self._list.clear()
        for choice in choices:
            text = choice.text
            if choice.count is not None:
                text += f"   {choice.count:,}"
            item = QListWidgetItem(text)
            if choice.icon is not None:
                item.setIcon(choice.icon)
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable)
            state = Qt.CheckState.Checked if choice.value in ticked else Qt.CheckState.Unchecked
            item.setCheckState(state)
            item.setData(Qt.ItemDataRole.UserRole, choice.value)
            self._list.addItem(item)
        self._search.setVisible(len(choices) > _SEARCHED_FROM)
        self._search.clear()
        self._list.setFixedHeight(min(320, max(1, len(choices)) * 30 + 8))
        self._filling = False

    def open_below(self, anchor: QPushButton) -> None:
        self.setFixedWidth(max(220, min(360, self._list.sizeHintForColumn(0) + 64)))
        self.adjustSize()
        self.move(anchor.mapToGlobal(QPoint(0, anchor.height() + 4)))
        self.show()
        self._list.setCurrentRow(0)
        (self._search if self._search.isVisible() else self._list).setFocus()

    def ticked(self) -> frozenset[object]:
        items = (self._list.item(i) for i in range(self._list.count()))
        return frozenset(
            item.data(Qt.ItemDataRole.UserRole)
            for item in items
            if item.checkState() is Qt.CheckState.Checked
        )

    def clear_all(self) -> None:
        self._filling = True
        for index in range(self._list.count()):
            self._list.item(index).setCheckState(Qt.CheckState.Unchecked)
        self._filling = False
        self.changed.emit(frozenset())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Return):
            self.hide()
        elif event.key() == Qt.Key.Key_Down and self._search.hasFocus():
            self._to_list()
        else:
            super().keyPressEvent(event)

    def _ticked(self, _item: QListWidgetItem) -> None:
        if not self._filling:
            self.changed.emit(self.ticked())

    def _pressed(self, item: QListWidgetItem) -> None:
        self._before = item.checkState()

    def _to_list(self) -> None:
        """From the search to the first of what it found."""
        rows = (i for i in range(self._list.count()) if not self._list.item(i).isHidden())
        self._list.setCurrentRow(next(rows, -1))
        self._list.setFocus()

    def _clicked(self, item: QListWidgetItem) -> None:
        """A click on the words ticks as well; one on the box has done so already."""
        if item.checkState() is self._before:
            on = item.checkState() is Qt.CheckState.Checked
            item.setCheckState(Qt.CheckState.Unchecked if on else Qt.CheckState.Checked)

    def _narrow(self, text: str) -> None:
        for index in range(self._list.count()):
            item = self._list.item(index)
            item.setHidden(text.casefold() not in item.text().casefold())
