"""Labels differ by pattern as well as by colour: lines, fillings, chips.

The pattern goes with the label's id, which it keeps for life, so that moving a label up or down
the list never changes how its shapes look. Four line styles, seven fillings and fourteen colours:
no two of the first 28 labels look alike, with or without colour. Plain dashes are no label's line;
they are left to suggestions.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, QRectF, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPen

LINES = (
    Qt.PenStyle.SolidLine,
    Qt.PenStyle.DotLine,
    Qt.PenStyle.DashDotLine,
    Qt.PenStyle.DashDotDotLine,
)
TEXTURES = (
    Qt.BrushStyle.BDiagPattern,
    Qt.BrushStyle.FDiagPattern,
    Qt.BrushStyle.HorPattern,
    Qt.BrushStyle.VerPattern,
    Qt.BrushStyle.CrossPattern,
    Qt.BrushStyle.DiagCrossPattern,
    Qt.BrushStyle.Dense5Pattern,
)


class Patterns(QObject):
    """Whether labels show their patterns; `changed` is sent when that changes."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._on = True

    @property
    def on(self) -> bool:
        return self._on

    def set_on(self, on: bool) -> None:
        if on != self._on:
            self._on = on
            self.changed.emit()


_PATTERNS: Patterns | None = None


def patterns() -> Patterns:
    """The program's one choice; on unless the person switched it off in Settings."""
    global _PATTERNS
    if _PATTERNS is None:
        _PATTERNS = Patterns()
    return _PATTERNS


def line_style(label_id: int) -> Qt.PenStyle:
    """How the outlines of this label are drawn; always solid while patterns are off."""
    return LINES[(label_id - 1) % len(LINES)] if patterns().on else Qt.PenStyle.SolidLine


def texture(label_id: int) -> Qt.BrushStyle:
    """How areas of this label are filled; always plain while patterns are off."""
    if not patterns().on:
        return Qt.BrushStyle.SolidPattern
    return TEXTURES[(label_id - 1) % len(TEXTURES)]


def outline(label_id: int, colour: QColor, width: float) -> QPen:
    """A pen in the label's colour and line style, as wide on screen at every zoom."""
    made = QPen(colour, width, line_style(label_id))
    made.setCosmetic(True)
    made.setCapStyle(Qt.PenCapStyle.FlatCap)
    made.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    return made


def paint_swatch(painter: QPainter, area: QRectF, colour: str, label_id: int) -> None:
    """A small area as the label's shapes look: filled in its texture, outlined in its line."""
    made = QColor(colour)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    edge = QPainterPath()
    edge.addRoundedRect(area.adjusted(0.75, 0.75, -0.75, -0.75), 3, 3)
    ground = QColor(made)
    ground.setAlpha(110 if patterns().on else 255)
    painter.fillPath(edge, ground)
    if patterns().on:
        painter.fillPath(edge, QBrush(made, texture(label_id)))
    painter.setPen(outline(label_id, made, 1.5))
    painter.drawPath(edge)
    painter.restore()
