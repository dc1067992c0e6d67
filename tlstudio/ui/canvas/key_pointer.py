"""A pointer that keys move: every tool can be used without a mouse."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent

if TYPE_CHECKING:
    from tlstudio.ui.canvas.canvas import Canvas

MARGIN = 24.0  # screen pixels that stay between the pointer and the border of the view
_SLOWEST, _FASTEST, _GAIN = 2.0, 24.0, 1.25
_BURST = 0.15  # seconds between moves that belong to one held key
_NO, _LEFT = Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton
_PLAIN, _ALT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.AltModifier
_MOVE, _PRESS, _RELEASE = (
    QEvent.Type.MouseMove,
    QEvent.Type.MouseButtonPress,
    QEvent.Type.MouseButtonRelease,
)


class KeyPointer:
    """Does to a canvas what the mouse would: goes, clicks, holds the button and lets go.

    It starts where the mouse is, in the middle of the view where that is elsewhere. A tap moves
    it by 2 screen pixels; held, it becomes faster. The view follows it over the image.
    """

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._last = 0.0
        self._step = _SLOWEST

    def go(self, x: int, y: int) -> None:
        """One move to the side given by signs."""
        canvas = self._canvas
        if canvas.image_id is None:
            return
        step = self._stride()
        at = self._kept(self._start() + QPointF(x * step, y * step))
        canvas.show_by_keys(True)
        self._send(_MOVE, at)

    def click(self, *, alt: bool = False) -> None:
        """Press and let go where the pointer is; lets go only where the button is held."""
        if self._canvas.image_id is None:
            return
        self.go(0, 0)
        at, held = self._start(), _ALT if alt else _PLAIN
        if not self._canvas.pointing.busy:
            self._send(_PRESS, at, held)
        self._send(_RELEASE, at, held)

    def hold(self) -> None:
        """Press and stay so, for dragging and painting; let go the next time."""
        if self._canvas.image_id is None:
            return
        self.go(0, 0)
        busy = self._canvas.pointing.busy
        self._send(_RELEASE if busy else _PRESS, self._start())

    def _stride(self) -> float:
        now = time.monotonic()
        held = now - self._last < _BURST
        self._step = min(_FASTEST, self._step * _GAIN) if held else _SLOWEST
        self._last = now
        return round(self._step)

    def _start(self) -> QPointF:
        at = self._canvas.pointer
        return QPointF(at) if at is not None else self._canvas.view.middle()

    def _kept(self, at: QPointF) -> QPointF:
        """`at` on the image; where it would leave the view, the view moves instead."""
        canvas, view = self._canvas, self._canvas.view
        x, y = canvas.snap(*view.to_image(at))
        at = view.to_screen(x, y)
        inside = QPointF(
            min(max(at.x(), MARGIN), view.viewport[0] - MARGIN),
            min(max(at.y(), MARGIN), view.viewport[1] - MARGIN),
        )
        away = inside - at
        if not away.isNull():
            canvas.pan(away.x(), away.y())
        return view.to_screen(x, y)

    def _send(self, kind: QEvent.Type, at: QPointF, held: Qt.KeyboardModifier = _PLAIN) -> None:
        pointing = self._canvas.pointing
        down = kind == _PRESS or (kind == _MOVE and pointing.busy)
        event = QMouseEvent(
            kind, at, QPointF(self._canvas.mapToGlobal(at)), _NO if kind == _MOVE else _LEFT,
            _LEFT if down else _NO, held,
        )  # fmt: skip
        act = {_MOVE: pointing.move, _PRESS: pointing.press, _RELEASE: pointing.release}[kind]
        act(event)
