"""Cut: a line across the selected shapes divides them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt

from tlstudio.ui.canvas.intents import Split
from tlstudio.ui.canvas.tool import Pointer, Tool
from tlstudio.ui.canvas.tools import actions
from tlstudio.ui.canvas.tools.base import SLOP, EdgePan, apart, dots, path_of, stroke
from tlstudio.ui.canvas.tools.reshape import snapped_angle
from tlstudio.ui.canvas.tools.trail import Trail
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter

    from tlstudio.ui.canvas.canvas import Canvas
    from tlstudio.ui.canvas.view import View


class CutTool(Tool):
    """Drag a straight cut, or click its points and press Enter. Shift keeps to 45 degrees.

    The line may begin and end outside the image.
    """

    name = "cut"

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self.trail = Trail()
        self._image: int | None = None
        self._end: tuple[float, float] | None = None
        self._pressed: QPointF | None = None
        self._pan = EdgePan(canvas, self._follow)

    @property
    def drawing(self) -> bool:
        return bool(self.trail.points) and self._image == self.canvas.image_id

    def press(self, at: Pointer) -> None:
        image = self.canvas.image_id
        if at.button != Qt.MouseButton.LeftButton or image is None:
            return
        if not self.drawing:
            if not self._may_begin():
                return
            self.trail.clear()
            self._image = image
        self.trail.add(self._place(at))
        self._pressed = at.screen
        self._follow(at)

    def drag(self, at: Pointer) -> None:
        self.hover(at)

    def hover(self, at: Pointer) -> None:
        if self.drawing:
            self._pan.track(at)
            self._follow(at)

    def release(self, at: Pointer) -> None:
        pressed, self._pressed = self._pressed, None
        if not self.drawing or pressed is None or apart(at.screen, pressed) <= SLOP:
            return
        self.trail.add(self._place(at))
        if len(self.trail) == 2:
            self.finish()

    def double(self, _at: Pointer) -> bool:
        return self.finish()

    def finish(self) -> bool:
        if not self.drawing or self._image is None:
            return False
        line = tuple(p for k, p in enumerate(self.trail.points) if p not in self.trail.points[:k])
        if len(line) < 2:
            self.canvas.say(tr("A cut needs two points."))
            return True
        ids = tuple(shape.id for shape in actions.free(self.canvas))
        image = self._image
        self.cancel()
        if ids:
            self.canvas.emit(Split(image, ids, line))
        return True

    def cancel(self) -> bool:
        there = self.drawing
        self.trail.clear()
        self._end = self._pressed = None
        self._pan.stop()
        self.canvas.update()
        return there

    def step_back(self) -> bool:
        if not self.drawing:
            return False
        self.trail.take_back()
        self.canvas.update()
        return True

    def paint(self, painter: QPainter, view: View) -> None:
        if not self.drawing:
            return
        points = [view.to_screen(*point) for point in self.trail.points]
        live = [*points, view.to_screen(*self._end)] if self._end is not None else points
        stroke(painter, path_of(live), dashed=True)
        dots(painter, points)

    def hint(self) -> str:
        if self.drawing:
            return tr("Enter cuts, Backspace takes a point back, Esc drops the line.")
        return tr("Drag a line across the selected shapes, or click its points.")

    def _may_begin(self) -> bool:
        if not self.canvas.scene.selected:
            self.canvas.say(tr("Select the shapes to cut first."))
            return False
        if not actions.free(self.canvas):
            self.canvas.say(tr("The selected shapes are locked. Unlock them to cut them."))
            return False
        return True

    def _place(self, at: Pointer) -> tuple[float, float]:
        if at.shift and self.trail.points:
            return snapped_angle(self.trail.points[-1], at.x, at.y)
        return at.x, at.y

    def _follow(self, at: Pointer) -> None:
        self._end = self._place(at)
        self.canvas.update()
