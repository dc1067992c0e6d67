"""Painting one row of the shapes, and knowing which of its buttons a click means."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from tlstudio.domain.annotations import Annotation
from tlstudio.ui import icons
from tlstudio.ui.pages.images.look import chip
from tlstudio.ui.pages.label.shape_model import ICONS, ShapeList, brief_source, size_word
from tlstudio.ui.theme import theme

_Index = QModelIndex | QPersistentModelIndex
HIGH = 26
_MIDDLE = Qt.AlignmentFlag.AlignVCenter
_RIGHT = _MIDDLE | Qt.AlignmentFlag.AlignRight
_SIGN = 22
_GAP = 8


def part_at(rect: QRect, point: QPoint) -> str:
    """Which part of a row a point is on: lock, hide or the rest ("")."""
    if point.x() > rect.right() - _SIGN:
        return "lock"
    return "hide" if point.x() > rect.right() - 2 * _SIGN else ""


def facts_room(room: int, name: int) -> int:
    """How wide size and source may be: what the label's name leaves, three fifths at the least."""
    return max(room - name - _GAP, room * 3 // 5)


class ShapeRow(QStyledItemDelegate):
    """Rows of a ShapeList."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: _Index) -> QSize:
        return QSize(100, HIGH)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        table = index.model()
        if not isinstance(table, ShapeList):
            return
        shape = table.rows[index.row()]
        colours = theme().colour
        area = QRect(option.rect)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        over = bool(option.state & QStyle.StateFlag.State_MouseOver)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if chosen or over or shape.id == table.scene.hovered_id:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours("selected" if chosen else "hover"))
            painter.drawRoundedRect(area.adjusted(0, 1, 0, -1), 4, 4)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(theme().ring())
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(area).adjusted(1.5, 1.5, -1.5, -1.5), 4, 4)
        hidden = shape.id in table.scene.filters.hidden
        locked = table.scene.locked(shape.id)
        self._signs(painter, area, hidden=hidden, locked=locked, bright=chosen or over)
        self._words(painter, area, table, shape, faint=hidden)
        painter.restore()

    def _signs(
        self, painter: QPainter, area: QRect, *, hidden: bool, locked: bool, bright: bool
    ) -> None:
        x, y = area.right() - _SIGN + 3, area.center().y() - 7
        if locked or bright:
            name = "lock" if locked else "unlock"
            painter.drawPixmap(x, y, icons.pixmap(name, "text" if locked else "disabled", 15))
        if hidden or bright:
            name = "eye-off" if hidden else "eye"
            role = "text" if hidden else "disabled"
            painter.drawPixmap(x - _SIGN, y, icons.pixmap(name, role, 15))

    def _words(
        self, painter: QPainter, area: QRect, table: ShapeList, shape: Annotation, *, faint: bool
    ) -> None:
        colours, metrics = theme().colour, painter.fontMetrics()
        made = table.label_of(shape)
        left, middle = area.left() + 6, area.center().y()
        sign = icons.pixmap(ICONS[type(shape)], "disabled" if faint else "dim", 15)
        painter.drawPixmap(left, middle - 7, sign)
        if made is not None:
            painter.drawPixmap(left + 22, middle - 5, chip(made.colour, 11, 0, made.id))
        right = area.right() - 2 * _SIGN - 2
        left += 40
        painter.setPen(colours("disabled" if faint else "dim"))
        facts, name = f"{size_word(shape)}  {brief_source(shape)}", made.name if made else "…"
        room = right - left
        wide = facts_room(room, metrics.horizontalAdvance(name))
        facts = metrics.elidedText(facts, Qt.TextElideMode.ElideRight, wide)
        painter.drawText(QRect(left, area.top(), room, HIGH), _RIGHT, facts)
        painter.setPen(colours("disabled" if faint else "text"))
        room -= metrics.horizontalAdvance(facts) + _GAP
        name = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, room)
        painter.drawText(QRect(left, area.top(), room, HIGH), _MIDDLE, name)
