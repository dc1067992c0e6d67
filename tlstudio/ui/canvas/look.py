"""How shapes of a label look: pens and brushes, made once for each look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QPen

from tlstudio.domain.annotations import Annotation
from tlstudio.ui.label_look import line_style

if TYPE_CHECKING:
    from tlstudio.ui.canvas.scene import Scene

WIDTH = 1.75
BROKEN = 2.4
HALO = 3.75
_NO_LABEL = "#9AA0A6"
_DASHES = [5.0, 3.5]


@dataclass(frozen=True, slots=True)
class Look:
    """The colours and tools of one kind of shape; widths are device pixels.

    The halo is light around dark colours and dark around light ones, so that an outline shows on
    any tissue. `thin`, `middle` and `shade` draw many small shapes. `fill` is None where there is
    none.
    """

    colour: QColor
    line: QPen
    halo: QPen
    thin: QPen
    middle: QPen
    shade: QPen
    fill: QBrush | None
    suggestion: bool


class Looks:
    """Looks of the labels in a scene, at one pixel ratio and one opacity."""

    def __init__(self, scene: Scene, ratio: float) -> None:
        self._scene = scene
        self.ratio = ratio
        self.opacity = scene.filters.fill
        self._made: dict[tuple[int, bool], Look] = {}

    def of(self, shape: Annotation) -> Look:
        return self.get(shape.label, shape.provenance.suggestion)

    def get(self, label: int, suggestion: bool) -> Look:
        """The look of a label; of a suggestion it is dashed and hatched."""
        found = self._made.get((label, suggestion))
        if found is None:
            found = self._made[label, suggestion] = self._make(label, suggestion)
        return found

    def _make(self, label: int, suggestion: bool) -> Look:
        known = self._scene.labels.get(label)
        colour = QColor(known.colour if known else _NO_LABEL)
        contrast = contrast_to(colour)
        line = _pen(colour, WIDTH * self.ratio)
        halo = _pen(contrast, HALO * self.ratio)
        if suggestion:
            line.setDashPattern(_DASHES)
            halo.setDashPattern([d * WIDTH / HALO for d in _DASHES])
        else:
            line.setStyle(line_style(label))
            if line.style() != Qt.PenStyle.SolidLine:
                line.setWidthF(BROKEN * self.ratio)
        thin = QPen(faded(colour, 0.6) if suggestion else colour, 1.0)
        middle = QPen(colour, 1.0)
        if line.style() != Qt.PenStyle.SolidLine:
            middle.setDashPattern([max(1.0, part * line.widthF()) for part in line.dashPattern()])
        return Look(
            colour=colour,
            line=line,
            halo=halo,
            thin=thin,
            middle=middle,
            shade=QPen(faded(contrast, 0.5), 1.0),
            fill=self._fill(colour, suggestion),
            suggestion=suggestion,
        )

    def _fill(self, colour: QColor, suggestion: bool) -> QBrush | None:
        if self.opacity <= 0:
            return None
        if suggestion:
            return QBrush(faded(colour, min(1.0, 2 * self.opacity)), Qt.BrushStyle.BDiagPattern)
        # Much fainter than a mask, whose pixels have only their fill to show them.
        return QBrush(faded(colour, self.opacity**2))


def contrast_to(colour: QColor) -> QColor:
    """Nearly black for light colours, nearly white for dark ones; half transparent."""
    light = 0.2126 * colour.redF() + 0.7152 * colour.greenF() + 0.0722 * colour.blueF()
    return QColor(0, 0, 0, 170) if light > 0.4 else QColor(255, 255, 255, 190)


def faded(colour: QColor, opacity: float) -> QColor:
    made = QColor(colour)
    made.setAlphaF(opacity)
    return made


def _pen(colour: QColor, width: float) -> QPen:
    pen = QPen(colour, width)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    return pen
