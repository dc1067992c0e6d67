"""The right button on the canvas: dragging sets window and level, a click asks for the menu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent

if TYPE_CHECKING:
    from tlstudio.ui.canvas.canvas import Canvas

_SLOP = 4.0


class CanvasEvents(QObject):
    """Hears the canvas's events before it does.

    `dragged(dx, dy)` in screen pixels; `menu_wanted` in pixels of the canvas. Keys go to `press`
    first, which says whether they meant something, so that the keymap rules over what a tool
    would do with a key.
    """

    dragged = Signal(float, float)
    menu_wanted = Signal(QPoint)

    def __init__(self, canvas: Canvas, press) -> None:  # type: ignore[no-untyped-def]
        super().__init__(canvas)
        self._canvas = canvas
        self._press = press
        self._from: QPointF | None = None
        self._moved = False
        canvas.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return bool(self._press(event))
        if getattr(self._canvas.tool, "takes_right", False):
            return False
        if isinstance(event, QContextMenuEvent):
            # The mouse asks on release, by `_mouse`; this is the key of the menu.
            return event.reason() == QContextMenuEvent.Reason.Mouse
        if isinstance(event, QMouseEvent):
            return self._mouse(event)
        return False

    def _mouse(self, event: QMouseEvent) -> bool:
        kind, right = event.type(), event.button() == Qt.MouseButton.RightButton
        if kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick) and right:
            self._from, self._moved = event.position(), False
            self._canvas.setFocus(Qt.FocusReason.MouseFocusReason)
            return True
        if kind == QEvent.Type.MouseMove and self._from is not None:
            step = event.position() - self._from
            if self._moved or step.manhattanLength() > _SLOP:
                self._moved, self._from = True, event.position()
                self.dragged.emit(step.x(), step.y())
            return True
        if kind == QEvent.Type.MouseButtonRelease and right and self._from is not None:
            self._from = None
            if not self._moved and not self._canvas.pointing.busy:
                self.menu_wanted.emit(event.position().toPoint())
            return True
        return False
