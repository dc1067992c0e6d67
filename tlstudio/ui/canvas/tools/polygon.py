"""Polygons: click or draw their points; with Alt a hole, with Shift another part."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPointF, Qt

from tlstudio.domain.annotations import Annotation, Polygon
from tlstudio.domain.shapes import is_degenerate, is_locked
from tlstudio.ui.canvas.hits import vertex_near
from tlstudio.ui.canvas.intents import AddShapes, ChangeShapes, KeepDraft
from tlstudio.ui.canvas.tool import Pointer, Tool
from tlstudio.ui.canvas.tools.base import (
    REACH,
    SLOP,
    EdgePan,
    apart,
    current_label,
    dots,
    locked_word,
    path_of,
    refuse,
    stroke,
    tag,
)
from tlstudio.ui.canvas.tools.computing import Question, combined
from tlstudio.ui.canvas.tools.reshape import FEWEST, area_of, length_of, snapped_angle
from tlstudio.ui.canvas.tools.trail import Trail
from tlstudio.ui.words import count, tr

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter

    from tlstudio.ui.canvas.canvas import Canvas
    from tlstudio.ui.canvas.view import View

NEW, HOLE, PART = "new", "hole", "part"
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
        self.mode = NEW
        self.target: str | None = None
        self.label: int | None = None
        self._image: int | None = None
        self._end: tuple[float, float] | None = None
        self._screen = QPointF()
        self._pressed: QPointF | None = None
        self._freehand = 0
        self._question = Question(canvas)
        self._pan = EdgePan(canvas, self._moved)

    @property
    def drawing(self) -> bool:
        return bool(self.trail) and self._image == self.canvas.image_id

    # --- the pointer --------------------------------------------------------------------------

    def enter(self) -> None:
        if self._here() and self.trail.points:
            self.canvas.say(tr("Going on with the unfinished polygon."))

    def leave(self) -> None:
        self._pan.stop()
        self._pressed = None

    def press(self, at: Pointer) -> None:
        if at.button != Qt.MouseButton.LeftButton or self.canvas.image_id is None:
            return
        self._here()
        if not self.trail.points and not self._begin(at):
            return
        if len(self.trail.points) >= FEWEST and self._on_first(at.screen):
            self.finish()
            return
        self._pressed, self._freehand = at.screen, 0
        self.trail.add(self._place(at))
        self.canvas.update()
        self._keep()

    def drag(self, at: Pointer) -> None:
        if self._pressed is None or not self._here() or not self.trail.points:
            return
        self._pan.track(at)
        self._moved(at)

    def hover(self, at: Pointer) -> None:
        if self._here() and self.trail.points:
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

    def double(self, _at: Pointer) -> bool:
        if not self._here() or not self.trail.points:
            return False
        # The two presses of a double click are one point.
        if len(self.trail.points) > 1 and math.dist(
            self.trail.points[-1], self.trail.points[-2]
        ) < self._image_px(1):
            self.trail.take_back()
        return self.finish()

    # --- verbs --------------------------------------------------------------------------------

    def finish(self) -> bool:
        if not self._here() or not self.trail.points:
            return False
        ring = self.trail.ring()
        if len(ring) < FEWEST:
            self.canvas.say(tr("A polygon needs at least three points."))
            return True
        if self.mode == NEW:
            self._make(ring)
        else:
            self._combine(ring)
        return True

    def cancel(self) -> bool:
        if not self._here() or not self.trail.points:
            return False
        self._drop()
        return True

    def step_back(self) -> bool:
        if not self._here() or not self.trail.points:
            return False
        self.trail.take_back()
        if self.trail.points:
            self._keep()
        else:
            self._drop()
        self.canvas.update()
        return True

    def draft(self) -> dict[str, object] | None:
        if not self._here() or not self.trail.points:
            return None
        return {
            "points": self.trail.as_json(),
            "mode": self.mode,
            "target": self.target,
            "label": self.label,
        }

    def restore(self, draft: dict[str, Any]) -> None:
        self._image = self.canvas.image_id
        self.trail.from_json(draft.get("points"))
        self.mode = str(draft.get("mode", NEW))
        target, label = draft.get("target"), draft.get("label")
        self.target = str(target) if target is not None else None
        self.label = int(label) if label is not None else self.canvas.label_id
        self._end = None
        self.canvas.update()

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

    def _begin(self, at: Pointer) -> bool:
        self.mode, self.target = NEW, None
        chosen = self._chosen()
        if at.alt and chosen is None:
            self.canvas.say(tr("Select the polygon that gets the hole first."))
            return False
        if chosen is not None and (at.alt or at.shift):
            if is_locked(chosen):
                self.canvas.say(locked_word())
                return False
            self.mode, self.target = HOLE if at.alt else PART, chosen.id
            self.label = chosen.label
            return True
        self.label = current_label(self.canvas)
        return self.label is not None

    def _chosen(self) -> Polygon | None:
        selected = self.canvas.scene.selected
        shape = self.canvas.scene.get(selected[0]) if len(selected) == 1 else None
        return shape if isinstance(shape, Polygon) else None

    def _moved(self, at: Pointer) -> None:
        if not self._here() or not self.trail.points:
            return
        self._screen = at.screen
        self._end = self._place(at)
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

    def _place(self, at: Pointer) -> tuple[float, float]:
        """Where the point under the pointer goes: by Shift at 45 degrees, by Ctrl on a vertex."""
        x, y = at.x, at.y
        if at.control:
            found = self._vertex_of_others(x, y)
            if found is not None:
                return found
        if at.shift and self.trail.points:
            x, y = snapped_angle(self.trail.points[-1], x, y)
        return self.canvas.snap(x, y)

    def _vertex_of_others(self, x: float, y: float) -> tuple[float, float] | None:
        reach = self._image_px(REACH)
        shapes: list[Annotation] = []
        for key in self.canvas.scene.at(x, y, reach):
            shape = self.canvas.scene.get(key)
            if shape is not None:
                shapes.append(shape)
        found = [h for shape in shapes if (h := vertex_near(shape, x, y, reach)) is not None]
        if not found:
            return None
        nearest = min(found, key=lambda h: math.hypot(h.x - x, h.y - y))
        return nearest.x, nearest.y

    def _image_px(self, screen: float) -> float:
        return screen / self.canvas.view.scale

    def _on_first(self, screen: QPointF) -> bool:
        return apart(screen, self.canvas.view.to_screen(*self.trail.points[0])) <= REACH

    def _make(self, ring: tuple[tuple[float, float], ...]) -> None:
        assert self._image is not None and self.label is not None
        made = Polygon(id="", image=self._image, label=self.label, parts=((ring,),))
        code = is_degenerate(made)
        if code is not None:
            refuse(self.canvas, code)
            return
        image = self._image
        self._forget()
        self.canvas.emit(AddShapes(image, (made,)))
        self.canvas.emit(KeepDraft(image, self.name, None))

    def _combine(self, ring: tuple[tuple[float, float], ...]) -> None:
        """Take the ring away from the chosen polygon, or add it as a part."""
        shape = self.canvas.scene.get(self.target) if self.target is not None else None
        if not isinstance(shape, Polygon):
            self.canvas.say(tr("The polygon that was selected is there no longer."))
            self._drop()
            return
        hole = self.mode == HOLE
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
            return
        if shape.image == self._image:
            self._forget()
        self.canvas.emit(ChangeShapes(shape.image, (found,)))
        self.canvas.emit(KeepDraft(shape.image, self.name, None))

    def _keep(self) -> None:
        if self._image is not None:
            self.canvas.emit(KeepDraft(self._image, self.name, self.draft()))

    def _drop(self) -> None:
        self._forget()
        if self._image is not None:
            self.canvas.emit(KeepDraft(self._image, self.name, None))

    def _forget(self) -> None:
        self.trail.clear()
        self._end = self._pressed = self.target = None
        self.mode = NEW
        self._pan.stop()
        self.canvas.update()

    # --- looks --------------------------------------------------------------------------------

    def paint(self, painter: QPainter, view: View) -> None:
        if not self._here() or not self.trail.points:
            return
        done = [view.to_screen(*point) for point in self.trail.points]
        end = view.to_screen(*self._end) if self._end is not None else None
        live = [*done, end] if end is not None and self._pressed is None else done
        stroke(painter, path_of(live))
        if len(live) > 2:
            stroke(painter, path_of([live[-1], live[0]]), dashed=True)
        dots(painter, done if len(done) < 200 else [done[0], done[-1]])
        if len(done) >= FEWEST and end is not None and self._on_first(self._screen):
            painter.drawEllipse(done[0], REACH, REACH)
        if end is not None:
            tag(painter, self._figures(), end, view)

    def _figures(self) -> str:
        points = [*self.trail.points, self._end] if self._end is not None else self.trail.points
        last = math.dist(points[-1], points[-2]) if len(points) > 1 else 0.0
        if len(points) < FEWEST:
            return tr("{last} px", last=f"{last:.0f}")
        around = length_of(points)
        area = area_of(points)
        return tr("{last} px, line {around} px, area {area} px", last=f"{last:.0f}",
                  around=f"{around:,.0f}", area=f"{area:,.0f}")  # fmt: skip

    def hint(self) -> str:
        if self.trail.points:
            said = count(len(self.trail.points), "{n} point. ", "{n} points. ")
            return said + tr("Enter or the first point closes, Backspace takes one back.")
        return tr(
            "Click points or draw. With a polygon selected: Alt cuts a hole, Shift adds to it."
        )
