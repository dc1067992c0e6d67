"""What shows an outline that is offered: the marks that led to it, and itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QPainterPath, QPen

from tlstudio.ui.canvas.tools.base import path_of, stroke
from tlstudio.ui.theme import theme

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter

    from tlstudio.domain.shapes import Parts
    from tlstudio.ui.canvas.view import View

_BELONGS, _DOES_NOT = QColor("#009E73"), QColor("#D55E00")


def draw_mark(painter: QPainter, at: QPointF, belongs: bool) -> None:
    """A plus on what belongs to the thing, a minus on what does not."""
    painter.setPen(QPen(QColor("#FFFFFF"), 1.5))
    painter.setBrush(_BELONGS if belongs else _DOES_NOT)
    painter.drawEllipse(at, 7, 7)
    painter.drawLine(QPointF(at.x() - 4, at.y()), QPointF(at.x() + 4, at.y()))
    if belongs:
        painter.drawLine(QPointF(at.x(), at.y() - 4), QPointF(at.x(), at.y() + 4))


def draw_parts(painter: QPainter, view: View, parts: Parts) -> None:
    """An outline, its inside tinted so that holes show."""
    path = QPainterPath()
    for part in parts:
        for ring in part:
            path.addPath(path_of([view.to_screen(x, y) for x, y in ring], closed=True))
    inside = QColor(theme().colour("accent_text"))
    inside.setAlpha(60)
    painter.fillPath(path, inside)
    stroke(painter, path)
