"""What is written and drawn beside a shape: its name tag and its lock; in drawn pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen

from tlstudio.domain.annotations import Annotation
from tlstudio.ui.canvas.look import Look

if TYPE_CHECKING:
    from tlstudio.ui.canvas.scene import Scene

_PLATE = QColor(20, 21, 23, 215)


def tag_text(scene: Scene, shape: Annotation) -> str:
    """What a name tag says: the label, and of a suggestion how sure the model was."""
    label = scene.labels.get(shape.label)
    parts = [label.name if label else "?"]
    if shape.provenance.suggestion and shape.provenance.confidence is not None:
        parts.append(f"{shape.provenance.confidence:.2f}")
    return " ".join(parts)


def draw_tag(painter: QPainter, at: QPointF, text: str, look: Look, ratio: float) -> QRectF:
    """Write `text` in a small plate that stands on `at`; returns the plate."""
    font = QFont(painter.font())
    font.setPixelSize(max(1, round(11 * ratio)))
    painter.setFont(font)
    metrics = painter.fontMetrics()
    w, h = metrics.horizontalAdvance(text) + 8 * ratio, metrics.height() + 2 * ratio
    plate = QRectF(at.x() - ratio, at.y() - h - 2 * ratio, w, h)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(QPen(look.colour, ratio))
    painter.setBrush(_PLATE)
    painter.drawRoundedRect(plate, 3 * ratio, 3 * ratio)
    painter.setPen(Qt.GlobalColor.white)
    painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)
    return plate


def draw_lock(painter: QPainter, corner: QPointF, ratio: float) -> None:
    """A padlock left of and below `corner`."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.save()
    painter.translate(corner.x() - 13 * ratio, corner.y() + 3 * ratio)
    painter.scale(ratio, ratio)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_PLATE)
    painter.drawRoundedRect(QRectF(-2, -2, 13, 15), 3, 3)
    painter.setPen(QPen(Qt.GlobalColor.white, 1.5))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawArc(QRectF(2, 0.5, 5, 8), 0, 180 * 16)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(Qt.GlobalColor.white)
    painter.drawRect(QRectF(1, 5, 7, 5.5))
    painter.restore()
