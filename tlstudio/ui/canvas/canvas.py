"""The canvas widget: puts the layers over each other and hands events to view and tool."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, Signal
from PySide6.QtWidgets import QWidget

from tlstudio.ui.canvas.key_pointer import KeyPointer
from tlstudio.ui.canvas.overlays import RULER
from tlstudio.ui.canvas.pointing import Pointing
from tlstudio.ui.canvas.surface import Surface
from tlstudio.ui.canvas.tool import Pointer, Tool

if TYPE_CHECKING:
    from PySide6.QtGui import (
        QContextMenuEvent,
        QFocusEvent,
        QKeyEvent,
        QMouseEvent,
        QResizeEvent,
        QWheelEvent,
    )

    from tlstudio.services.pictures import Adjust, Picture
    from tlstudio.ui.canvas.intents import Intent


class Canvas(Surface):
    """Shows `picture` and the shapes of `scene`, and lets `tool` work on them.

    `image_id` and `image_size` are None and (0, 0) while there is no image; then events mean
    nothing. `compute(function, *args, on_done=, on_error=)` is how tools ask for long work; whoever
    holds the canvas puts in one that leaves the UI thread.
    """

    intent = Signal(object)
    pointer_moved = Signal(float, float, object)
    pointer_left = Signal()
    tool_changed = Signal(str)
    view_changed = Signal()
    options_changed = Signal()
    said = Signal(str)
    menu_wanted = Signal(QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.image_id: int | None = None
        self.image_size = (0, 0)
        self.label_id: int | None = None
        self.tools: dict[str, Tool] = {}
        self.brush_radius = 20.0
        self.compute: Callable[..., None] = compute_here
        self.pointing = Pointing(self)
        self.keys = KeyPointer(self)

    # --- what is shown ------------------------------------------------------------------------

    @property
    def picture(self) -> Picture | None:
        return self._pictures.picture

    @property
    def adjust(self) -> Adjust | None:
        return self._pictures.adjust

    def set_image(self, image_id: int | None, width: int = 0, height: int = 0) -> None:
        """Which image it is that `show_picture` and `scene.load` are about; None: there is none."""
        if image_id != self.image_id:
            self._pictures.show(None)
        self.image_id = image_id
        self.image_size = (width, height) if image_id is not None else (0, 0)
        self.view.set_image(*self.image_size)
        if image_id is None:
            self.scene.load((), {})
        self.view_moved()
        self.describe()

    def show_picture(self, picture: Picture | None) -> None:
        """Show pixels; a sharper picture of the same image keeps the view."""
        self._pictures.show(picture)
        if picture is not None:
            self.image_size = (picture.width, picture.height)
            if (self.view.width, self.view.height) != self.image_size:
                self.view.set_image(*self.image_size)
                self.view_moved()
        self.tell_pointer()
        self.update()

    def set_adjust(self, adjust: Adjust) -> None:
        """How pixels are displayed; the data stay as they are."""
        self._pictures.set_adjust(adjust)
        self.update()

    def pixels8(self, rect: tuple[int, int, int, int] | None = None) -> NDArray[np.uint8] | None:
        """The image, or `rect` (x, y, w, h) of it, at full size as uint8 [h, w] or [h, w, 3].

        Deep pixels are shown through their default window. None while there is no picture.
        """
        picture = self.picture
        if picture is None:
            return None
        from tlstudio.services.pictures import Adjust, render

        x, y, w, h = rect or (0, 0, picture.width, picture.height)
        return render(picture, (float(x), float(y), float(w), float(h)), (w, h), Adjust())

    # --- the view -----------------------------------------------------------------------------

    def show_rulers(self, on: bool) -> None:
        """Show or hide the rulers; a fitted image makes room for them."""
        self.rulers = on
        self.view.set_inset(RULER if on else 0)
        self.view_moved()

    def fit(self) -> None:
        self.view.fit()
        self.view_moved()

    def fit_shapes(self, ids: Iterable[str]) -> None:
        """Show these shapes with some room around them."""
        rect = self.scene.bounds(ids)
        if rect is not None:
            self.view.fit_rect(rect, margin=min(self.width(), self.height()) / 5)
            self.view_moved()

    def one_to_one(self) -> None:
        self.view.one_to_one(self.pointer)
        self.view_moved()

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Zoom towards a point of the widget; towards the middle, if None."""
        self.in_motion()
        self.view.zoom_at(at or self.view.middle(), factor)
        self.view_moved()

    def pan(self, dx: float, dy: float) -> None:
        """Move the image by screen pixels."""
        self.in_motion()
        self.view.pan(dx, dy)
        self.view_moved()

    def view_moved(self) -> None:
        """The view was changed: show it."""
        self._shapes.moved()
        self.update()
        self.view_changed.emit()
        self.tell_pointer()

    # --- tools --------------------------------------------------------------------------------

    def set_tool(self, name: str) -> None:
        """Put the tool in hand down and pick up another one; a name not in `tools`: none."""
        tool = self.tools.get(name)
        if tool is self.tool:
            return
        if self.tool is not None:
            self.tool.leave()
        self.tool = tool
        self.scene.hover(None)
        if tool is not None:
            tool.enter()
            self.say(tool.hint())
        self.show_cursor()
        self.update()
        self.tool_changed.emit(name if tool is not None else "")

    def emit(self, intent: Intent) -> None:  # type: ignore[override]
        """Ask for an edit."""
        self.intent.emit(intent)

    def say(self, text: str) -> None:
        """A word for the status line."""
        self.said.emit(text)

    def snap(self, x: float, y: float) -> tuple[float, float]:
        """The nearest point of the image."""
        w, h = self.image_size
        return min(float(w), max(0.0, x)), min(float(h), max(0.0, y))

    def pointer_now(self) -> Pointer | None:
        """Where the pointer is; None while it is elsewhere."""
        at = self.pointer
        return self.pointing.pointer_at(at) if at is not None else None

    def show_cursor(self) -> None:
        shape = self.pointing.cursor()
        if shape != self.cursor().shape():
            self.setCursor(shape)

    def tell_pointer(self) -> None:
        """Say where the pointer is, and what the picture has there."""
        at = self.pointer_now()
        self.show_marks()
        if at is None or self.view.empty:
            self.pointer_left.emit()
            return
        self.pointer_moved.emit(at.x, at.y, self._value_at(at.x, at.y))

    # --- events -------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if self.image_id is not None:
            self.pointing.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.show_by_keys(False)
        if self.image_id is not None:
            self.pointing.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.image_id is not None:
            self.pointing.release(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.image_id is not None:
            self.pointing.double(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.image_id is not None:
            self.pointing.wheel(event)
            event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self.image_id is not None:
            self.pointing.menu(event.pos())

    def leaveEvent(self, _event: QEvent) -> None:
        self.pointing.leave()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.pointing.let_go()
        super().focusOutEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        known = self.image_id is not None and (
            self.pointing.key(event, True) or (self.tool is not None and self.tool.key(event))
        )
        if not known:
            event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if not self.pointing.key(event, False):
            event.ignore()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.NativeGesture and self.image_id is not None:
            return self.pointing.gesture(event)  # type: ignore[arg-type]
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._resized()
        return super().event(event)

    def resizeEvent(self, _event: QResizeEvent) -> None:
        self._resized()

    def _resized(self) -> None:
        self.view.set_viewport(self.width(), self.height(), self.devicePixelRatioF())
        self.view_moved()

    def _value_at(self, x: float, y: float) -> tuple[float, ...] | None:
        picture = self.picture
        if picture is None or not (0 <= x < picture.width and 0 <= y < picture.height):
            return None
        from tlstudio.services.pictures import value_at

        return value_at(picture, x, y)


def compute_here(
    function: Callable[..., Any],
    *args: Any,
    on_done: Callable[[Any], None],
    on_error: Callable[[BaseException], None] | None = None,
) -> None:
    """Answer at once, on this thread."""
    try:
        answer = function(*args)
    except Exception as error:
        if on_error is None:
            raise
        on_error(error)
        return
    on_done(answer)
