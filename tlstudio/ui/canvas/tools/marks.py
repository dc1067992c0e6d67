"""Marks on the image that say what belongs to a thing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QPen

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter

_BELONGS, _DOES_NOT = QColor("#009E73"), QColor("#D55E00")


def draw_mark(painter: QPainter, at: QPointF, belongs: bool) -> None:
    """A plus on what belongs to the thing, a minus on what does not."""
    painter.setPen(QPen(QColor("#FFFFFF"), 1.5))
    painter.setBrush(_BELONGS if belongs else _DOES_NOT)
    painter.drawEllipse(at, 7, 7)
    painter.drawLine(QPointF(at.x() - 4, at.y()), QPointF(at.x() + 4, at.y()))
    if belongs:
        painter.drawLine(QPointF(at.x(), at.y() - 4), QPointF(at.x(), at.y() + 4))
