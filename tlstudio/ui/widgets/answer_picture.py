"""A picture with a model's answers on it: boxes and regions in the colours of their labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from tlstudio.ui.lazy import service

if TYPE_CHECKING:
    from tlstudio.services.predictions import Prediction

_FILL = 90
_EDGE = 230
_DARK = QColor(0, 0, 0, 190)
_TEXT = 12
_ROOM_FOR_WORDS = 36


def image_of(pixels: NDArray[np.uint8]) -> QImage:
    """[h, w, 3] as a picture with pixels of its own."""
    height, width = pixels.shape[:2]
    whole = np.ascontiguousarray(pixels)
    return QImage(whole.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def draw_answers(
    picture: QImage,
    size: tuple[int, int],
    answers: Sequence[Prediction],
    colours: Mapping[int, str],
) -> QImage:
    """`picture`, which shows the whole image of `size` (width, height), with the answers on it.

    Regions are tinted with a sharp edge; boxes are outlined on a dark ground and, where there is
    room, named. Safe on a thread.
    """
    made = picture.convertToFormat(QImage.Format.Format_RGB32)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    across, down = made.width() / size[0], made.height() / size[1]
    for answer in answers:
        colour = QColor(colours.get(answer.label_id, "#FFFFFF"))
        if answer.rle is not None:
            painter.drawImage(0, 0, _region(answer, made.width(), made.height(), colour))
        elif answer.box is not None:
            x, y, w, h = answer.box
            place = QRectF(x * across, y * down, w * across, h * down)
            _draw_box(painter, place, colour, f"{answer.label} {answer.confidence:.0%}")
    painter.end()
    return made


def _region(answer: Prediction, width: int, height: int, colour: QColor) -> QImage:
    inside: NDArray[np.bool_] = service("predictions", "region_pixels")(answer)
    rows = (np.arange(height) * inside.shape[0] / height).astype(np.intp)
    columns = (np.arange(width) * inside.shape[1] / width).astype(np.intp)
    here = inside[rows[:, None], columns[None, :]]
    edge = np.zeros_like(here)
    edge[:, 1:] |= here[:, 1:] != here[:, :-1]
    edge[1:] |= here[1:] != here[:-1]
    pixels = np.zeros((height, width, 4), np.uint8)  # blue, green, red, opacity
    pixels[..., :3] = colour.blue(), colour.green(), colour.red()
    pixels[..., 3] = np.where(edge & here, _EDGE, np.where(here, _FILL, 0))
    return QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_ARGB32).copy()


def _draw_box(painter: QPainter, place: QRectF, colour: QColor, words: str) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in (QPen(_DARK, 4), QPen(colour, 2)):
        painter.setPen(pen)
        painter.drawRect(place)
    if place.width() < _ROOM_FOR_WORDS:
        return
    font = painter.font()
    font.setPixelSize(_TEXT)
    painter.setFont(font)
    metrics = painter.fontMetrics()
    plate = QRectF(0, 0, metrics.horizontalAdvance(words) + 6, metrics.height())
    above = place.top() - plate.height() - 2
    plate.moveTopLeft(place.topLeft())
    plate.moveTop(above if above >= 0 else place.top() + 2)
    painter.fillRect(plate, _DARK)
    painter.setPen(colour.lighter(130))
    painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, words)
