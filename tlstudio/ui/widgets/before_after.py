"""Two pictures of one place, one over the other, and a divider between them."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
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

_ZOOM = 1.2
_PAN = 48
_STEP, _STRIDE = 0.02, 0.1
_GRAB = 10.0  # pixels beside the divider that still take hold of it
_HANDLE = 14.0  # radius of the handle
_LIGHT, _DARK = QColor(255, 255, 255), QColor(0, 0, 0, 150)
_PLATE = QColor(0, 0, 0, 170)
_PLATE_GAP, _PLATE_PAD = 8, 8
_SHARP_FROM = 3.0  # screen pixels per pixel of the frame from which single pixels are shown

_Key = Qt.Key


class BeforeAfter(QWidget):
    """The picture before at the left of the divider, that after at its right.

    Both fill the same frame, whatever their sizes. Drag the divider, or move it by the arrow
    keys; drag elsewhere and turn the wheel to look closer; Space, while it is held, shows the
    picture before alone. `divided` is sent with the divider's new place.
    """

    divided = Signal(float)

    def __init__(self, name: str, says: str) -> None:
        super().__init__()
        named(self, name, says)
        self.setProperty("role", "canvas")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(240, 160)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.view = View()
        self.before: QImage | None = None
        self.after: QImage | None = None
        self._divider = 0.5
        self._peeking = False
        self._drag: QPointF | None = None
        self._moving = False
        theme().changed.connect(self.update)
        self._describe()

    def sizeHint(self) -> QSize:
        return QSize(640, 480)

    # -- what is shown ----------------------------------------------------------------------

    @property
    def divider(self) -> float:
        """Where the divider is: 0 shows all of the picture after, 1 all of that before."""
        return self._divider

    def set_divider(self, share: float) -> None:
        """Put the divider at a share of what is seen of the picture."""
        share = min(1.0, max(0.0, share))
        if share != self._divider:
            self._divider = share
            self._describe()
            self.divided.emit(share)
            self.update()

    def show_before(self, picture: QImage | None, frame: tuple[int, int] | None = None) -> None:
        """The picture before; `frame` is its true size where `picture` is a smaller copy. A
        frame of another size is fitted, the same one keeps its place."""
        self.before = picture
        size = frame or ((picture.width(), picture.height()) if picture is not None else (0, 0))
        if (self.view.width, self.view.height) != size:
            self.view.fitted = True
        self.view.set_image(*size)
        self._describe()
        self.update()

    def show_after(self, picture: QImage | None) -> None:
        """The picture after, of any size; None shows that before alone."""
        self.after = picture
        self._describe()
        self.update()

    def peek(self, on: bool) -> None:
        """Show the whole picture before for as long as this is on."""
        self._peeking = on
        self.update()

    # -- looking closer ---------------------------------------------------------------------

    def zoom(self, factor: float) -> None:
        self.view.zoom_at(self.view.middle(), factor)
        self.update()

    def fit(self) -> None:
        self.view.fit()
        self.update()

    def actual_size(self) -> None:
        """One pixel of the picture on one of the screen."""
        self.view.one_to_one()
        self.update()

    # -- drawing ----------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme().colour("canvas"))
        if not self.view.empty and self.before is not None:
            at = self._line_x()
            seen = self._seen()
            self._draw(painter, self.before, seen, seen.left(), at)
            if self.after is not None and not self._peeking:
                self._draw(painter, self.after, seen, at, seen.right())
                self._draw_divider(painter, at, seen)
            self._draw_words(painter, at, seen)
        if self.hasFocus():
            painter.setPen(theme().ring())
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))

    def _seen(self) -> QRectF:
        """The part of the frame that is on screen, in widget pixels."""
        return QRectF(*self.view.rect_to_screen(self.view.visible()))

    def _line_x(self) -> float:
        """Where the divider stands; at the right edge while only the picture before is shown."""
        seen = self._seen()
        alone = self.after is None or self._peeking
        return seen.right() if alone else seen.left() + self._divider * seen.width()

    def _draw(
        self, painter: QPainter, picture: QImage, seen: QRectF, left: float, right: float
    ) -> None:
        """The part of `picture` between two places of the screen."""
        if right <= left:
            return
        target = QRectF(left, seen.top(), right - left, seen.height())
        x, y, w, h = self.view.rect_to_image(
            (target.x(), target.y(), target.width(), target.height())
        )
        across = picture.width() / self.view.width
        down = picture.height() / self.view.height
        close = self.view.scale >= _SHARP_FROM
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not close)
        painter.drawImage(target, picture, QRectF(x * across, y * down, w * across, h * down))

    def _draw_divider(self, painter: QPainter, at: float, seen: QRectF) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for colour, width in ((_DARK, 4.0), (_LIGHT, 2.0)):
            painter.setPen(QPen(colour, width))
            painter.drawLine(QPointF(at, seen.top()), QPointF(at, seen.bottom()))
        middle = QPointF(at, seen.center().y())
        painter.setPen(QPen(_DARK, 1.0))
        painter.setBrush(theme().colour("accent") if self._moving else _LIGHT)
        painter.drawEllipse(middle, _HANDLE, _HANDLE)
        painter.setPen(QPen(QColor(20, 20, 20), 2.0))
        for side in (-1, 1):
            tip = middle + QPointF(side * 8, 0)
            painter.drawPolyline([tip + QPointF(-side * 4, -4), tip, tip + QPointF(-side * 4, 4)])

    def _draw_words(self, painter: QPainter, at: float, seen: QRectF) -> None:
        """Which side is which, where there is room for it."""
        metrics = painter.fontMetrics()
        both = self.after is not None and not self._peeking
        sides = [(tr("Before"), True)] + ([(tr("After"), False)] if both else [])
        for words, left in sides:
            plate = QRectF(
                0, 0, metrics.horizontalAdvance(words) + 2 * _PLATE_PAD, metrics.height() + 6
            )
            room = (at - seen.left()) if left else (seen.right() - at)
            if room < plate.width() + 2 * _PLATE_GAP:
                continue
            plate.moveTop(seen.top() + _PLATE_GAP)
            if left:
                plate.moveLeft(seen.left() + _PLATE_GAP)
            else:
                plate.moveRight(seen.right() - _PLATE_GAP)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(_PLATE)
            painter.drawRoundedRect(plate, 4, 4)
            painter.setPen(_LIGHT)
            painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, words)

    # -- mouse and keys -----------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.view.set_viewport(self.width(), self.height(), self.devicePixelRatioF())

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.view.zoom_at(event.position(), _ZOOM ** (event.angleDelta().y() / 120))
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is not Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
            return
        self._moving = self._on_divider(event.position())
        self._drag = event.position()
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        near = self._moving or self._on_divider(event.position())
        self.setCursor(Qt.CursorShape.SplitHCursor if near else Qt.CursorShape.ArrowCursor)
        if self._drag is None or not event.buttons() & Qt.MouseButton.LeftButton:
            return
        if self._moving:
            seen = self._seen()
            if seen.width() > 0:
                self.set_divider((event.position().x() - seen.left()) / seen.width())
            return
        moved = event.position() - self._drag
        self._drag = event.position()
        self.view.pan(moved.x(), moved.y())
        self.update()

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        self._drag, self._moving = None, False
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Between the whole picture and its true pixels, under the pointer."""
        if self.view.fitted:
            self.view.one_to_one(event.position())
        else:
            self.view.fit()
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().keyPressEvent(event)
            return
        moved = self._press_pan(key) if shifted else self._press_divider(key)
        if key is _Key.Key_Space and not event.isAutoRepeat():
            self.peek(True)
        elif not (moved or self._press_zoom(key)):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == _Key.Key_Space and not event.isAutoRepeat():
            self.peek(False)
        else:
            super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.peek(False)
        super().focusOutEvent(event)

    def _press_divider(self, key: Qt.Key) -> bool:
        steps = {
            _Key.Key_Left: -_STEP, _Key.Key_Right: _STEP,
            _Key.Key_PageUp: -_STRIDE, _Key.Key_PageDown: _STRIDE,
            _Key.Key_Home: -1.0, _Key.Key_End: 1.0,
        }  # fmt: skip
        if key in steps:
            self.set_divider(self._divider + steps[key])
        return key in steps

    def _press_pan(self, key: Qt.Key) -> bool:
        moves = {
            _Key.Key_Left: (_PAN, 0), _Key.Key_Right: (-_PAN, 0),
            _Key.Key_Up: (0, _PAN), _Key.Key_Down: (0, -_PAN),
        }  # fmt: skip
        if key in moves:
            self.view.pan(*moves[key])
            self.update()
        return key in moves

    def _press_zoom(self, key: Qt.Key) -> bool:
        acts = {
            _Key.Key_Plus: lambda: self.zoom(_ZOOM), _Key.Key_Equal: lambda: self.zoom(_ZOOM),
            _Key.Key_Minus: lambda: self.zoom(1 / _ZOOM), _Key.Key_0: self.fit,
            _Key.Key_1: self.actual_size,
        }  # fmt: skip
        if key in acts:
            acts[key]()
        return key in acts

    def _on_divider(self, point: QPointF) -> bool:
        if self.before is None or self.after is None or self.view.empty:
            return False
        seen, at = self._seen(), self._line_x()
        near = abs(point.x() - at) <= _GRAB and seen.top() <= point.y() <= seen.bottom()
        away = point - QPointF(at, seen.center().y())
        return near or away.x() ** 2 + away.y() ** 2 <= _HANDLE**2

    def _describe(self) -> None:
        """For those who do not see it."""
        if self.before is None:
            words = tr("Empty")
        elif self.after is None:
            words = tr("Only the picture before")
        else:
            share = f"{self._divider:.0%}"
            words = tr("The picture before on {share}, that after beside it", share=share)
        self.setAccessibleDescription(words)
