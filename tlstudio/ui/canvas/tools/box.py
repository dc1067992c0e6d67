"""Boxes: drag one, or click two opposite corners."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainterPath

from tlstudio.domain.annotations import Box
from tlstudio.domain.shapes import is_degenerate
from tlstudio.ui.canvas.intents import AddShapes
from tlstudio.ui.canvas.tool import Pointer, Tool
from tlstudio.ui.canvas.tools.base import (
    SLOP,
    EdgePan,
    apart,
    current_label,
    label_colour,
    refuse,
    stroke,
    tag,
)
from tlstudio.ui.canvas.tools.reshape import Rect, drawn_box
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter

    from tlstudio.ui.canvas.canvas import Canvas
    from tlstudio.ui.canvas.view import View


class Dragged(Tool):
    """Base of tools that begin with a box: by dragging, or by clicking two corners.

    Shift makes it square, Ctrl or Alt grow it from its middle. `drawn` gets the finished box.
    """

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self.corner: tuple[float, float] | None = None
        self.at: Pointer | None = None
        self._pressed = QPointF()
        self._second = False
        self._image: int | None = None
        self._pan = EdgePan(canvas, self._follow)

    def drawn(self, rect: Rect) -> None:
        """A box (x, y, w, h) was drawn; it may have no size."""
        raise NotImplementedError

    def may_begin(self) -> bool:
        """Whether a box may be begun; says why not."""
        return True

    @property
    def dragging(self) -> bool:
        """A first corner is set."""
        return self.corner is not None and self._image == self.canvas.image_id

    @property
    def drawing(self) -> bool:
        return self.dragging

    def rect(self) -> Rect | None:
        """The box as it is now, in image pixels."""
        if not self.dragging or self.at is None:
            return None
        assert self.corner is not None
        end = self.at.x, self.at.y
        centred = self.at.control or self.at.alt
        size = self.canvas.image_size
        return drawn_box(self.corner, end, size, square=self.at.shift, centred=centred)

    def press(self, at: Pointer) -> None:
        if at.button != Qt.MouseButton.LeftButton:
            return
        if self.dragging:
            self._second = True
            self._follow(at)
        elif self.canvas.image_id is not None and self.may_begin():
            self._image = self.canvas.image_id
            self.corner = self.canvas.snap(at.x, at.y)
            self._pressed, self._second = at.screen, False
            self._follow(at)

    def drag(self, at: Pointer) -> None:
        if self.dragging:
            self._pan.track(at)
            self._follow(at)

    def hover(self, at: Pointer) -> None:
        self.drag(at)

    def release(self, at: Pointer) -> None:
        if not self.dragging or at.button not in (
            Qt.MouseButton.LeftButton,
            Qt.MouseButton.NoButton,
        ):
            return
        if self._second or apart(at.screen, self._pressed) > SLOP:
            self._follow(at)
            self.finish()

    def double(self, at: Pointer) -> bool:
        """At one place it draws nothing, so it means the view."""
        if self.dragging and apart(at.screen, self._pressed) <= SLOP:
            self._drop()
        return self.dragging

    def finish(self) -> bool:
        rect = self.rect()
        if rect is None:
            return False
        self._drop()
        self.drawn(rect)
        return True

    def cancel(self) -> bool:
        there = self.dragging
        self._drop()
        return there

    def step_back(self) -> bool:
        return self.cancel()

    def paint(self, painter: QPainter, view: View) -> None:
        rect = self.rect()
        if rect is None or self.at is None:
            return
        path = QPainterPath()
        path.addRect(QRectF(*view.rect_to_screen(rect)))
        stroke(painter, path, label_colour(self.canvas, self.canvas.label_id))
        tag(painter, f"{rect[2]:.0f} x {rect[3]:.0f}", self.at.screen, view)

    def _follow(self, at: Pointer) -> None:
        self.at = at
        self.canvas.update()

    def _drop(self) -> None:
        self.corner = None
        self._second = False
        self._pan.stop()
        self.canvas.update()


class BoxTool(Dragged):
    """Draws boxes of the current label, one after the other."""

    name = "box"

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._size: tuple[float, float] | None = None  # of the last box, in image pixels

    def may_begin(self) -> bool:
        return current_label(self.canvas) is not None

    def drawn(self, rect: Rect) -> None:
        image, label = self.canvas.image_id, current_label(self.canvas)
        if image is None or label is None:
            return
        x, y, w, h = rect
        box = Box(id="", image=image, label=label, x=x, y=y, w=w, h=h)
        code = is_degenerate(box)
        if code is not None:
            refuse(self.canvas, code)
            return
        self._size = (w, h)
        self.canvas.emit(AddShapes(image, (box,)))

    def place(self) -> None:
        """Put a box at the pointer, or in the middle of what is seen: of the size of the last one.

        This and the keys that move and size shapes draw boxes without a mouse.
        """
        canvas = self.canvas
        if self.dragging or canvas.image_id is None or not self.may_begin():
            return
        view, (width, height) = canvas.view, canvas.image_size
        at = canvas.pointer if canvas.pointer is not None else view.middle()
        x, y = canvas.snap(*view.to_image(at))
        usual = min(*view.viewport) / view.scale / 6
        w, h = self._size or (usual, usual)
        w, h = min(w, float(width)), min(h, float(height))
        x, y = min(max(0.0, x - w / 2), width - w), min(max(0.0, y - h / 2), height - h)
        self.drawn((x, y, w, h))

    def hint(self) -> str:
        if self.drawing:
            return tr("Shift: square. Ctrl or Alt: from the middle. Esc: drop it.")
        return tr("Drag a box, or click two corners; Enter puts one of the last size down.")
