"""Labels differ by pattern as well as by colour: lines, fillings, chips.

The pattern goes with the label's id, which it keeps for life, so that moving a label up or down
the list never changes how its shapes look. Five line styles and seven fillings together repeat
after 35 labels; with the fourteen colours no two of the first 70 labels look alike.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QPen

LINES = (
    Qt.PenStyle.SolidLine,
    Qt.PenStyle.DashLine,
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
