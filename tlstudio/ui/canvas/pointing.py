"""Who gets the pointer: panning and zooming first, then the overview map, then the tool."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QMouseEvent, QNativeGestureEvent, QWheelEvent

from tlstudio.ui.canvas.overlays import overview_rect
from tlstudio.ui.canvas.tool import Pointer

if TYPE_CHECKING:
    from tlstudio.ui.canvas.canvas import Canvas

NOTCH = 1.25
_REACH = 6.0
_LEFT, _MIDDLE, _RIGHT = (
    Qt.MouseButton.LeftButton,
    Qt.MouseButton.MiddleButton,
    Qt.MouseButton.RightButton,
)
_CONTROL = Qt.KeyboardModifier.ControlModifier


class Pointing:
    """Routes the events of one canvas.

    The middle button, or the left one with the space bar held, pans. The wheel zooms to the
    cursor; a touchpad, which scrolls by pixels, pans and with Ctrl (or by pinching) zooms.
    A tool that sets `takes_right` also hears the right button; else that asks for the menu.
    """

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self.space = False
        self._panning: QPointF | None = None
        self._mapping = False
        self._pressed = Qt.MouseButton.NoButton

    @property
    def busy(self) -> bool:
        """A button is down that means something."""
        return self._panning is not None or self._mapping or self._pressed != _NO

    def pointer(self, event: QMouseEvent) -> Pointer:
        return self.pointer_at(event.position(), event.button(), event.modifiers())

    def pointer_at(
        self,
        screen: QPointF,
        button: Qt.MouseButton = Qt.MouseButton.NoButton,
        held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
    ) -> Pointer:
        x, y = self._canvas.view.to_image(screen)
        return Pointer(x, y, screen, button, held)

    def press(self, event: QMouseEvent) -> None:
        canvas, button = self._canvas, event.button()
        self._canvas.pointer = event.position()
        if self._pressed != _NO and button != self._pressed:
            return
        if button == _MIDDLE or (button == _LEFT and self.space):
            self._panning = event.position()
        elif button == _LEFT and self._on_map(event.position()):
            self._mapping = True
            self._to_map(event.position())
        elif button == _LEFT or (button == _RIGHT and self._takes_right()):
            self._pressed = button
            if canvas.tool is not None:
                canvas.tool.press(self.pointer(event))
        canvas.show_cursor()

    def move(self, event: QMouseEvent) -> None:
        canvas, here = self._canvas, event.position()
        self._canvas.pointer = here
        if self._panning is not None:
            away = here - self._panning
            self._panning = here
            canvas.pan(away.x(), away.y())
        elif self._mapping:
            self._to_map(here)
        elif self._pressed != _NO:
            if canvas.tool is not None:
                canvas.tool.drag(self.pointer_at(here, self._pressed, event.modifiers()))
        else:
            self._hover(self.pointer_at(here, _NO, event.modifiers()))
        canvas.tell_pointer()
        canvas.show_cursor()

    def release(self, event: QMouseEvent) -> None:
        canvas, button = self._canvas, event.button()
        if self._panning is not None and button in (_MIDDLE, _LEFT):
            self._panning = None
        elif self._mapping and button == _LEFT:
            self._mapping = False
        elif button == self._pressed:
            self._pressed = _NO
            if canvas.tool is not None:
                canvas.tool.release(self.pointer(event))
        canvas.show_cursor()

    def double(self, event: QMouseEvent) -> None:
        """The second press of a double click; a release follows it."""
        canvas = self._canvas
        again = canvas.tool is not None and canvas.tool.double_presses
        if again or event.button() != _LEFT or self.space or self._on_map(event.position()):
            self.press(event)
        elif canvas.tool is None or not canvas.tool.double(self.pointer(event)):
            canvas.fit()
        canvas.show_cursor()

    def leave(self) -> None:
        self._canvas.pointer = None
        self._canvas.scene.hover(None)
        self._canvas.tell_pointer()

    def let_go(self) -> None:
        """The window lost the pointer or the keyboard: no button counts as held."""
        self.space = False
        self._panning = None
        self._mapping = False

    def wheel(self, event: QWheelEvent) -> None:
        canvas, held = self._canvas, event.modifiers()
        pixels = event.pixelDelta()
        touchpad = event.phase() != Qt.ScrollPhase.NoScrollPhase and not pixels.isNull()
        if touchpad and not held & _CONTROL:
            canvas.pan(pixels.x(), pixels.y())
            return
        if touchpad:
            canvas.zoom_by(math.exp(pixels.y() / 200.0), event.position())
            return
        # Alt turns the wheel sideways on some systems.
        turn = event.angleDelta()
        steps = (turn.y() or turn.x()) / 120.0
        if canvas.tool is not None and canvas.tool.wheel(steps, held):
            return
        canvas.zoom_by(NOTCH**steps, event.position())

    def gesture(self, event: QNativeGestureEvent) -> bool:
        """Pinching zooms."""
        if event.gestureType() != Qt.NativeGestureType.ZoomNativeGesture:
            return False
        self._canvas.zoom_by(1.0 + event.value(), event.position())
        return True

    def menu(self, at: QPoint) -> None:
        if not self._takes_right() and not self.busy:
            self._canvas.menu_wanted.emit(at)

    def key(self, event: QEvent, down: bool) -> bool:
        """The space bar; true where it was that."""
        if event.key() != Qt.Key.Key_Space or event.modifiers():  # type: ignore[attr-defined]
            return False
        if not event.isAutoRepeat():  # type: ignore[attr-defined]
            self.space = down
            self._canvas.show_cursor()
        return True

    def cursor(self) -> Qt.CursorShape:
        if self._panning is not None:
            return Qt.CursorShape.ClosedHandCursor
        if self.space:
            return Qt.CursorShape.OpenHandCursor
        at = self._canvas.pointer
        if self._mapping or (at is not None and self._on_map(at) and not self.busy):
            return Qt.CursorShape.PointingHandCursor
        tool = self._canvas.tool
        return tool.cursor() if tool is not None else Qt.CursorShape.ArrowCursor

    def _hover(self, at: Pointer) -> None:
        canvas = self._canvas
        if self._on_map(at.screen):
            canvas.scene.hover(None)
            return
        if canvas.tool is not None:
            canvas.tool.hover(at)
        if canvas.tool is None or canvas.tool.name == "select":
            found = canvas.scene.at(at.x, at.y, _REACH / canvas.view.scale)
            canvas.scene.hover(found[0] if found else None)
        else:
            canvas.scene.hover(None)

    def _takes_right(self) -> bool:
        return bool(getattr(self._canvas.tool, "takes_right", False))

    def _map(self) -> QRectF | None:
        thumb = self._canvas.overview()
        return overview_rect(self._canvas.view, thumb) if thumb is not None else None

    def _on_map(self, at: QPointF) -> bool:
        rect = self._map()
        return rect is not None and rect.contains(at)

    def _to_map(self, at: QPointF) -> None:
        rect, view = self._map(), self._canvas.view
        if rect is not None:
            x = (at.x() - rect.x()) / rect.width() * view.width
            y = (at.y() - rect.y()) / rect.height() * view.height
            view.centre_on(x, y)
            self._canvas.view_moved()


_NO = Qt.MouseButton.NoButton
