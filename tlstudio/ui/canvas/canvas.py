"""The canvas widget: puts the layers over each other and hands events to view and tool."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QRegion
from PySide6.QtWidgets import QWidget

from tlstudio.ui.canvas import overlays
from tlstudio.ui.canvas.live_layer import LiveLayer
from tlstudio.ui.canvas.overlays import RULER
from tlstudio.ui.canvas.packed import bounds_of
from tlstudio.ui.canvas.picture_layer import PictureLayer, draw_grid
from tlstudio.ui.canvas.pointing import Pointing
from tlstudio.ui.canvas.scene import Scene
from tlstudio.ui.canvas.shape_layer import ShapeLayer
from tlstudio.ui.canvas.tool import Pointer, Tool
from tlstudio.ui.canvas.view import Rect, View
from tlstudio.ui.label_look import patterns
from tlstudio.ui.theme import theme
from tlstudio.ui.words import count, tr

if TYPE_CHECKING:
    from PySide6.QtGui import (
        QContextMenuEvent,
        QFocusEvent,
        QImage,
        QKeyEvent,
        QMouseEvent,
        QPaintEvent,
        QResizeEvent,
        QWheelEvent,
    )

    from tlstudio.services.pictures import Adjust, Picture, Spacing
    from tlstudio.ui.canvas.intents import Intent

_PAD = 34
_TAG_ROOM = 220


class Canvas(QWidget):
    """Shows `picture` and the shapes of `scene`, and lets `tool` work on them.

    `image_id` and `image_size` are None and (0, 0) while there is no image; then events mean
    nothing. `compute(function, *args, on_done=, on_error=)` is how tools ask for long work; whoever
    holds the canvas puts in one that leaves the UI thread. Call `refresh` after changing one of
    `crosshair`, `rulers`, `overview_shown`, `scale_bar`, `spacing` or `brush_radius`.
    """

    intent = Signal(object)
    pointer_moved = Signal(float, float, object)
    pointer_left = Signal()
    tool_changed = Signal(str)
    view_changed = Signal()
    said = Signal(str)
    menu_wanted = Signal(QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view = View()
        self.scene = Scene(self)
        self.image_id: int | None = None
        self.image_size = (0, 0)
        self.label_id: int | None = None
        self.tool: Tool | None = None
        self.tools: dict[str, Tool] = {}
        self.brush_radius = 20.0
        self.crosshair = False
        self.rulers = False
        self.overview_shown = True
        self.scale_bar = True
        self.spacing: Spacing | None = None
        self.empty_text = ""
        self.compute: Callable[..., None] = compute_here
        self._pictures = PictureLayer(self.view)
        self._shapes = ShapeLayer(self.scene, self.view, self)
        self._live = LiveLayer(self.scene, self.view)
        self.pointing = Pointing(self)
        self._hovered: str | None = None
        self._selected: tuple[str, ...] = ()
        self._prepare()
        self._listen()

    # --- what is shown ------------------------------------------------------------------------

    @property
    def picture(self) -> Picture | None:
        return self._pictures.picture

    @property
    def adjust(self) -> Adjust | None:
        return self._pictures.adjust

    @property
    def settled(self) -> bool:
        """All shapes at rest are drawn as they are now."""
        return not self._shapes.busy

    def set_image(self, image_id: int | None, width: int = 0, height: int = 0) -> None:
        """Which image it is that `show_picture` and `scene.load` are about; None: there is none."""
        self.image_id = image_id
        self.image_size = (width, height) if image_id is not None else (0, 0)
        self.view.set_image(*self.image_size)
        if image_id is None:
            self._pictures.show(None)
            self.scene.load((), {})
        self.view_moved()
        self._describe()

    def show_picture(self, picture: Picture | None) -> None:
        """Show pixels; a sharper picture of the same image keeps the view."""
        self._pictures.show(picture)
        if picture is not None:
            self.image_size = (picture.width, picture.height)
            if (self.view.width, self.view.height) != self.image_size:
                self.view.set_image(*self.image_size)
                self.view_moved()
        self.update()

    def set_adjust(self, adjust: Adjust) -> None:
        """How pixels are displayed; the data stay as they are."""
        self._pictures.set_adjust(adjust)
        self.update()

    def refresh(self, rect: Rect | None = None) -> None:
        """Paint again: all, or what lies in `rect` (x, y, w, h in image pixels)."""
        if rect is None:
            self.update()
        else:
            self._update_rects([rect])

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

    def overview(self) -> QImage | None:
        """The small map, where it is to be shown: not while all is in view anyway."""
        if not self.overview_shown or self.view.empty or self.view.shows_all():
            return None
        return self._pictures.thumb()

    def finish_drawing(self) -> None:
        """Draw all shapes at rest now, however long it takes."""
        self._shapes.finish()

    # --- the view -----------------------------------------------------------------------------

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
        self.view.one_to_one(self.pointing.at)
        self.view_moved()

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Zoom towards a point of the widget; towards the middle, if None."""
        self.view.zoom_at(at or self.view.middle(), factor)
        self.view_moved()

    def pan(self, dx: float, dy: float) -> None:
        """Move the image by screen pixels."""
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
        at = self.pointing.at
        return self.pointing.pointer_at(at) if at is not None else None

    def show_cursor(self) -> None:
        shape = self.pointing.cursor()
        if shape != self.cursor().shape():
            self.setCursor(shape)

    def tell_pointer(self) -> None:
        """Say where the pointer is, and what the picture has there."""
        at = self.pointer_now()
        if self.crosshair or self.rulers:
            self._update_pointer_marks()
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

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme().colour("canvas"))
        if self.view.empty:
            self._draw_empty(painter)
            return
        self._pictures.draw(painter)
        draw_grid(painter, self.view)
        self._shapes.draw(painter)
        self._live.draw(painter, self._shapes.awaiting, self._shapes.looks)
        if self.tool is not None:
            painter.save()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
            self.tool.paint(painter, self.view)
            painter.restore()
        self._draw_overlays(painter)

    # --- within -------------------------------------------------------------------------------

    def _prepare(self) -> None:
        self.setObjectName("canvas")
        self.setAccessibleName(tr("Canvas"))
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(120, 90)
        self._describe()

    def _listen(self) -> None:
        scene, layer = self.scene, self._shapes
        scene.loaded.connect(layer.forget)
        scene.restyled.connect(layer.redraw)
        scene.stored.connect(self._stored)
        scene.previewed.connect(self._update_rects)
        scene.hovered.connect(self._hover_changed)
        scene.selection_changed.connect(self._selection_changed)
        scene.changed.connect(self._describe)
        scene.loaded.connect(self.update)
        scene.restyled.connect(self.update)
        layer.updated.connect(self.update)
        patterns().changed.connect(scene.restyle)
        theme().changed.connect(self.update)

    def _resized(self) -> None:
        self.view.set_viewport(self.width(), self.height(), self.devicePixelRatioF())
        self.view_moved()

    def _stored(self, ids: Sequence[str], rects: Sequence[Rect]) -> None:
        self._shapes.touch(ids, rects)
        self._update_rects(rects)

    def _hover_changed(self) -> None:
        self._update_shapes([self._hovered, self.scene.hovered_id])
        self._hovered = self.scene.hovered_id

    def _selection_changed(self) -> None:
        self._update_shapes([*self._selected, *self.scene.selected])
        self._selected = self.scene.selected
        self._describe()

    def _update_shapes(self, ids: Iterable[str | None]) -> None:
        shapes = [s for s in (self.scene.shown(k) for k in ids if k is not None) if s is not None]
        if len(shapes) > 50:
            self.update()
        else:
            self._update_rects([bounds_of(shape) for shape in shapes])

    def _update_rects(self, rects: Sequence[Rect]) -> None:
        """Paint rects of the image again, with room for handles and name tags around them."""
        region = QRegion()
        for rect in rects:
            screen = QRectF(*self.view.rect_to_screen(rect)).intersected(_HUGE)
            grown = screen.toAlignedRect().adjusted(-_PAD, -_PAD, _PAD, _PAD)
            if grown.width() < _TAG_ROOM:
                grown.setWidth(_TAG_ROOM)
            region += grown
        self.update(region)

    def _update_pointer_marks(self) -> None:
        self.update()

    def _value_at(self, x: float, y: float) -> tuple[float, ...] | None:
        picture = self.picture
        if picture is None or not (0 <= x < picture.width and 0 <= y < picture.height):
            return None
        from tlstudio.services.pictures import value_at

        return value_at(picture, x, y)

    def _draw_overlays(self, painter: QPainter) -> None:
        view, at = self.view, self.pointing.at
        if self.crosshair and at is not None:
            overlays.draw_crosshair(painter, view, at)
        if self.scale_bar and self.spacing is not None:
            left = RULER if self.rulers else 0
            overlays.draw_scale_bar(painter, view, self.spacing, left)
        thumb = self.overview()
        if thumb is not None:
            overlays.draw_overview(painter, view, thumb)
        if self.rulers:
            overlays.draw_rulers(painter, view, self.spacing, at)

    def _draw_empty(self, painter: QPainter) -> None:
        painter.setPen(theme().colour("dim"))
        text = self.empty_text or tr(
            "No image is open. Choose one in Images or in the strip below."
        )
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(self.rect().adjusted(24, 24, -24, -24), int(flags), text)

    def _describe(self) -> None:
        """What a screen reader says of the canvas."""
        if self.image_id is None:
            text = tr("No image")
        else:
            text = count(len(self.scene.packed.slots), "{n} shape", "{n} shapes")
        chosen = self.scene.selected
        if len(chosen) == 1:
            shape = self.scene.get(chosen[0])
            label = self.scene.labels.get(shape.label) if shape is not None else None
            kind = type(shape).__name__.lower()
            text += ". " + tr(
                "Selected: {kind} {label}", kind=kind, label=label.name if label else ""
            )
        elif chosen:
            text += ". " + count(len(chosen), "{n} selected", "{n} selected")
        if text != self.accessibleDescription():
            self.setAccessibleDescription(text)


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


_HUGE = QRectF(-1e6, -1e6, 2e6, 2e6)
