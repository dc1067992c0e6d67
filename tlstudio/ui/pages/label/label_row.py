"""Painting one row of the labels: colour and pattern, name, counts, key."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from tlstudio.ui import icons
from tlstudio.ui.label_look import outline, texture
from tlstudio.ui.theme import theme
from tlstudio.ui.words import tr

_Index = QModelIndex | QPersistentModelIndex
HIGH = 28
_MIDDLE = Qt.AlignmentFlag.AlignVCenter


class LabelRow(QStyledItemDelegate):
    """Rows of a LabelList."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: _Index) -> QSize:
        return QSize(100, HIGH)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        from tlstudio.ui.pages.label.labels import LabelList

        table = index.model()
        if not isinstance(table, LabelList):
            return
        entry = table.entries[index.row()]
        colours = theme().colour
        area = QRect(option.rect)
        current = entry.label is not None and entry.label.id == table.current
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if current or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours("selected" if current else "hover"))
            painter.drawRoundedRect(area.adjusted(0, 1, 0, -1), 5, 5)
        if current:
            painter.setBrush(colours("accent"))
            painter.drawRoundedRect(QRectF(area.left(), area.top() + 6, 3, HIGH - 12), 1.5, 1.5)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(theme().ring())
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(area).adjusted(1.5, 1.5, -1.5, -1.5), 5, 5)
        inside = area.adjusted(10, 0, -6, 0)
        if entry.label is None:
            self._offer(painter, inside, entry.name)
        else:
            self._swatch(painter, inside, entry)
            self._words(painter, inside.adjusted(30, 0, 0, 0), entry)
        painter.restore()

    def _offer(self, painter: QPainter, area: QRect, name: str) -> None:
        painter.drawPixmap(area.left() + 2, area.center().y() - 7, icons.pixmap("plus", "text", 16))
        painter.setPen(theme().colour("text"))
        text = tr("Add “{name}”", name=name)
        shown = painter.fontMetrics().elidedText(
            text, Qt.TextElideMode.ElideRight, area.width() - 30
        )
        painter.drawText(area.adjusted(30, 0, 0, 0), _MIDDLE, shown)

    def _swatch(self, painter: QPainter, area: QRect, entry) -> None:  # type: ignore[no-untyped-def]
        square = QRectF(area.left() + 1, area.center().y() - 6.5, 20, 14)
        colour, ground = QColor(entry.label.colour), QColor(entry.label.colour)
        ground.setAlphaF(0.45)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRect(square)
        painter.setBrush(QBrush(colour, texture(entry.label.id)))
        painter.setPen(outline(entry.label.id, colour, 2))
        painter.drawRect(square)

    def _words(self, painter: QPainter, area: QRect, entry) -> None:  # type: ignore[no-untyped-def]
        colours, metrics = theme().colour, painter.fontMetrics()
        right = area.right()
        if entry.number:
            key = QRect(right - 20, area.center().y() - 8, 18, 18)
            painter.setPen(QPen(colours("line"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(key).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
            painter.setPen(colours("dim"))
            painter.drawText(key, Qt.AlignmentFlag.AlignCenter, str(entry.number))
        right -= 28
        painter.setPen(colours("dim"))
        used = f"{entry.used:,}"
        wide = max(metrics.horizontalAdvance(used), metrics.horizontalAdvance("000"))
        painter.drawText(QRect(right - wide, area.top(), wide, HIGH),
                         _MIDDLE | Qt.AlignmentFlag.AlignRight, used)  # fmt: skip
        right -= wide + 10
        if entry.here:
            painter.setPen(colours("text"))
            here = f"{entry.here:,}"
            wide = metrics.horizontalAdvance(here)
            painter.drawText(QRect(right - wide, area.top(), wide, HIGH),
                             _MIDDLE | Qt.AlignmentFlag.AlignRight, here)  # fmt: skip
            right -= wide + 8
        painter.setPen(colours("text"))
        room = right - area.left()
        name = metrics.elidedText(entry.name, Qt.TextElideMode.ElideMiddle, room)
        painter.drawText(QRect(area.left(), area.top(), room, HIGH), _MIDDLE, name)
