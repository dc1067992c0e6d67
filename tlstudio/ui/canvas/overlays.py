"""What lies over image and shapes: overview map, crosshair, rulers, scale bar."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPen

from tlstudio.ui.canvas.picture_layer import frame_of
from tlstudio.ui.canvas.view import View
from tlstudio.ui.theme import theme

if TYPE_CHECKING:
    from tlstudio.services.pictures import Spacing

RULER = 20
_GAP = 12
_DARK = QColor(0, 0, 0, 150)
_LIGHT = QColor(255, 255, 255, 220)
_UNITS = {"nm": 1e-3, "µm": 1.0, "mm": 1e3, "cm": 1e4}


def nice(length: float) -> float:
    """The largest of 1, 2 and 5 times a power of ten that is not above `length` (> 0)."""
    power = 10.0 ** math.floor(math.log10(length))
    return max(step * power for step in (1, 2, 5) if step * power <= length * (1 + 1e-9))


def micrometres(spacing: Spacing) -> tuple[float, float]:
    """Micrometres per pixel across and down."""
    unit = _UNITS.get(spacing.unit, 1.0)
    return spacing.x * unit, spacing.y * unit


def length_text(length: float) -> str:
    """A length in micrometres with the unit it reads best in: 500 nm, 20 µm, 1.5 mm."""
    for unit in ("mm", "µm"):
        if length >= _UNITS[unit]:
            return f"{length / _UNITS[unit]:g} {unit}"
    return f"{length / _UNITS['nm']:g} nm"


def scale_bar(view: View, spacing: Spacing) -> tuple[float, str]:
    """How long the bar is on the screen, and what it says."""
    across = micrometres(spacing)[0]
    room = min(180.0, view.viewport[0] / 4)
    length = nice(room / view.scale * across)
    return length / across * view.scale, length_text(float(f"{length:.3g}"))


def draw_scale_bar(painter: QPainter, view: View, spacing: Spacing, left: float) -> None:
    """Bottom left, `left` pixels from the edge."""
    width, text = scale_bar(view, spacing)
    x, y = left + _GAP, view.viewport[1] - _GAP - 6
    painter.setFont(_font(painter, 12))
    metrics = painter.fontMetrics()
    over = max(width, float(metrics.horizontalAdvance(text)))
    plate = QRectF(x - 8, y - metrics.height() - 10, over + 16, metrics.height() + 22)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_DARK)
    painter.drawRoundedRect(plate, 4, 4)
    painter.setPen(QPen(_LIGHT, 2))
    painter.drawLine(QPointF(x, y), QPointF(x + width, y))
    for end in (x, x + width):
        painter.drawLine(QPointF(end, y - 4), QPointF(end, y + 4))
    painter.drawText(QPointF(x, y - 8), text)


def draw_crosshair(painter: QPainter, view: View, at: QPointF) -> None:
    """Lines through the pointer over the whole viewport, dark beside light."""
    w, h = view.viewport
    x, y = math.floor(at.x()) + 0.5, math.floor(at.y()) + 0.5
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for colour, nudge in ((_DARK, 1.0), (QColor(255, 255, 255, 170), 0.0)):
        painter.setPen(QPen(colour, 1))
        painter.drawLine(QPointF(0, y + nudge), QPointF(w, y + nudge))
        painter.drawLine(QPointF(x + nudge, 0), QPointF(x + nudge, h))


def overview_rect(view: View, thumb: QImage) -> QRectF:
    """Where the overview map lies, bottom right."""
    w, h = thumb.width() / view.ratio, thumb.height() / view.ratio
    return QRectF(view.viewport[0] - w - _GAP, view.viewport[1] - h - _GAP, w, h)


def draw_overview(painter: QPainter, view: View, thumb: QImage) -> None:
    """The whole image small, with a frame around what the viewport shows."""
    rect = overview_rect(view, thumb)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(QPen(theme().colour("line"), 1))
    painter.setBrush(theme().colour("canvas"))
    painter.drawRect(rect.adjusted(-2, -2, 1, 1))
    painter.drawImage(rect, thumb)
    frame = frame_of(view, rect)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width in ((QColor(0, 0, 0, 200), 3), (theme().colour("accent"), 1.5)):
        painter.setPen(QPen(colour, width))
        painter.drawRect(frame)


def draw_rulers(painter: QPainter, view: View, spacing: Spacing | None, at: QPointF | None) -> None:
    """Along the top and the left edge; in micro- or millimetres where these are known."""
    w, h = view.viewport
    colours = theme()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.fillRect(QRectF(0, 0, w, RULER), colours.colour("panel"))
    painter.fillRect(QRectF(0, 0, RULER, h), colours.colour("panel"))
    painter.setPen(colours.colour("line"))
    painter.drawLine(QPointF(RULER, RULER - 0.5), QPointF(w, RULER - 0.5))
    painter.drawLine(QPointF(RULER - 0.5, RULER), QPointF(RULER - 0.5, h))
    painter.setFont(_font(painter, 10))
    painter.setPen(colours.colour("dim"))
    per = micrometres(spacing) if spacing is not None else (1.0, 1.0)
    _ticks(painter, view.left, view.scale / per[0], w, across=True)
    painter.save()
    painter.rotate(-90)
    _ticks(painter, view.top, view.scale / per[1], h, across=False)
    painter.restore()
    painter.fillRect(QRectF(0, 0, RULER, RULER), colours.colour("panel"))
    unit = "" if spacing is None else _ruler_unit(view, per[0])
    painter.drawText(QRectF(0, 0, RULER, RULER), Qt.AlignmentFlag.AlignCenter, unit or "px")
    if at is not None:
        painter.setPen(QPen(colours.colour("accent"), 1))
        painter.drawLine(QPointF(at.x(), 0), QPointF(at.x(), RULER))
        painter.drawLine(QPointF(0, at.y()), QPointF(RULER, at.y()))


def _ticks(painter: QPainter, origin: float, scale: float, room: float, across: bool) -> None:
    """Ticks of one ruler; `scale` is screen pixels per unit. Down is drawn turned by -90°."""
    step = nice(90.0 / scale)
    divisor = _divisor(step)
    first = math.floor((RULER - origin) / scale / step)
    last = math.ceil((room - origin) / scale / step)
    for number in range(first, last + 1):
        at = origin + number * step * scale
        text = f"{number * step / divisor:g}"
        for tenth in range(10):
            place = at + tenth * step * scale / 10
            length = RULER if not tenth else (7 if tenth == 5 else 4)
            if RULER <= place <= room:
                x = place if across else -place
                painter.drawLine(QPointF(x, RULER - length), QPointF(x, RULER))
        if RULER <= at <= room:
            painter.drawText(QPointF(at + 3 if across else -at + 3, 10), text)


def _divisor(step: float) -> float:
    return 1000.0 if step >= 1000 else 1.0


def _ruler_unit(view: View, per: float) -> str:
    return "mm" if _divisor(nice(90.0 * per / view.scale)) > 1 else "µm"


def _font(painter: QPainter, size: int) -> QFont:
    font = QFont(painter.font())
    font.setPixelSize(size)
    return font
