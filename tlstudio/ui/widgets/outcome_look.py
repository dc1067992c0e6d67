"""How a verdict looks: a colour, a line and a filling of its own, so that none needs the other.

Lines lie on a wide dark ground, which shows through their gaps: they are seen on any tissue, and
told apart in grey as well.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap

from tlstudio.domain.outcomes import DetectionOutcome, SegmentationOutcome, Verdict
from tlstudio.ui.words import count, tr

WIDTH = 2.0
SWATCH = (26, 14)


@dataclass(frozen=True, slots=True)
class Look:
    """Colour, dashes in pen widths (none: a full line), and `filling`, the number of the pattern
    that `pattern` draws."""

    verdict: Verdict
    colour: str
    dashes: tuple[float, ...]
    filling: int


LOOKS = {
    look.verdict: look
    for look in (
        Look(Verdict.HIT, "#2BB58A", (), 0),
        Look(Verdict.MISS, "#F0E442", (4.0, 3.0), 1),
        Look(Verdict.FALSE_ALARM, "#FF7A2F", (1.0, 2.0), 2),
        Look(Verdict.WRONG_LABEL, "#E08CC0", (6.0, 2.0, 1.0, 2.0), 3),
        Look(Verdict.IGNORED, "#A6A9AE", (1.0, 4.0), 4),
    )
}

SHOWN = (Verdict.HIT, Verdict.MISS, Verdict.FALSE_ALARM, Verdict.WRONG_LABEL)
"""The verdicts that count, in the order of the legend."""

CODES = {1: Verdict.HIT, 2: Verdict.MISS, 3: Verdict.FALSE_ALARM, 4: Verdict.WRONG_LABEL}
"""Verdicts in the maps of tlstudio.services.map_answers.verdicts."""


def words_of(verdict: Verdict) -> str:
    """What the verdict is called."""
    return {
        Verdict.HIT: tr("Found"),
        Verdict.MISS: tr("Missed"),
        Verdict.FALSE_ALARM: tr("False alarm"),
        Verdict.WRONG_LABEL: tr("Wrong label"),
        Verdict.IGNORED: tr("Not counted"),
    }[verdict]


def meaning_of(verdict: Verdict) -> str:
    """What it stands for."""
    return {
        Verdict.HIT: tr("True and found, with the right label (hit)"),
        Verdict.MISS: tr("True, but not found (false negative)"),
        Verdict.FALSE_ALARM: tr("Found, but nothing is there, or it was found before"),
        Verdict.WRONG_LABEL: tr("Found in the right place, with another label"),
        Verdict.IGNORED: tr("In a region that is not to be judged"),
    }[verdict]


def counts_of(outcome: DetectionOutcome | SegmentationOutcome) -> str:
    """What was found in an image: how many of each verdict, or the Dice coefficient."""
    if isinstance(outcome, SegmentationOutcome):
        return tr("Dice {n}", n="–" if outcome.dice is None else f"{outcome.dice:.2f}")
    alarms, wrong = outcome.count(Verdict.FALSE_ALARM), outcome.count(Verdict.WRONG_LABEL)
    return tr(
        "{hits} found, {misses} missed, {alarms}, {wrong}",
        hits=outcome.count(Verdict.HIT),
        misses=outcome.count(Verdict.MISS),
        alarms=count(alarms, "{n} false alarm", "{n} false alarms"),
        wrong=count(wrong, "{n} wrong label", "{n} wrong labels"),
    )


def pens(verdict: Verdict, width: float = WIDTH) -> tuple[QPen, QPen]:
    """The dark ground and the line above it, as wide on screen at every zoom."""
    look = LOOKS[verdict]
    ground, above = QPen(QColor(0, 0, 0, 200), width + 2.5), QPen(QColor(look.colour), width)
    if look.dashes:
        above.setDashPattern(list(look.dashes))
    for pen in (ground, above):
        pen.setCosmetic(True)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    return ground, above


def draw_box(painter: QPainter, box: QRectF, verdict: Verdict, width: float = WIDTH) -> None:
    """A rectangle in the look of the verdict."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in pens(verdict, width):
        painter.setPen(pen)
        painter.drawRect(box)


def swatch(verdict: Verdict, ratio: float = 1.0) -> QPixmap:
    """The piece of line that the legend shows."""
    made = QPixmap(round(SWATCH[0] * ratio), round(SWATCH[1] * ratio))
    made.setDevicePixelRatio(ratio)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    for pen in pens(verdict, 3.0):
        painter.setPen(pen)
        painter.drawLine(QPointF(0, SWATCH[1] / 2), QPointF(SWATCH[0], SWATCH[1] / 2))
    painter.end()
    return made


def pattern(filling: int, x: NDArray[np.intp], y: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Where, among screen pixels of columns `x` [w] and rows `y` [h], the filling is strong:
    nothing, stripes one way, dots, stripes the other way, a wide grid; [h, w]."""
    across, down = x[None, :], y[:, None]
    if filling == 1:
        return (across + down) % 9 < 3
    if filling == 2:
        return (across % 7 < 3) & (down % 7 < 3)
    if filling == 3:
        return (across - down) % 9 < 3
    if filling == 4:
        return (across % 12 < 1) | (down % 12 < 1)
    return np.zeros((len(y), len(x)), np.bool_)
