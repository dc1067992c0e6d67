"""What dragging does to selected shapes: one object from the press to the release.

A gesture shows its work through previews of the scene and emits one intent at the end; previews
stay until the store answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainterPath

from tlstudio.domain.annotations import Annotation, Box, Mask, Polygon
from tlstudio.domain.shapes import is_degenerate
from tlstudio.ui.canvas.hits import Handle
from tlstudio.ui.canvas.intents import ChangeShapes, Duplicate, MoveShapes
from tlstudio.ui.canvas.tools.base import bounds_around, outline_of, refuse, stroke, tag
from tlstudio.ui.canvas.tools.reshape import (
    Rect,
    clamped,
    drag_handle,
    move_edge,
    move_vertex,
    move_within,
    snapped_angle,
)

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter

    from tlstudio.ui.canvas.canvas import Canvas
    from tlstudio.ui.canvas.tool import Pointer
    from tlstudio.ui.canvas.view import View

_GHOSTS = 200


class Gesture:
    """From the press at `start` on; `image` is the one it began on."""

    def __init__(self, canvas: Canvas, start: Pointer) -> None:
        assert canvas.image_id is not None
        self.canvas = canvas
        self.image: int = canvas.image_id
        self.start = start
        self.at = start

    def drag(self, at: Pointer) -> None:
        """The pointer moved on."""
        self.at = at

    def done(self) -> None:
        """The button went up: emit what was done."""

    def drop(self) -> None:
        """Everything looks as before."""

    def paint(self, painter: QPainter, view: View) -> None:
        """Draw what previews do not show."""


class Moving(Gesture):
    """Shapes of any kind move together; none leaves the image."""

    def __init__(self, canvas: Canvas, start: Pointer, shapes: Sequence[Annotation]) -> None:
        super().__init__(canvas, start)
        self.ids = tuple(shape.id for shape in shapes)
        self.offset = (0.0, 0.0)
        self._around = bounds_around(canvas.scene, self.ids)
        self._whole = any(isinstance(shape, Mask) for shape in shapes)

    def drag(self, at: Pointer) -> None:
        super().drag(at)
        dx, dy = at.x - self.start.x, at.y - self.start.y
        if at.shift:
            dx, dy = (dx, 0.0) if abs(dx) >= abs(dy) else (0.0, dy)
        self.offset = self._within(dx, dy)
        self.show()

    def show(self) -> None:
        self.canvas.scene.preview_move(self.ids, *self.offset)

    def done(self) -> None:
        if self.offset != (0.0, 0.0):
            self.canvas.emit(MoveShapes(self.image, self.ids, *self.offset))

    def drop(self) -> None:
        self.canvas.scene.preview_move((), 0.0, 0.0)

    def paint(self, painter: QPainter, view: View) -> None:
        if self.offset != (0.0, 0.0):
            dx, dy = self.offset
            tag(painter, f"{dx:+.0f}, {dy:+.0f}", self.at.screen, view)

    def _within(self, dx: float, dy: float) -> tuple[float, float]:
        return move_within(self._around, dx, dy, self.canvas.image_size, whole=self._whole)


class Copying(Moving):
    """Copies of the shapes are drawn elsewhere; the shapes stay."""

    def __init__(self, canvas: Canvas, start: Pointer, shapes: Sequence[Annotation]) -> None:
        super().__init__(canvas, start, shapes)
        self._shapes = shapes[:_GHOSTS]

    def show(self) -> None:
        self.canvas.update()

    def done(self) -> None:
        if self.offset != (0.0, 0.0):
            self.canvas.emit(Duplicate(self.image, self.ids, *self.offset))

    def drop(self) -> None:
        self.canvas.update()

    def paint(self, painter: QPainter, view: View) -> None:
        for shape in self._shapes:
            stroke(painter, outline_of(view, shape, *self.offset), dashed=True)
        super().paint(painter, view)


class Reshaping(Gesture):
    """A vertex or an edge of a polygon, or a handle of a box, follows the pointer.

    `fresh`: the shape has just got that vertex and is stored without it.
    """

    def __init__(
        self,
        canvas: Canvas,
        start: Pointer,
        shape: Box | Polygon,
        handle: Handle,
        *,
        fresh: bool = False,
    ) -> None:
        super().__init__(canvas, start)
        self.handle = handle
        self.fresh = fresh
        self.now = shape
        self._before = shape
        # Where in the handle it was taken, so that it does not jump under the pointer.
        self._off = (handle.x - start.x, handle.y - start.y)

    def drag(self, at: Pointer) -> None:
        super().drag(at)
        size = self.canvas.image_size
        x, y = at.x + self._off[0], at.y + self._off[1]
        shape = self._before
        if isinstance(shape, Box):
            self.now = drag_handle(shape, self.handle.index, x, y, size)
        elif self.handle.kind == "vertex":
            if at.shift:
                x, y = snapped_angle((self.handle.x, self.handle.y), x, y)
            self.now = move_vertex(shape, self.handle, x, y, size)
        else:
            dx, dy = at.x - self.start.x, at.y - self.start.y
            self.now = move_edge(shape, self.handle, dx, dy, size)
        self.canvas.scene.preview(shape.id, self.now)

    def done(self) -> None:
        if self.now == self._before and not self.fresh:
            return
        code = is_degenerate(self.now)
        if code is not None:
            self.drop()
            refuse(self.canvas, code)
            return
        self.canvas.emit(ChangeShapes(self.image, (self.now,)))

    def drop(self) -> None:
        self.canvas.scene.preview(self._before.id, None)

    def paint(self, painter: QPainter, view: View) -> None:
        if isinstance(self.now, Box) and self.now != self._before:
            tag(painter, f"{self.now.w:.0f} x {self.now.h:.0f}", self.at.screen, view)


class Banding(Gesture):
    """A rubber band; what lies wholly within is selected at the end."""

    def rect(self) -> Rect:
        size = self.canvas.image_size
        x0, y0 = clamped(self.start.x, self.start.y, size)
        x1, y1 = clamped(self.at.x, self.at.y, size)
        return min(x0, x1), min(y0, y1), abs(x1 - x0), abs(y1 - y0)

    def drag(self, at: Pointer) -> None:
        super().drag(at)
        self.canvas.update()

    def done(self) -> None:
        ids = self.canvas.scene.inside(self.rect())
        add = self.start.shift or self.start.control
        self.canvas.scene.select(ids, add=add)
        self.canvas.update()

    def drop(self) -> None:
        self.canvas.update()

    def paint(self, painter: QPainter, view: View) -> None:
        path = QPainterPath()
        path.addRect(QRectF(*view.rect_to_screen(self.rect())))
        stroke(painter, path, dashed=True)
