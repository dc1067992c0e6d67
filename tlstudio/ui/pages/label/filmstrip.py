"""The strip of images below the canvas: thumbnails with their states, the current one centred."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QPainter, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from tlstudio.domain.images import ImageRow, ImageState
from tlstudio.ui import icons
from tlstudio.ui.pages.images.thumbs import Thumbnails
from tlstudio.ui.pages.label.film_model import FilmModel
from tlstudio.ui.theme import theme
from tlstudio.ui.widgets.basics import named
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.ui.context import Context

_Index = QModelIndex | QPersistentModelIndex
SIDE = 68
_WIDE = SIDE + 10
_HIGH = SIDE + 10
MARKS = {
    ImageState.DRAFT: ("draft", "dim"),
    ImageState.LABELLED: ("check", "text"),
    ImageState.REVIEWED: ("check", "success"),
    ImageState.DISPUTED: ("warning", "warning"),
}


class Filmstrip(QListView):
    """`opened(image)` on a click."""

    opened = Signal(int)

    def __init__(self, context: Context) -> None:
        super().__init__()
        named(self, "filmstrip", tr("Images"))
        self.table = FilmModel(context, self)
        self.thumbs = Thumbnails(context, self, SIDE)
        self._place: int | None = None
        self.setModel(self.table)
        self.setItemDelegate(_Cell(self.thumbs, self))
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setFixedHeight(_HIGH + 6)
        self.viewport().setProperty("role", "canvas")
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.clicked.connect(lambda index: self.opened.emit(self.table.ids[index.row()]))
        self.thumbs.arrived.connect(self.viewport().update)

    def show_ids(self, ids: list[int]) -> None:
        self._place = None
        self.table.set_ids(ids)

    def show_current(self, place: int | None) -> None:
        """Mark the image at `place` and bring it to the middle."""
        self._place = place
        if place is None:
            return
        index = self.table.index(place)
        flags = self.selectionModel().SelectionFlag
        self.selectionModel().setCurrentIndex(index, flags.ClearAndSelect)
        self._centre()

    def _centre(self) -> None:
        if self._place is not None:
            middle = self._place * _WIDE + _WIDE // 2
            self.horizontalScrollBar().setValue(middle - self.viewport().width() // 2)

    def updateGeometries(self) -> None:
        super().updateGeometries()
        room = self.table.rowCount() * _WIDE - self.viewport().width()
        self.horizontalScrollBar().setRange(0, max(0, room))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._centre()

    def wheelEvent(self, event: QWheelEvent) -> None:
        delta = event.angleDelta().y() or event.angleDelta().x()
        bar = self.horizontalScrollBar()
        bar.setValue(bar.value() - delta)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()  # all keys are the page's

    def keyboardSearch(self, _text: str) -> None:
        """Letters are keys of the page, never a search by name."""

    def paintEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        super().paintEvent(event)
        self._want_pictures()

    def _want_pictures(self) -> None:
        bar, wide = self.horizontalScrollBar().value(), self.viewport().width()
        first = max(0, bar // _WIDE)
        last = min(self.table.rowCount(), (bar + wide) // _WIDE + 8)
        rows = [self.table.row_at(place) for place in range(first, last)]
        self.thumbs.set_side(round(SIDE * self.devicePixelRatioF()))
        self.thumbs.want(row.pixel_hash for row in rows if row is not None)

    def stop(self) -> None:
        self.table.stop()


class _Cell(QStyledItemDelegate):
    def __init__(self, thumbs: Thumbnails, parent: QWidget) -> None:
        super().__init__(parent)
        self._thumbs = thumbs

    def sizeHint(self, _option: QStyleOptionViewItem, _index: _Index) -> QSize:
        return QSize(_WIDE, _HIGH)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        table = index.model()
        if not isinstance(table, FilmModel):
            return
        row = table.row_at(index.row())
        area = QRect(option.rect)
        square = QRect(area.left() + 5, area.top() + 5, SIDE, SIDE)
        colours = theme().colour
        current = bool(option.state & QStyle.StateFlag.State_Selected)
        over = bool(option.state & QStyle.StateFlag.State_MouseOver)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if current or over:
            painter.setPen(QPen(colours("accent"), 2) if current else Qt.PenStyle.NoPen)
            painter.setBrush(colours("selected" if current else "hover"))
            painter.drawRoundedRect(QRectF(area).adjusted(2, 2, -2, -2), 5, 5)
        if row is None:
            painter.fillRect(square.adjusted(6, 6, -6, -6), colours("panel"))
        else:
            self._picture(painter, square, row)
            self._mark(painter, square, row)
        painter.restore()

    def _picture(self, painter: QPainter, square: QRect, row: ImageRow) -> None:
        pixmap = self._thumbs.get(row.pixel_hash)
        if pixmap is None:
            painter.fillRect(square, theme().colour("panel"))
            if self._thumbs.absent(row.pixel_hash):
                sign = icons.pixmap("broken" if row.missing else "image", "disabled", 24)
                painter.drawPixmap(square.center() - QPoint(12, 12), sign)
            return
        size = pixmap.size().scaled(square.size(), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRect(QPoint(), size)
        target.moveCenter(square.center())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(target, pixmap)

    def _mark(self, painter: QPainter, square: QRect, row: ImageRow) -> None:
        found = ("broken", "warning") if row.missing else MARKS.get(row.state)
        if found is None:
            return
        ground = QRect(square.right() - 17, square.top(), 18, 18)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().colour("panel"))
        painter.drawRoundedRect(ground, 5, 5)
        if row.state is ImageState.REVIEWED and not row.missing:
            # Two ticks: told apart from labelled without colour.
            sign = icons.pixmap("check", "success", 12)
            painter.drawPixmap(ground.left() + 1, ground.top() + 3, sign)
            painter.drawPixmap(ground.left() + 5, ground.top() + 3, sign)
            return
        painter.drawPixmap(ground.left() + 3, ground.top() + 3, icons.pixmap(*found, 12))
