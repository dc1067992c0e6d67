"""The confusion matrix: rows are the truth, columns the prediction; a cell opens its images."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPalette, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from tlstudio.ui.words import count, tr

_SHARE = Qt.ItemDataRole.UserRole + 1


class _CellPainter(QStyledItemDelegate):
    """Fills the cell itself: a style sheet would paint over an item's own background."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        # Made when it is painted, so that it follows the theme.
        ground = _shade(option.palette, index.data(_SHARE), right=index.row() == index.column())
        painter.fillRect(option.rect, ground)
        painter.setPen(_readable_on(ground))
        painter.drawText(option.rect, Qt.AlignmentFlag.AlignCenter, str(index.data()))
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(QPen(option.palette.color(QPalette.ColorRole.Highlight), 3))
            painter.drawRect(option.rect.adjusted(1, 1, -2, -2))


class ConfusionMatrix(QTableWidget):
    """`cell_chosen(truth, predicted)` with row and column on a click, Enter or Space."""

    cell_chosen = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._unit = "images"
        self.setObjectName("confusion_matrix")
        self.setAccessibleName(tr("Confusion matrix: rows are the truth"))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setCornerButtonEnabled(False)
        self.setShowGrid(True)
        self.horizontalHeader().setStyleSheet("QHeaderView::section { padding: 4px 2px; }")
        self.horizontalHeader().setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setItemDelegate(_CellPainter(self))
        self.cellClicked.connect(self.cell_chosen)

    def show_matrix(
        self,
        labels: Sequence[str | None],
        matrix: Sequence[Sequence[int]],
        unit: str = "images",
    ) -> None:
        """Counts [truth][predicted] of images, boxes or pixels, shaded by the share of their
        row. The label None is the background; pixels are told as shares."""
        self.clear()
        self._unit = unit
        labels = [tr("background") if name is None else name for name in labels]
        self.setRowCount(len(labels))
        self.setColumnCount(len(labels))
        self.setVerticalHeaderLabels(list(labels))
        self.setHorizontalHeaderLabels(list(labels))
        for place, name in enumerate(labels):
            self.horizontalHeaderItem(place).setToolTip(name)
            self.verticalHeaderItem(place).setToolTip(name)
        for row, counts in enumerate(matrix):
            total = sum(counts)
            for column, taken in enumerate(counts):
                self.setItem(row, column, self._cell(row, column, taken, total, labels))
        stretch = len(labels) <= 6
        mode = QHeaderView.ResizeMode.Stretch if stretch else QHeaderView.ResizeMode.Interactive
        self.horizontalHeader().setSectionResizeMode(mode)
        self.verticalHeader().setSectionResizeMode(
            QHeaderView.ResizeMode.Stretch if stretch else QHeaderView.ResizeMode.Fixed
        )

    def _cell(
        self, row: int, column: int, taken: int, total: int, labels: Sequence[str]
    ) -> QTableWidgetItem:
        share = taken / total if total else 0.0
        # A detector has no boxes that are neither true nor found.
        nothing = self._unit == "boxes" and row == column == len(labels) - 1
        item = QTableWidgetItem("" if nothing else self._text(taken, share))
        item.setToolTip("" if nothing else self._told(taken, total, labels[row], labels[column]))
        item.setData(_SHARE, share)
        return item

    def _text(self, taken: int, share: float) -> str:
        return f"{share:.1%}" if self._unit == "pixels" and taken else f"{taken:,}"

    def _told(self, taken: int, total: int, truth: str, seen: str) -> str:
        of = {
            "images": count(total, "{n} image of {truth}", "{n} images of {truth}", truth=truth),
            "boxes": count(total, "{n} box of {truth}", "{n} boxes of {truth}", truth=truth),
            "pixels": count(total, "{n} pixel of {truth}", "{n} pixels of {truth}", truth=truth),
        }[self._unit]
        click = {
            "images": count(taken, " Click to see it.", " Click to see them."),
            "boxes": count(taken, " Click to see its image.", " Click to see their images."),
            "pixels": "",
        }[self._unit]
        return count(taken, "{n} of {of} was taken for {seen}.{click}",
                     "{n} of {of} were taken for {seen}.{click}",
                     of=of, seen=seen, click=click)  # fmt: skip

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            if self.currentRow() >= 0:
                self.cell_chosen.emit(self.currentRow(), self.currentColumn())
            return
        super().keyPressEvent(event)


def _shade(palette: QPalette, share: float, *, right: bool) -> QColor:
    base = palette.color(QPalette.ColorRole.Base)
    full = QColor("#0072B2" if right else "#D55E00")
    mix = share**0.7
    return QColor(
        *(
            round(a + (b - a) * mix)
            for a, b in zip(base.getRgb()[:3], full.getRgb()[:3], strict=True)
        )
    )


def _readable_on(ground: QColor) -> QColor:
    """Black or white, whichever contrasts more (WCAG relative luminance)."""

    def linear(value: float) -> float:
        return value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4

    light = (
        0.2126 * linear(ground.redF())
        + 0.7152 * linear(ground.greenF())
        + 0.0722 * linear(ground.blueF())
    )
    return QColor("#FFFFFF") if 1.05 / (light + 0.05) > (light + 0.05) / 0.05 else QColor("#000000")
