"""The labels of a source: which come in, and under what name."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem

from tlstudio.ui.widgets.basics import named
from tlstudio.ui.words import tr

_ROW = 28
_MOST_ROWS = 6
_NAME, _COUNT, _BECOMES, _TOLD = range(4)
_LABEL = Qt.ItemDataRole.UserRole


class LabelTable(QTableWidget):
    """A line for each label: whether it comes in, how often it is there, what it becomes.

    A tick taken away leaves the label out. `changed` follows what a person changes.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__(0, 4)
        named(self, "importLabelTable", tr("Labels of the source"))
        self.setProperty("role", "framed")
        self.setHorizontalHeaderLabels(
            [tr("Label in the source"), tr("Annotations"), tr("Comes in as"), ""]
        )
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW)
        self.setSelectionMode(QTableWidget.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        header = named(self.horizontalHeader(), "importLabelHeader", tr("Columns"))
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for section, wide in enumerate((220, 110, 220)):
            header.setSectionResizeMode(section, QHeaderView.ResizeMode.Interactive)
            self.setColumnWidth(section, wide)
        header.setStretchLastSection(True)
        self._known: frozenset[str] = frozenset()
        self._filling = False
        self.itemChanged.connect(self._edited)

    def fill(self, labels: Mapping[str, int], known: Collection[str]) -> None:
        """Show the source's `labels` with their counts; `known` are those of the project.

        What a person has said of a label that was shown before stays; while they write, all.
        """
        if self.state() == QTableWidget.State.EditingState:
            return
        said = self.label_map()
        self._known = frozenset(known)
        self._filling = True
        self.setRowCount(len(labels))
        for place, (name, count) in enumerate(labels.items()):
            self._fill_row(place, name, count, said.get(name, name))
        self._filling = False
        height = (min(len(labels), _MOST_ROWS) + 1) * _ROW + 8
        self.setFixedHeight(height)

    def _fill_row(self, place: int, name: str, count: int, becomes: str | None) -> None:
        title = QTableWidgetItem(name or tr("(no label)"))
        title.setData(_LABEL, name)
        title.setFlags(
            Qt.ItemFlag.ItemIsEnabled
            | Qt.ItemFlag.ItemIsSelectable
            | Qt.ItemFlag.ItemIsUserCheckable
        )
        taken = becomes is not None and (bool(becomes) or bool(name))
        title.setCheckState(Qt.CheckState.Checked if taken else Qt.CheckState.Unchecked)
        title.setToolTip(tr("Without a tick, annotations of this label are left out"))
        number = QTableWidgetItem(f"{count:,}")
        number.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
        name_here = QTableWidgetItem(name if becomes is None else becomes)
        name_here.setToolTip(tr("Write another name to bring the label in as that"))
        told = QTableWidgetItem()
        told.setFlags(Qt.ItemFlag.ItemIsEnabled)
        for column, item in enumerate((title, number, name_here, told)):
            self.setItem(place, column, item)
        self._tell(place)

    def _tell(self, place: int) -> None:
        name = self._becomes(place)
        if name is None:
            text = tr("left out")
        else:
            text = tr("is here") if name in self._known else tr("new")
        self.item(place, _TOLD).setText(text)

    def _becomes(self, place: int) -> str | None:
        ticked = self.item(place, _NAME).checkState() == Qt.CheckState.Checked
        return (self.item(place, _BECOMES).text().strip() or None) if ticked else None

    def _edited(self, item: QTableWidgetItem) -> None:
        if self._filling or item.column() not in (_NAME, _BECOMES):
            return
        self._filling = True
        place = item.row()
        if item.column() == _BECOMES and item.text().strip():
            self.item(place, _NAME).setCheckState(Qt.CheckState.Checked)
        self._tell(place)
        self._filling = False
        self.changed.emit()

    def clear_labels(self) -> None:
        """Forget the source, and what was said of its labels."""
        self._filling = True
        self.setRowCount(0)
        self._filling = False

    def label_map(self) -> dict[str, str | None]:
        """What a person said of labels, as ImportOptions takes it; labels left alone are not in
        it."""
        found: dict[str, str | None] = {}
        for place in range(self.rowCount()):
            name = self.item(place, _NAME).data(_LABEL)
            becomes = self._becomes(place)
            if becomes != (name or None):
                found[name] = becomes
        return found

    def new_labels(self) -> list[str]:
        """Names that the import would make."""
        names = (self._becomes(place) for place in range(self.rowCount()))
        return list(dict.fromkeys(n for n in names if n and n not in self._known))
