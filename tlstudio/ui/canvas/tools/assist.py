"""Assisted outline: point at a thing, and a model outlines it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainterPath

from tlstudio.domain.shapes import is_degenerate
from tlstudio.ui.canvas.intents import AddShapes
from tlstudio.ui.canvas.tool import Pointer, Tool
from tlstudio.ui.canvas.tools.base import SLOP, apart, current_label, refuse, stroke, tag
from tlstudio.ui.canvas.tools.computing import Question
from tlstudio.ui.canvas.tools.marks import draw_mark, draw_parts
from tlstudio.ui.canvas.tools.proposals import Asker, Prompts, Proposal, chosen, shape_of
from tlstudio.ui.canvas.tools.reshape import Rect
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter

    from tlstudio.ui.canvas.canvas import Canvas
    from tlstudio.ui.canvas.view import View

LEAST_BOX = 4.0
_SMOOTHEST, _STEP = 20.0, 0.25


class AssistTool(Tool):
    """Click what belongs to a thing, Alt-click or right-click what does not, or drag a box.

    Each answer comes with a few readings (`choices`); `next_choice` shows another. Enter takes
    the outline as a polygon, or as a mask with `as_mask`. `asker` knows the model; without one,
    or while it has none, the tool explains how to get it. `on_change` hears of every news.
    """

    name = "assist"
    takes_right = True

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self.asker: Asker | None = None
        self.on_change: Callable[[], object] = lambda: None
        self.as_mask = False
        self.tolerance = 1.0
        self.prompts = Prompts()
        self.proposal: Proposal | None = None
        self._preview: Proposal | None = None
        self._answers: list[Proposal] = []
        self._image: int | None = None
        self._pressed: Pointer | None = None
        self._at: Pointer | None = None
        self._take_when_found = False
        self._question = Question(canvas)

    @property
    def drawing(self) -> bool:
        return self._here and (bool(self.prompts) or self.box_begun is not None)

    @property
    def choices(self) -> int:
        """How many readings the model offers."""
        return len(self.proposal.suggestion.outlines) if self.proposal is not None else 0

    @property
    def busy(self) -> bool:
        return self._question.busy

    @property
    def box_begun(self) -> Rect | None:
        """The box being dragged, in image pixels; None while a press may still be a click."""
        start, end = self._pressed, self._at
        if start is None or end is None or start.button != Qt.MouseButton.LeftButton:
            return None
        if apart(start.screen, end.screen) <= SLOP:
            return None
        x0, y0 = self.canvas.snap(start.x, start.y)
        x1, y1 = self.canvas.snap(end.x, end.y)
        return min(x0, x1), min(y0, y1), abs(x1 - x0), abs(y1 - y0)

    @property
    def _here(self) -> bool:
        return self._image == self.canvas.image_id

    # --- the pointer --------------------------------------------------------------------------

    def press(self, at: Pointer) -> None:
        if not self._here:
            self._forget()
        if self.canvas.image_id is None or current_label(self.canvas) is None:
            return
        if self.asker is None or not self.asker.able:
            if self.asker is not None:
                self.asker.explain()
            return
        self._image = self.canvas.image_id
        self._pressed = self._at = at

    def drag(self, at: Pointer) -> None:
        self._at = at
        if self._pressed is None:
            return
        box, asker, image = self.box_begun, self.asker, self.canvas.image_id
        if box is not None and min(box[2], box[3]) >= LEAST_BOX and asker and image is not None:
            prompts = self.prompts.with_box(box)
            self._question.ask(
                asker.propose, image, prompts, self.proposal, self.tolerance, on_done=self._foresee
            )
        self.canvas.update()

    def hover(self, at: Pointer) -> None:
        self._at = at
        if self._question.busy:
            self.canvas.update()

    def release(self, at: Pointer) -> None:
        if self._pressed is None:
            return
        self._at = at
        pressed, box = self._pressed, self.box_begun
        self._pressed = None
        if box is not None:
            self._boxed(box)
        elif self._inside(at):
            belongs = pressed.button == Qt.MouseButton.LeftButton and not pressed.alt
            self._ask(self.prompts.with_point(at.x, at.y, belongs))
        self.canvas.update()

    def double(self, at: Pointer) -> bool:
        self.press(at)
        return True

    def wheel(self, steps: float, held: Qt.KeyboardModifier) -> bool:
        if not held & Qt.KeyboardModifier.AltModifier:
            return False
        self.set_tolerance(self.tolerance + steps * _STEP)
        return True

    def _boxed(self, box: Rect) -> None:
        if min(box[2], box[3]) < LEAST_BOX:
            self._preview = None
            self.canvas.say(tr("Drag a larger box around the thing."))
        else:
            self._ask(self.prompts.with_box(box))

    def _inside(self, at: Pointer) -> bool:
        width, height = self.canvas.image_size
        return 0 <= at.x < width and 0 <= at.y < height

    # --- verbs --------------------------------------------------------------------------------

    def set_tolerance(self, tolerance: float) -> None:
        """How far the outline may lie from the pixels, in image pixels; more is smoother."""
        self.tolerance = min(_SMOOTHEST, max(0.0, tolerance))
        self.canvas.say(tr("Smoothing {n} px", n=f"{self.tolerance:g}"))
        if self.proposal is not None:
            self._choose(self.proposal.choice)

    def set_as_mask(self, on: bool) -> None:
        """Whether Enter makes a mask in place of a polygon."""
        self.as_mask = on

    def next_choice(self) -> bool:
        """Show the next reading of what was pointed at; false where there is no other."""
        if self.proposal is None or self.choices < 2:
            return False
        self._choose((self.proposal.choice + 1) % self.choices)
        return True

    def finish(self) -> bool:
        if not self.drawing:
            return False
        proposal, label, image = self.proposal, current_label(self.canvas), self.canvas.image_id
        if self._question.busy or proposal is None:
            self._take_when_found = self._question.busy
            self.canvas.say(tr("Looking for the outline."))
        elif not proposal.found.parts:
            self.canvas.say(tr("Nothing was found. Click on what belongs to the thing."))
        elif label is not None and image is not None:
            self._take(proposal, image, label)
        return True

    def cancel(self) -> bool:
        there = self.drawing
        self._forget()
        return there

    def step_back(self) -> bool:
        """Take the last prompt back; what was proposed before it shows again at once."""
        if not self.drawing:
            return False
        self._question.forget()
        self._pressed, self._preview, self._take_when_found = None, None, False
        if self._answers and self._answers[-1].prompts == self.prompts:
            self._answers.pop()
        self.proposal = self._answers[-1] if self._answers else None
        self.prompts = self.proposal.prompts if self.proposal is not None else Prompts()
        self._changed()
        return True

    def leave(self) -> None:
        super().leave()
        self._forget()

    # --- what goes on inside ------------------------------------------------------------------

    def _ask(self, prompts: Prompts) -> None:
        asker, image = self.asker, self.canvas.image_id
        if asker is None or image is None:
            return
        self.prompts = prompts
        self._question.ask(
            asker.propose, image, prompts, self.proposal, self.tolerance, on_done=self._answered
        )
        self._changed()

    def _choose(self, choice: int) -> None:
        assert self.proposal is not None
        self._question.ask(chosen, self.proposal, choice, self.tolerance, on_done=self._chosen)

    def _foresee(self, proposal: Proposal) -> None:
        """What a box that is still being dragged would give."""
        self._preview = proposal
        self.canvas.update()

    def _answered(self, proposal: Proposal) -> None:
        if not self._here or not self.prompts:
            return
        self._answers.append(proposal)
        self._show(proposal)
        if len(self._answers) == 1:
            self.canvas.say(self.hint())

    def _chosen(self, proposal: Proposal) -> None:
        if self._answers and self._answers[-1].suggestion is proposal.suggestion:
            self._answers[-1] = proposal
            self._show(proposal)

    def _show(self, proposal: Proposal) -> None:
        self.proposal, self._preview = proposal, None
        self._changed()
        if self._take_when_found and proposal.prompts == self.prompts:
            self._take_when_found = False
            self.finish()

    def _take(self, proposal: Proposal, image: int, label: int) -> None:
        found = proposal.found
        shape = shape_of(found, image, label, as_mask=self.as_mask)
        code = is_degenerate(shape)
        if code is not None:
            refuse(self.canvas, code)
            return
        self._forget()
        bitmaps = {0: found.bitmap} if self.as_mask else {}
        self.canvas.emit(AddShapes(image, (shape,), bitmaps))

    def _forget(self) -> None:
        self._question.forget()
        self.prompts, self.proposal, self._preview = Prompts(), None, None
        self._answers = []
        self._pressed = None
        self._take_when_found = False
        self._changed()

    def _changed(self) -> None:
        self.on_change()
        self.canvas.update()

    # --- looks --------------------------------------------------------------------------------

    def paint(self, painter: QPainter, view: View) -> None:
        if not self._here:
            return
        shown = self._preview or self.proposal
        if shown is not None:
            draw_parts(painter, view, shown.found.parts)
        box = self.box_begun or self.prompts.box
        if box is not None:
            frame = QPainterPath()
            frame.addRect(QRectF(*view.rect_to_screen(box)))
            stroke(painter, frame, dashed=True)
        for (x, y), belongs in self.prompts.points:
            draw_mark(painter, view.to_screen(x, y), belongs)
        if self._question.busy and self._at is not None:
            tag(painter, tr("Looking for the outline"), self._at.screen, view)

    def hint(self) -> str:
        if self.asker is not None and not self.asker.able:
            return ""
        if self.proposal is not None:
            return tr("Click what belongs to it, Alt-click what does not. Enter takes it.")
        return tr("Click a thing, or drag a box around it. Alt and the wheel: smoothing.")
