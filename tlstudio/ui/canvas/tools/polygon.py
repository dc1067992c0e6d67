"""Polygons: click or draw their points; with Alt a hole, with Shift another part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPointF, Qt

from tlstudio.domain.annotations import Polygon
from tlstudio.domain.shapes import is_degenerate
from tlstudio.ui.canvas.intents import AddShapes, ChangeShapes, KeepDraft
from tlstudio.ui.canvas.tool import Pointer, Tool
from tlstudio.ui.canvas.tools.base import (
    REACH,
    SLOP,
    EdgePan,
    apart,
    current_label,
    label_colour,
    refuse,
)
from tlstudio.ui.canvas.tools.computing import Question, combined
from tlstudio.ui.canvas.tools.purpose import HOLE, Purpose, purpose_from_json, purpose_of
from tlstudio.ui.canvas.tools.reshape import FEWEST
from tlstudio.ui.canvas.tools.trail import Trail
from tlstudio.ui.canvas.tools.unfinished import draw_unfinished, placed
from tlstudio.ui.words import count, tr

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter

    from tlstudio.ui.canvas.canvas import Canvas
    from tlstudio.ui.canvas.intents import Intent
    from tlstudio.ui.canvas.view import View

_STEP = 5.0  # screen pixels between points drawn freehand
_KEEP_EVERY = 12  # of them go between two drafts


class PolygonTool(Tool):
    """Draws a polygon point by point. Every point is kept as a draft until it is finished.

    Putting the tool down keeps the points: picking it up on the same image goes on with them.
    """

    name = "polygon"

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self.trail = Trail()
        self.purpose: Purpose | None = None
        self._image: int | None = None
        self._end: tuple[float, float] | None = None
        self._screen = QPointF()
        self._pressed: QPointF | None = None
        self._closed: QPointF | None = None
        self._freehand = 0
        self._told: Intent | None = None
        self._told_draft: dict[str, object] | None = None
        self._question = Question(canvas)
        self._pan = EdgePan(canvas, self._moved)

    @property
    def drawing(self) -> bool:
        return bool(self.trail) and self._image == self.canvas.image_id

    # --- the pointer --------------------------------------------------------------------------

    def enter(self) -> None:
        if self.drawing:
            self.canvas.say(tr("Going on with the unfinished polygon."))

    def leave(self) -> None:
        self._pan.stop()
        self._pressed = None

    def press(self, at: Pointer) -> None:
        if at.button != Qt.MouseButton.LeftButton or self.canvas.image_id is None:
            return
        self._here()
        if not self.trail.points:
            self.purpose = purpose_of(self.canvas, at)
            if self.purpose is None:
                return
        self._closed = None
        if len(self.trail.points) >= FEWEST and self._on_first(at.screen):
            self._closed = at.screen
            self.finish()
            return
        self._pressed, self._freehand = at.screen, 0
        self.trail.add(placed(self.canvas, at, self.trail.points))
        self.canvas.say(self.hint())
        self.canvas.update()
        self._keep()

    def drag(self, at: Pointer) -> None:
        if self._pressed is None or not self._here() or not self.trail.points:
            return
        self._pan.track(at)
        self._moved(at)

    def hover(self, at: Pointer) -> None:
        if self.drawing:
            self._pan.track(at)
        self._moved(at)

    def release(self, at: Pointer) -> None:
        drawn, self._pressed = self._freehand, None
        self._pan.stop()
        if not drawn or not self.trail.points:
            return
        self._freehand = 0
        if len(self.trail.points) > FEWEST and self._on_first(at.screen):
            self.finish()
        else:
            self._keep()

    def double(self, at: Pointer) -> bool:
        if not self.drawing:
            # The first press may just have closed the outline.
            return self._closed is not None and apart(at.screen, self._closed) <= SLOP
        if len(self.trail) == 1:
            self._drop()
            return False
        return self.finish()

    # --- verbs --------------------------------------------------------------------------------

    def finish(self) -> bool:
        if not self.drawing:
            return False
        ring = self.trail.ring()
        if len(ring) < FEWEST:
            self.canvas.say(tr("A polygon needs at least three points."))
            return True
        if self.purpose is not None and self.purpose.target is not None:
            self._combine(ring, self.purpose.target, self.purpose.mode == HOLE)
        else:
            self._make(ring)
        return True

    def cancel(self) -> bool:
        if not self.drawing:
            return False
        self._drop()
        self.canvas.say(self.hint())
        return True

    def step_back(self) -> bool:
        if not self.drawing:
            return False
        self.trail.take_back()
        self._keep() if self.trail.points else self._drop()
        self.canvas.say(self.hint())
        self.canvas.update()
        return True

    def draft(self) -> dict[str, object] | None:
        if not self.drawing:
            return None
        about = self.purpose.as_json(self.canvas.label_id) if self.purpose is not None else {}
        return {"points": self.trail.as_json(), **about}

    def restore(self, draft: dict[str, Any]) -> None:
        self._image = self.canvas.image_id
        self.trail.from_json(draft.get("points"))
        self.purpose = purpose_from_json(draft, self.canvas.label_id)
        self._end = None
        self.canvas.update()

    def answered(self, intent: Intent, ids: tuple[str, ...] | None) -> None:
        """A polygon that was refused is unfinished again."""
        if intent is not self._told:
            return
        draft, self._told, self._told_draft = self._told_draft, None, None
        if ids is None and draft is not None and intent.image == self.canvas.image_id:
            if not self.drawing:
                self.restore(draft)
            self._keep()

    # --- what goes on inside ------------------------------------------------------------------

    def _here(self) -> bool:
        """Whether the unfinished points are of the image shown; those of another are let go of.

        They stay in the store as its draft.
        """
        if self._image != self.canvas.image_id:
            self.trail.clear()
            self._end = self._pressed = None
            self._image = self.canvas.image_id
        return self._image is not None

    def _moved(self, at: Pointer) -> None:
        if not self.drawing:
            return
        self._screen = at.screen
        self._end = placed(self.canvas, at, self.trail.points)
        if self._draws(at):
            self._draw(self._end)
        self.canvas.update()

    def _draws(self, at: Pointer) -> bool:
        """Whether the pointer, held down, has come far enough for another point."""
        if self._pressed is None:
            return False
        last = self.canvas.view.to_screen(*self.trail.points[-1])
        begun = self._freehand > 0 or apart(at.screen, self._pressed) > 2 * SLOP
        return begun and apart(at.screen, last) >= _STEP

    def _draw(self, point: tuple[float, float]) -> None:
        """One more point drawn freehand; the whole line is one step to take back."""
        if self._freehand:
            self.trail.go_on(point)
        else:
            self.trail.add(point)
        self._freehand += 1
        if self._freehand % _KEEP_EVERY == 0:
            self._keep()

    def _on_first(self, screen: QPointF) -> bool:
        return apart(screen, self.canvas.view.to_screen(*self.trail.points[0])) <= REACH

    def _make(self, ring: tuple[tuple[float, float], ...]) -> None:
        assert self._image is not None
        label = self._label() or current_label(self.canvas)
        if label is None:
            return
        made = Polygon(id="", image=self._image, label=label, parts=((ring,),))
        code = is_degenerate(made)
        if code is not None:
            refuse(self.canvas, code)
            return
        self._tell(AddShapes(self._image, (made,)))

    def _combine(self, ring: tuple[tuple[float, float], ...], target: str, hole: bool) -> None:
        """Take the ring away from the chosen polygon, or add it as a part."""
        shape = self.canvas.scene.get(target)
        if not isinstance(shape, Polygon):
            self.purpose = purpose_from_json({}, self.canvas.label_id)
            self.canvas.say(tr("The polygon to change is gone. Enter makes a new one of this."))
            return
        self._question.ask(
            combined, shape, ring, hole, on_done=lambda found: self._combined(shape, found, hole)
        )

    def _combined(self, shape: Polygon, found: Polygon | None, hole: bool) -> None:
        if found is None:
            word = tr("The hole would leave nothing.") if hole else tr("There is nothing to add.")
            self.canvas.say(word)
            return
        if found.parts == shape.parts:
            self.canvas.say(tr("The outline does not touch the selected polygon."))
        elif shape.image == self._image:
            self._tell(ChangeShapes(shape.image, (found,)))

    def _tell(self, intent: AddShapes | ChangeShapes) -> None:
        """The outline is finished; should it be refused, it is unfinished again."""
        self._told, self._told_draft = intent, self.draft()
        self._forget()
        self.canvas.emit(intent)
        self.canvas.emit(KeepDraft(intent.image, self.name, None))

    def _label(self) -> int | None:
        in_hand = self.canvas.label_id
        return self.purpose.label_with(in_hand) if self.purpose is not None else in_hand

    def _keep(self) -> None:
        if self._image is not None:
            self.canvas.emit(KeepDraft(self._image, self.name, self.draft()))

    def _drop(self) -> None:
        self._forget()
        if self._image is not None:
            self.canvas.emit(KeepDraft(self._image, self.name, None))

    def _forget(self) -> None:
        self.trail.clear()
        self._end = self._pressed = self.purpose = None
        self._pan.stop()
        self.canvas.update()

    # --- looks --------------------------------------------------------------------------------

    def paint(self, painter: QPainter, view: View) -> None:
        if self.drawing:
            closes = len(self.trail) >= FEWEST and self._on_first(self._screen)
            end = self._end if self._pressed is None else None
            colour = label_colour(self.canvas, self._label())
            draw_unfinished(painter, view, self.trail.points, end, colour, closes=closes)

    def hint(self) -> str:
        if self.trail.points:
            said = count(len(self.trail.points), "{n} point. ", "{n} points. ")
            return said + tr("Enter or the first point closes, Backspace takes one back.")
        return tr(
            "Click points or draw. With a polygon selected: Alt cuts a hole, Shift adds to it."
        )
