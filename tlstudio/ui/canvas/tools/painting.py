"""What brush and eraser share: the tip, its circle, straight lines, and the life of a stroke."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPen

from tlstudio.ui.canvas.tool import Pointer, Tool
from tlstudio.ui.canvas.tools.base import path_of, stroke
from tlstudio.ui.canvas.tools.painted import Painted, Target
from tlstudio.ui.canvas.tools.strokes import Stroke, grown
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter

    from tlstudio.ui.canvas.canvas import Canvas
    from tlstudio.ui.canvas.intents import Intent
    from tlstudio.ui.canvas.view import View

LEAST, MOST = 1.0, 500.0
_GROWTH = 1.15
_TINY = 3.0  # screen pixels: a smaller circle cannot be seen under a pointer
_RIM = 3
_BLANK = Qt.CursorShape.BlankCursor


class Painter(Tool):
    """Base of brush and eraser; `on` is whether strokes turn pixels on."""

    on = True
    double_presses = True

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self.painted = Painted(canvas, self.name)
        self._strokes: list[tuple[Target, Stroke]] = []
        self._begun = False
        self._from: tuple[float, float] | None = None
        self._image: int | None = None
        self._last: tuple[float, float] | None = None
        self._at: Pointer | None = None
        self._circle = QRect()

    def targets(self, at: Pointer) -> list[Target]:
        """The masks that a stroke beginning here changes; says why where there are none."""
        raise NotImplementedError

    # --- the pointer --------------------------------------------------------------------------

    @property
    def drawing(self) -> bool:
        return self._begun

    def leave(self) -> None:
        self.settle()
        self._at = None

    def press(self, at: Pointer) -> None:
        image = self.canvas.image_id
        if at.button != Qt.MouseButton.LeftButton or image is None:
            return
        self.settle()
        straight = at.shift and self._last is not None and self._image == image
        begin = self._last if straight and self._last is not None else (at.x, at.y)
        targets = self.targets(at)
        self._image = image
        radius = self.canvas.brush_radius
        self._strokes = [
            (target, Stroke(self.painted.bitmap(target), radius, on=self.on)) for target in targets
        ]
        self._begun, self._from = True, None
        self._go(*begin)
        self._follow(at)

    def drag(self, at: Pointer) -> None:
        self._follow(at)

    def hover(self, at: Pointer) -> None:
        self._track(at)
        if at.shift and self._last is not None:
            self.canvas.update()

    def release(self, at: Pointer) -> None:
        self._track(at)
        self.settle()

    def wheel(self, steps: float, held: Qt.KeyboardModifier) -> bool:
        if not held & Qt.KeyboardModifier.AltModifier:
            return False
        self.resize(steps)
        return True

    # --- verbs --------------------------------------------------------------------------------

    def resize(self, steps: float) -> None:
        """Make the tip larger, or with negative steps smaller; by a pixel at the least."""
        now = self.canvas.brush_radius
        wanted = now * _GROWTH**steps
        if abs(wanted - now) < 1.0:
            wanted = now + (1.0 if steps > 0 else -1.0)
        self.canvas.brush_radius = round(min(MOST, max(LEAST, wanted)))
        self.canvas.say(tr("Brush radius {n} px", n=self.canvas.brush_radius))
        self.canvas.options_changed.emit()
        if self._at is not None:
            self._track(self._at)

    def settle(self) -> None:
        """The stroke is done: tell the store."""
        done, self._strokes, self._begun = self._strokes, [], False
        self.painted.tell_all(
            [(target, made.bitmap, made.places, made.before) for target, made in done
             if made.places]
        )  # fmt: skip

    def cancel(self) -> bool:
        return self.drop_stroke()

    def drop_stroke(self) -> bool:
        """Drop the stroke under way; false where there is none."""
        if not self._begun:
            return False
        dropped, self._strokes, self._begun = self._strokes, [], False
        for target, made in dropped:
            if target.image != self.canvas.image_id or not made.places:
                continue
            shape = self.painted.shape(target)
            before = target.finished if target.unanswered else None
            self.canvas.scene.preview(target.key, shape if before is not None else None, before)
        return True

    def step_back(self) -> bool:
        return self.drop_stroke()

    def answered(self, intent: Intent, ids: tuple[str, ...] | None) -> None:
        self.painted.answered(intent, ids)
        for target, made in self._strokes:
            if made.places:
                self._show(target, made)

    # --- what goes on inside ------------------------------------------------------------------

    def _follow(self, at: Pointer) -> None:
        if self._begun and self._here():
            self._go(at.x, at.y)
        self._track(at)

    def _go(self, x: float, y: float) -> None:
        """Take every stroke on to (x, y), and show just what that changed."""
        self._last = self._from = (x, y)
        previews = self.canvas.scene.previews
        for target, made in self._strokes:
            rect = made.to(x, y)
            if rect is None:
                continue
            shape = self.painted.shape(target)
            if self.on:
                shape = grown(shape, rect)
            if previews.bitmap(target.key) is made.bitmap:
                previews.pixels_changed(target.key, shape, rect)
            else:
                self.canvas.scene.preview(target.key, shape, made.bitmap)

    def _show(self, target: Target, made: Stroke) -> None:
        """Bring the stroke's look back after the store has answered an earlier one."""
        if self.canvas.scene.previews.bitmap(target.key) is made.bitmap:
            return
        shape = self.painted.shape(target)
        bounds = made.bitmap.bounds()
        if bounds is not None:
            rect = (float(bounds[0]), float(bounds[1]), float(bounds[2]), float(bounds[3]))
            self.canvas.scene.preview(target.key, grown(shape, rect), made.bitmap)

    def _track(self, at: Pointer) -> None:
        """Repaint where the circle was and where it is now, and nothing else."""
        self._at = at
        radius = self.canvas.brush_radius * self.canvas.view.scale + _RIM
        centre = at.screen
        around = QRectF(centre.x() - radius, centre.y() - radius, 2 * radius, 2 * radius)
        now = around.toAlignedRect()
        self.canvas.update(self._circle)
        self.canvas.update(now)
        self._circle = now

    # --- looks --------------------------------------------------------------------------------

    def paint(self, painter: QPainter, view: View) -> None:
        at = self._at
        if at is None:
            return
        radius = self.canvas.brush_radius * view.scale
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((QColor(0, 0, 0, 170), 2.6), (QColor(255, 255, 255, 230), 1.2)):
            pen = QPen(colour, width)
            if not self.on:
                pen.setDashPattern([6.0 / width, 4.0 / width])
            painter.setPen(pen)
            painter.drawEllipse(at.screen, radius, radius)
        if at.shift and self._last is not None and not self._begun and self._here():
            stroke(painter, path_of([view.to_screen(*self._last), at.screen]), dashed=True)

    def cursor(self) -> Qt.CursorShape:
        small = self.canvas.brush_radius * self.canvas.view.scale < _TINY
        return Qt.CursorShape.CrossCursor if small or self._at is None else _BLANK

    def _here(self) -> bool:
        return self._image == self.canvas.image_id
