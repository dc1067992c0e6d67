"""Painting where a style goes: a brush over the content picture, by mouse, pen or keys."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from tlstudio.ui.canvas.view import View
from tlstudio.ui.theme import theme
from tlstudio.ui.widgets.basics import named
from tlstudio.ui.words import tr

SIDE = 1024
"""The longest side of a painted region; it is stretched onto the content when it is used."""

LEAST_BRUSH, MOST_BRUSH = 4, 400
_OPACITY = 0.55
_UNDOS = 20
_TAP, _FASTEST, _GAIN = 2.0, 24.0, 1.25
_HALO = QColor(0, 0, 0, 160)
_HATCH = QColor(255, 255, 255, 200)

Region = NDArray[np.uint8]
"""[height, width]: 255 where the style goes, 0 elsewhere."""


class RegionCanvas(QWidget):
    """`changed` after each stroke; `finished` on Enter, `given_up` on Esc.

    The brush is `brush` screen pixels wide. Arrow keys move a pointer, Space lets the brush down
    and lifts it again.
    """

    changed = Signal()
    brush_changed = Signal(int)
    finished = Signal()
    given_up = Signal()

    def __init__(self) -> None:
        super().__init__()
        named(self, "style_region_canvas", tr("The content, to paint on where the style goes"))
        self.setProperty("role", "canvas")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(240, 160)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.view = View()
        self.brush = 48
        self.erasing = False
        self._picture: QImage | None = None
        self._paint = QImage()
        self._before: list[QImage] = []
        self._at: QPointF | None = None
        self._down = False
        self._panned: QPointF | None = None
        self._pace = _TAP
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(640, 480)

    # -- what is painted ------------------------------------------------------------------------

    def start(self, picture: QImage, frame: tuple[int, int], region: Region | None = None) -> None:
        """Paint on `picture` of true size `frame`, going on from `region` where it is given."""
        self._picture = picture
        scale = min(1.0, SIDE / max(frame))
        size = QSize(max(1, round(frame[0] * scale)), max(1, round(frame[1] * scale)))
        self._paint = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
        self._paint.fill(Qt.GlobalColor.transparent)
        self._before = []
        self._down = False
        if region is not None:
            self._lay(region)
        self.view.fitted = True
        self.view.set_image(*frame)
        self._describe()
        self.update()

    def region(self) -> Region:
        """What is painted, as pixels."""
        alpha = self._paint.convertToFormat(QImage.Format.Format_Alpha8)
        height, width = alpha.height(), alpha.width()
        rows = np.frombuffer(alpha.constBits(), np.uint8).reshape(height, alpha.bytesPerLine())
        return np.where(rows[:, :width] > 127, np.uint8(255), np.uint8(0))

    def share(self) -> float:
        """How much of the picture is painted, 0 to 1."""
        return float((self.region() > 0).mean()) if not self._paint.isNull() else 0.0

    def clear(self) -> None:
        self._remember()
        self._paint.fill(Qt.GlobalColor.transparent)
        self._told()

    def invert(self) -> None:
        """Paint what is bare, and bare what is painted."""
        self._remember()
        self._lay(np.uint8(255) - self.region())
        self._told()

    def lay(self, region: Region) -> None:
        """Put `region` in place of what is painted."""
        self._remember()
        self._lay(region)
        self._told()

    def undo(self) -> bool:
        """Take the last stroke back; False where there is none."""
        if not self._before:
            return False
        self._paint = self._before.pop()
        self._told()
        return True

    def set_brush(self, width: int) -> None:
        """How wide the brush is, in screen pixels."""
        width = min(MOST_BRUSH, max(LEAST_BRUSH, width))
        if width != self.brush:
            self.brush = width
            self.brush_changed.emit(width)
            self.update()

    def _lay(self, region: Region) -> None:
        height, width = region.shape
        pixels = np.zeros((height, width, 4), np.uint8)
        pixels[region > 127] = 255
        found = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_ARGB32)
        size = self._paint.size()
        self._paint = (
            found.copy().scaled(size).convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
        )

    def _remember(self) -> None:
        self._before = [*self._before[-(_UNDOS - 1) :], self._paint.copy()]

    def _told(self) -> None:
        self._describe()
        self.changed.emit()
        self.update()

    def _describe(self) -> None:
        painted = f"{self.share():.0%}"
        self.setAccessibleDescription(tr("{share} of the picture is painted", share=painted))

    # -- strokes --------------------------------------------------------------------------------

    def _stroke(self, start: QPointF, end: QPointF) -> None:
        """Paint or erase from one place on the screen to another."""
        if self.view.empty:
            return
        scale = self._paint.width() / self.view.width
        painter = QPainter(self._paint)
        modes = QPainter.CompositionMode
        mode = modes.CompositionMode_Clear if self.erasing else modes.CompositionMode_Source
        painter.setCompositionMode(mode)
        width = max(1.0, self.brush / self.view.scale * scale)
        pen = QPen(QColor(255, 255, 255), width)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        (x0, y0), (x1, y1) = self.view.to_image(start), self.view.to_image(end)
        first, last = QPointF(x0, y0) * scale, QPointF(x1, y1) * scale
        if first == last:
            painter.drawPoint(first)
        else:
            painter.drawLine(first, last)
        painter.end()
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self._picture is not None:
            self._remember()
            self._down, self._at = True, event.position()
            self._stroke(event.position(), event.position())
        elif event.button() is Qt.MouseButton.MiddleButton:
            self._panned = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        before, self._at = self._at, event.position()
        if self._panned is not None:
            moved = event.position() - self._panned
            self._panned = event.position()
            self.view.pan(moved.x(), moved.y())
        elif self._down and event.buttons() & Qt.MouseButton.LeftButton and before is not None:
            self._stroke(before, event.position())
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.MiddleButton:
            self._panned = None
        elif self._down:
            self._down = False
            self._told()

    def leaveEvent(self, _event: object) -> None:
        if not self._down:
            self._at = None
            self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.view.zoom_at(event.position(), 1.2 ** (event.angleDelta().y() / 120))
        self.update()

    # -- keys -----------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = Qt.Key
        moves = {
            keys.Key_Left: (-1, 0), keys.Key_Right: (1, 0),
            keys.Key_Up: (0, -1), keys.Key_Down: (0, 1),
        }  # fmt: skip
        acts = {
            keys.Key_Space: self._lower_or_lift, keys.Key_Return: self.finished.emit,
            keys.Key_Enter: self.finished.emit, keys.Key_Escape: self.given_up.emit,
            keys.Key_BracketLeft: lambda: self.set_brush(round(self.brush / 1.25)),
            keys.Key_BracketRight: lambda: self.set_brush(round(self.brush * 1.25) + 1),
        }  # fmt: skip
        key = keys(event.key())
        if key in moves:
            self._pace = min(_FASTEST, self._pace * _GAIN) if event.isAutoRepeat() else _TAP
            self._go(*moves[key])
        elif key in acts and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            acts[key]()
        else:
            super().keyPressEvent(event)

    def _go(self, x: int, y: int) -> None:
        """Move the pointer; the brush paints on its way while it is down."""
        before = self._at if self._at is not None else self.view.middle()
        moved = before + QPointF(x, y) * self._pace
        self._at = QPointF(
            min(max(moved.x(), 0.0), self.width() - 1.0),
            min(max(moved.y(), 0.0), self.height() - 1.0),
        )
        if self._down:
            self._stroke(before, self._at)
        self.update()

    def _lower_or_lift(self) -> None:
        self._down = not self._down
        if self._down:
            self._remember()
            self._at = self._at if self._at is not None else self.view.middle()
            self._stroke(self._at, self._at)
        else:
            self._told()

    # -- drawing --------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.view.set_viewport(self.width(), self.height(), self.devicePixelRatioF())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme().colour("canvas"))
        if self._picture is not None and not self.view.empty:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            size = (0.0, 0.0, float(self.view.width), float(self.view.height))
            place = QRectF(*self.view.rect_to_screen(size))
            painter.drawImage(place, self._picture)
            painter.setOpacity(_OPACITY)
            painter.drawImage(place, _tinted(self._paint, theme().colour("accent")))
            painter.setOpacity(1.0)
        if self._at is not None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for pen in (QPen(_HALO, 3), QPen(QColor(255, 255, 255), 1.5)):
                painter.setPen(pen)
                painter.drawEllipse(self._at, self.brush / 2, self.brush / 2)
        if self.hasFocus():
            painter.setPen(theme().ring())
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))


def _tinted(paint: QImage, colour: QColor) -> QImage:
    """What is painted, in the colour of the theme and hatched, so that it shows on any picture."""
    made = paint.copy()
    painter = QPainter(made)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
    painter.fillRect(made.rect(), colour)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceAtop)
    painter.fillRect(made.rect(), QBrush(_HATCH, Qt.BrushStyle.BDiagPattern))
    painter.end()
    return made
