"""The images as a list with columns."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHeaderView, QTableView

from tlstudio.domain.images import SORTS
from tlstudio.ui.pages.images.keys import is_for_page
from tlstudio.ui.pages.images.model import COLUMNS, ImageTable, sort_of
from tlstudio.ui.widgets.basics import named
from tlstudio.ui.words import tr

_WIDTHS = {
    "name": 220,
    "label": 140,
    "shapes": 76,
    "split": 64,
    "group": 116,
    "state": 92,
    "size": 104,
    "assignee": 104,
}


class ImageList(QTableView):
    """A click on a column's title sorts by it: (sort, descending)."""

    sort_wanted = Signal(str, bool)

    def __init__(self, model: ImageTable) -> None:
        super().__init__()
        named(self, "imageList", tr("Images as a list"))
        self.setModel(model)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QTableView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setTabKeyNavigation(False)
        self.setVerticalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(30)
        header = named(self.horizontalHeader(), "imageListHeader", tr("Columns"))
        header.setHighlightSections(False)
        header.setStretchLastSection(True)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.sectionClicked.connect(self._sort)
        for index, name in enumerate(COLUMNS):
            if name in _WIDTHS:
                self.setColumnWidth(index, _WIDTHS[name])
        self._sort_now = ("added", False)

    def show_sort(self, sort: str, descending: bool) -> None:
        """Mark the column that the images are sorted by."""
        self._sort_now = (sort, descending)
        order = Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder
        section = COLUMNS.index(sort) if sort in COLUMNS else -1
        self.horizontalHeader().setSortIndicator(section, order)

    def keyboardSearch(self, _text: str) -> None:
        """Letters and digits are keys of the page."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if is_for_page(event, "images"):
            event.ignore()
            return
        super().keyPressEvent(event)

    def selectionCommand(self, index, event=None):  # type: ignore[no-untyped-def]
        command = super().selectionCommand(index, event)
        return command | QItemSelectionModel.SelectionFlag.Rows

    def _sort(self, section: int) -> None:
        name = sort_of(section)
        if name is not None and name in SORTS:
            again = name == self._sort_now[0]
            self.sort_wanted.emit(name, not self._sort_now[1] if again else False)
        else:
            self.show_sort(*self._sort_now)
