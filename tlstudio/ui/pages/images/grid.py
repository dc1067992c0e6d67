"""The grid of thumbnails: only what is in view is laid out, fetched and painted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QRegion, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractItemView

from tlstudio.domain.images import ImageRow
from tlstudio.ui.pages.images.cell import CellPainter, cell_height
from tlstudio.ui.pages.images.keys import is_for_page
from tlstudio.ui.pages.images.model import ImageTable
from tlstudio.ui.pages.images.overlays import Overlays
from tlstudio.ui.pages.images.thumbs import Thumbnails
from tlstudio.ui.theme import theme
from tlstudio.ui.widgets.basics import named
from tlstudio.ui.words import tr

SIDES = (80, 320)
_MARGIN = 12
_GAP = 8
_Index = QModelIndex | QPersistentModelIndex


class ImageGrid(QAbstractItemView):
    """`sized` is sent when Ctrl and the wheel change the size of the thumbnails."""

    sized = Signal(int)

    def __init__(
        self, model: ImageTable, thumbs: Thumbnails, overlays: Overlays, painter: CellPainter
    ) -> None:
        super().__init__()
        named(self, "imageGrid", tr("Images"))
        self._table = model
        self._thumbs = thumbs
        self._overlays = overlays
        self._painter = painter
        self._side = 160
        self.setModel(model)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setFrameShape(QAbstractItemView.Shape.NoFrame)
        self.setAutoScroll(True)
        self.viewport().setProperty("role", "canvas")
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_Hover)
        thumbs.arrived.connect(self._repaint)
        overlays.arrived.connect(self._repaint_images)
        model.modelReset.connect(self._model_reset)
        theme().changed.connect(self._repaint)

    # -- size and place -------------------------------------------------------------------

    def set_side(self, side: int) -> None:
        """Edge of the thumbnails in pixels; the image in the middle stays in view."""
        side = max(SIDES[0], min(SIDES[1], side))
        if side == self._side:
            return
        anchor = self.currentIndex().row()
        if anchor < 0 or not self.visualRect(self.currentIndex()).intersects(self._view_rect()):
            anchor = self._visible_rows()[0] if len(self._visible_rows()) else -1
        self._side = side
        self.updateGeometries()
        if anchor >= 0:
            self.scrollTo(self._table.index(anchor, 0))
        self.viewport().update()
        self.sized.emit(side)

    @property
    def side(self) -> int:
        return self._side

    @property
    def columns(self) -> int:
        """Images beside each other."""
        room = self.viewport().width() - 2 * _MARGIN + _GAP
        return max(1, room // (self._side + 2 * CellPainter.PAD + _GAP))

    def _stride(self) -> tuple[float, int]:
        room = self.viewport().width() - 2 * _MARGIN + _GAP
        return room / self.columns, cell_height(self._side) + _GAP

    def _rect(self, row: int, layout: tuple[int, float, int] | None = None) -> QRect:
        """Where the image of `row` is, in pixels of the whole grid.

        `layout` is (columns, stride across, stride down) where the caller has them already.
        """
        columns, wide, high = layout or (self.columns, *self._stride())
        down, across = divmod(row, columns)
        left = round(across * wide)
        return QRect(
            _MARGIN + left, _MARGIN + down * high, round((across + 1) * wide) - left - _GAP,
            high - _GAP,
        )  # fmt: skip

    def _view_rect(self) -> QRect:
        return self.viewport().rect()

    def _visible_rows(self, area: QRect | None = None) -> range:
        seen = (area or self._view_rect()).translated(0, self.verticalOffset())
        high = self._stride()[1]
        first = max(0, (seen.top() - _MARGIN) // high) * self.columns
        last = ((seen.bottom() - _MARGIN) // high + 1) * self.columns
        return range(min(first, self._table.rowCount()), min(last, self._table.rowCount()))

    def updateGeometries(self) -> None:
        super().updateGeometries()
        lines = -(-self._table.rowCount() // self.columns)
        high = self._stride()[1]
        bar, page = self.verticalScrollBar(), self.viewport().height()
        bar.setRange(0, max(0, lines * high + 2 * _MARGIN - _GAP - page))
        bar.setPageStep(max(high, page - page % high))
        bar.setSingleStep(max(16, high // 3))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.updateGeometries()

    def horizontalOffset(self) -> int:
        return 0

    def verticalOffset(self) -> int:
        return self.verticalScrollBar().value()

    def scrollContentsBy(self, _dx: int, dy: int) -> None:
        self.viewport().scroll(0, dy)

    def visualRect(self, index: _Index) -> QRect:
        if not index.isValid():
            return QRect()
        return self._rect(index.row()).translated(0, -self.verticalOffset())

    def scrollTo(
        self,
        index: _Index,
        hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible,
    ) -> None:
        if not index.isValid():
            return
        rect, bar = self._rect(index.row()), self.verticalScrollBar()
        top, bottom = rect.top() - _MARGIN, rect.bottom() + _MARGIN
        if hint is QAbstractItemView.ScrollHint.PositionAtCenter:
            bar.setValue(rect.center().y() - self.viewport().height() // 2)
        elif top < bar.value():
            bar.setValue(top)
        elif bottom > bar.value() + self.viewport().height():
            bar.setValue(bottom - self.viewport().height())

    def indexAt(self, point: QPoint) -> QModelIndex:
        for row in self._visible_rows(QRect(point, point)):
            if self._rect(row).translated(0, -self.verticalOffset()).contains(point):
                return self._table.index(row, 0)
        return QModelIndex()

    def isIndexHidden(self, _index: _Index) -> bool:
        return False

    # -- selecting ------------------------------------------------------------------------

    def moveCursor(
        self, action: QAbstractItemView.CursorAction, _modifiers: Qt.KeyboardModifier
    ) -> QModelIndex:
        total = self._table.rowCount()
        if not total:
            return QModelIndex()
        actions = QAbstractItemView.CursorAction
        page = max(1, self.viewport().height() // self._stride()[1]) * self.columns
        steps = {
            actions.MoveLeft: -1,
            actions.MovePrevious: -1,
            actions.MoveRight: 1,
            actions.MoveNext: 1,
            actions.MoveUp: -self.columns,
            actions.MoveDown: self.columns,
            actions.MovePageUp: -page,
            actions.MovePageDown: page,
            actions.MoveHome: -total,
            actions.MoveEnd: total,
        }
        row = self.currentIndex().row()
        if row < 0:
            return self._table.index(0, 0)
        wanted = row + steps.get(action, 0)
        if action in (actions.MoveUp, actions.MoveDown) and not 0 <= wanted < total:
            wanted = row if action is actions.MoveUp else min(max(row, wanted), total - 1)
        return self._table.index(max(0, min(total - 1, wanted)), 0)

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        """Select from the image at one corner to the one at the other, as text is selected."""
        chosen = QItemSelection()
        if self._table.rowCount():
            ends = sorted((self._nearest(rect.topLeft()), self._nearest(rect.bottomRight())))
            on_one = ends[0] == ends[1] and not self.indexAt(rect.bottomRight()).isValid()
            if not on_one:
                last = self._table.columnCount() - 1
                chosen.select(self._table.index(ends[0], 0), self._table.index(ends[1], last))
        self.selectionModel().select(chosen, command)

    def _nearest(self, point: QPoint) -> int:
        wide, high = self._stride()
        down = (point.y() + self.verticalOffset() - _MARGIN) // high
        across = int(min(self.columns - 1, max(0, (point.x() - _MARGIN) // wide)))
        return int(max(0, min(self._table.rowCount() - 1, down * self.columns + across)))

    def visualRegionForSelection(self, _selection: QItemSelection) -> QRegion:
        return QRegion(self._view_rect())

    def keyboardSearch(self, _text: str) -> None:
        """Letters and digits are keys of the page, never a search by name."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if is_for_page(event, "images"):
            event.ignore()
            return
        super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.set_side(self._side + (16 if event.angleDelta().y() > 0 else -16))
            event.accept()
            return
        super().wheelEvent(event)

    # -- painting -------------------------------------------------------------------------

    def _model_reset(self) -> None:
        self.updateGeometries()
        self.viewport().update()

    def _repaint(self) -> None:
        self.viewport().update()

    def _repaint_images(self, images: Sequence[int] | None) -> None:
        """Paint these images anew, as far as they are in view; all of them for None."""
        if images is None:
            self._repaint()
        view = self._view_rect()
        for row in (p for p in map(self._table.position, images or ()) if p is not None):
            rect = self.visualRect(self._table.index(row, 0))
            if rect.intersects(view):
                self.viewport().update(rect)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), theme().colour("canvas"))
        selection, current = self.selectionModel(), self.currentIndex().row()
        focused = self.hasFocus()
        root, offset = QModelIndex(), self.verticalOffset()
        layout = (self.columns, *self._stride())
        for row in self._visible_rows(event.rect()):
            rect = self._rect(row, layout).translated(0, -offset)
            if not rect.intersects(event.rect()):
                continue
            self._painter.paint(
                painter,
                rect,
                self._table.row_at(row),
                self._side,
                selected=selection.isRowSelected(row, root),
                current=focused and row == current,
            )
        self._want_pictures()

    def _want_pictures(self) -> None:
        view = self._view_rect()
        near = self._visible_rows(view)
        ahead = range(near.stop, min(self._table.rowCount(), near.stop + 3 * self.columns))
        rows: list[ImageRow | None] = [self._table.row_at(r) for r in near]
        rows += [self._table.known(self._table.ids[r]) for r in ahead]
        known = [row for row in rows if row is not None]
        self._thumbs.set_side(round(self._side * self.devicePixelRatioF()))
        self._thumbs.want(row.pixel_hash for row in known)
        if self._overlays.on:
            self._overlays.want(self._outlined(known))

    def _outlined(self, rows: Iterable[ImageRow]) -> Iterator[tuple[int, QSize]]:
        """Images with shapes whose thumbnail is there, and its size."""
        for row in rows:
            drawn = row.shapes or row.suggested
            pixmap = self._thumbs.get(row.pixel_hash) if drawn else None
            if pixmap is not None:
                yield row.id, pixmap.size()
