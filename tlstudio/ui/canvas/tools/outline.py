"""Smart outline: a box around a thing becomes its outline, corrected by clicks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainterPath

from tlstudio.domain.annotations import Mask, Polygon
from tlstudio.domain.shapes import is_degenerate
from tlstudio.ui.canvas.intents import AddShapes
from tlstudio.ui.canvas.tool import Pointer
from tlstudio.ui.canvas.tools.base import current_label, full_picture, path_of, refuse, stroke, tag
from tlstudio.ui.canvas.tools.box import Dragged
from tlstudio.ui.canvas.tools.computing import Question
from tlstudio.ui.canvas.tools.marks import draw_mark
from tlstudio.ui.canvas.tools.regions import Found, Pixels8, outlined, smoothed, with_bounds
from tlstudio.ui.canvas.tools.reshape import Rect
from tlstudio.ui.words import say_error, tr

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter

    from tlstudio.ui.canvas.canvas import Canvas
    from tlstudio.ui.canvas.view import View

LEAST_BOX = 4.0
_SMOOTHEST, _STEP = 10.0, 0.25


class OutlineTool(Dragged):
    """Drag a box; the outline found in it follows while dragging.

    Clicks then say what belongs to the thing, Alt-clicks what does not; Enter takes the outline
    as a polygon, or as a mask with `as_mask`. `tolerance` smooths it, in image pixels.
    """

    name = "outline"

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self.as_mask = False
        self.tolerance = 1.0
        self.box: Rect | None = None
        self.found: Found | None = None
        self._marks: list[tuple[tuple[float, float], bool]] = []
        self._take_when_found = False
        self._kept = Pixels8()
        self._question = Question(canvas)

    @property
    def correcting(self) -> bool:
        """A box has been drawn, and clicks correct its outline."""
        return self.box is not None and self._image == self.canvas.image_id

    @property
    def drawing(self) -> bool:
        return self.correcting or self.dragging

    @property
    def busy(self) -> bool:
        """An outline is being looked for."""
        return self._question.busy

    # --- the pointer --------------------------------------------------------------------------

    def may_begin(self) -> bool:
        return current_label(self.canvas) is not None and full_picture(self.canvas) is not None

    def press(self, at: Pointer) -> None:
        if not self.correcting:
            self._forget()
            super().press(at)
        elif at.button == Qt.MouseButton.LeftButton:
            self._mark(at)

    def release(self, at: Pointer) -> None:
        if not self.correcting:
            super().release(at)

    def double(self, at: Pointer) -> bool:
        if not self.correcting:
            return super().double(at)
        self.press(at)
        return True

    def wheel(self, steps: float, held: Qt.KeyboardModifier) -> bool:
        if not held & Qt.KeyboardModifier.AltModifier:
            return False
        self.set_tolerance(self.tolerance + steps * _STEP)
        return True

    def drawn(self, rect: Rect) -> None:
        if min(rect[2], rect[3]) < LEAST_BOX:
            self._forget()
            self.canvas.say(tr("Drag a larger box around the thing."))
            return
        self.box = rect
        self.canvas.say(self.hint())
        self._ask()

    # --- verbs --------------------------------------------------------------------------------

    def set_tolerance(self, tolerance: float) -> None:
        """How far the outline may lie from the pixels, in image pixels; more is smoother."""
        self.tolerance = min(_SMOOTHEST, max(0.0, tolerance))
        self.canvas.say(tr("Smoothing {n} px", n=f"{self.tolerance:g}"))
        self.canvas.options_changed.emit()
        if self.found is not None:
            self._question.ask(smoothed, self.found.bitmap, self.tolerance, on_done=self._show)

    def set_as_mask(self, on: bool) -> None:
        """Whether Enter makes a mask in place of a polygon."""
        self.as_mask = on
        self.canvas.options_changed.emit()

    def finish(self) -> bool:
        if not self.correcting:
            return super().finish()
        found, label, image = self.found, current_label(self.canvas), self.canvas.image_id
        if self.busy or found is None:
            self._take_when_found = True
            self.canvas.say(tr("Looking for the outline."))
        elif not found.parts:
            self._say_nothing(found)
        elif label is not None and image is not None:
            self._take(found, image, label)
        return True

    def cancel(self) -> bool:
        there = super().cancel() or self.correcting
        self._forget()
        return there

    def step_back(self) -> bool:
        if not self._marks or not self.correcting:
            return self.cancel()
        self._marks.pop()
        self._ask()
        return True

    def leave(self) -> None:
        super().leave()
        self._forget()
        self._kept.forget()

    # --- what goes on inside ------------------------------------------------------------------

    def _mark(self, at: Pointer) -> None:
        assert self.box is not None
        x, y, w, h = self.box
        if not (x <= at.x <= x + w and y <= at.y <= y + h):
            self.canvas.say(tr("Enter takes the outline, Esc drops it."))
            return
        self._marks.append(((at.x, at.y), not at.alt))
        self._ask()

    def _follow(self, at: Pointer) -> None:
        """While the box is dragged, its outline is looked for as often as there is time."""
        super()._follow(at)
        rect = self.rect()
        if rect is not None and not self.correcting and min(rect[2], rect[3]) >= LEAST_BOX:
            self._ask(rect)

    def _ask(self, box: Rect | None = None) -> None:
        box, picture = box or self.box, self.canvas.picture
        if box is None or picture is None or picture.preview:
            return
        keep = [point for point, belongs in self._marks if belongs]
        drop = [point for point, belongs in self._marks if not belongs]
        self._question.ask(
            outlined, self._kept, picture, box, keep, drop, self.tolerance, on_done=self._show
        )
        self.canvas.update()

    def _show(self, found: Found) -> None:
        if not self.drawing:
            return
        self.found = found
        if self.correcting and not self.busy:
            self._settled(found)
        self.canvas.update()

    def _settled(self, found: Found) -> None:
        """What was found last is for all that was asked."""
        wanted, self._take_when_found = self._take_when_found, False
        if wanted:
            self.finish()
        elif not found.parts:
            self._say_nothing(found)

    def _say_nothing(self, found: Found) -> None:
        if found.reason is not None:
            self.canvas.say(say_error(found.reason))
        else:
            self.canvas.say(tr("Nothing was found. Click on what belongs to the thing."))

    def _take(self, found: Found, image: int, label: int) -> None:
        shape: Mask | Polygon
        if self.as_mask:
            blank = Mask(id="", image=image, label=label, x=0, y=0, w=0, h=0)
            shape = with_bounds(blank, found.bitmap)
        else:
            shape = Polygon(id="", image=image, label=label, parts=found.parts)
        code = is_degenerate(shape)
        if code is not None:
            refuse(self.canvas, code)
            return
        self._forget()
        bitmaps = {0: found.bitmap} if self.as_mask else {}
        self.canvas.emit(AddShapes(image, (shape,), bitmaps))

    def _forget(self) -> None:
        self._question.forget()
        self.box = self.found = None
        self._marks = []
        self._take_when_found = False
        self.canvas.update()

    # --- looks --------------------------------------------------------------------------------

    def paint(self, painter: QPainter, view: View) -> None:
        if not self.drawing:
            return
        super().paint(painter, view)
        if self.box is not None:
            frame = QPainterPath()
            frame.addRect(QRectF(*view.rect_to_screen(self.box)))
            stroke(painter, frame, dashed=True)
        if self.found is not None:
            stroke(painter, self._outline(view, self.found))
        for point, belongs in self._marks:
            draw_mark(painter, view.to_screen(*point), belongs)
        if self.busy and self.at is not None and self.correcting:
            tag(painter, tr("Looking for the outline"), self.at.screen, view)

    def _outline(self, view: View, found: Found) -> QPainterPath:
        path = QPainterPath()
        for part in found.parts:
            for ring in part:
                path.addPath(path_of([view.to_screen(x, y) for x, y in ring], closed=True))
        return path

    def hint(self) -> str:
        if self.correcting:
            return tr("Click what belongs to it, Alt-click what does not. Enter takes it.")
        return tr("Drag a box around a thing. Alt and the wheel: smoothing.")
