"""Select and edit: choose shapes, move them, and drag their vertices, edges and handles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from tlstudio.domain.annotations import Box, Polygon
from tlstudio.ui.canvas.hits import Handle
from tlstudio.ui.canvas.intents import ChangeShapes, MoveShapes
from tlstudio.ui.canvas.tool import Pointer, Tool
from tlstudio.ui.canvas.tools import actions
from tlstudio.ui.canvas.tools.base import SLOP, EdgePan, apart, dots, locked_word
from tlstudio.ui.canvas.tools.clicks import Clicks
from tlstudio.ui.canvas.tools.gestures import Banding, Copying, Gesture, Moving, Reshaping
from tlstudio.ui.canvas.tools.grips import Grips, cursor_of
from tlstudio.ui.canvas.tools.nudge import Nudge
from tlstudio.ui.canvas.tools.reshape import add_vertex
from tlstudio.ui.canvas.tools.sizing import Sizing
from tlstudio.ui.theme import theme
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter

    from tlstudio.ui.canvas.canvas import Canvas
    from tlstudio.ui.canvas.intents import Intent
    from tlstudio.ui.canvas.view import View


class SelectTool(Tool):
    """The arrow. What is under the pointer when the button goes down decides what dragging does."""

    name = "select"

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self.gesture: Gesture | None = None
        self.grips = Grips(canvas)
        self._near: Handle | None = None
        self._press: Pointer | None = None
        self._clicks = Clicks(canvas)
        self._nudge = Nudge(canvas)
        self._sizing = Sizing(canvas)
        self._pan = EdgePan(canvas, self._follow)
        canvas.scene.selection_changed.connect(self._selection_changed)

    @property
    def drawing(self) -> bool:
        return self.gesture is not None

    # --- the pointer --------------------------------------------------------------------------

    def press(self, at: Pointer) -> None:
        if at.button != Qt.MouseButton.LeftButton or self.canvas.image_id is None:
            return
        self.settle()
        self.gesture, self._press = None, at
        handle = self.grips.find(at)
        self.grips.picked = None
        if handle is not None and self._press_handle(at, handle):
            return
        self._clicks.press(at)
        self.canvas.update()

    def drag(self, at: Pointer) -> None:
        if self._press is None:
            return
        if self.gesture is None:
            if apart(at.screen, self._press.screen) <= SLOP:
                return
            self.gesture = self._begun()
            if self.gesture is None:
                self._press = None
                return
            self.canvas.scene.hover(None)
        self._pan.track(at)
        self._follow(at)

    def hover(self, at: Pointer) -> None:
        before, self._near = self._near, self.grips.find(at)
        if before != self._near:
            self.canvas.update()

    def release(self, at: Pointer) -> None:
        self._pan.stop()
        gesture, press = self.gesture, self._press
        self.gesture, self._press = None, None
        if press is None or at.button not in (Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton):
            return
        moved = apart(at.screen, press.screen) > SLOP
        if gesture is None:
            self._clicks.click(press)
        elif not moved and isinstance(gesture, Reshaping) and gesture.now is not None:
            self._release_still(gesture)
        elif gesture.image == self.canvas.image_id:
            gesture.done()
        self._near = self.grips.find(at)
        self.canvas.update()

    def double(self, at: Pointer) -> bool:
        handle = self.grips.find(at)
        if handle is not None and handle.kind == "edge":
            self.grips.add(handle)
            return True
        if not self._clicks.under(at):
            return False
        self.press(at)
        self.release(at)
        return True

    # --- verbs --------------------------------------------------------------------------------

    def leave(self) -> None:
        self.settle()
        self._drop_gesture()
        self._near = self.grips.picked = None

    def settle(self) -> None:
        self._nudge.flush()
        self._sizing.flush()

    def cancel(self) -> bool:
        """Esc: drop what is dragged, else reject the suggestions, if only such are selected, else
        deselect."""
        if self._drop_gesture() or self._drop_burst():
            return True
        if not self.canvas.scene.selected:
            return False
        if len(actions.suggestions(self.canvas)) == len(self.canvas.scene.selected):
            actions.reject(self.canvas)
        self.canvas.scene.select(())
        return True

    def finish(self) -> bool:
        """Enter: accept the selected suggestions."""
        self.settle()
        return bool(actions.suggestions(self.canvas)) and actions.accept(self.canvas)

    def step_back(self) -> bool:
        return self._drop_gesture() or self._drop_burst()

    def delete(self) -> bool:
        """Delete the picked vertex, else the selected shapes."""
        self.settle()
        if self.grips.picked is not None:
            self.grips.remove(self.grips.picked)
            return True
        if not self.canvas.scene.selected:
            return False
        actions.delete(self.canvas)
        return True

    def nudge(self, dx: float, dy: float) -> bool:
        """Move the selected shapes by image pixels; a burst of nudges is one edit."""
        chosen = actions.free(self.canvas)
        if not self.canvas.scene.selected:
            return False
        if not chosen:
            self.canvas.say(locked_word())
            return True
        self._sizing.flush()
        self._nudge.add(chosen, dx, dy)
        return True

    def resize(self, dw: float, dh: float) -> bool:
        """Make the selected boxes and polygons wider or higher; a burst of it is one edit."""
        chosen = actions.free(self.canvas)
        if not self.canvas.scene.selected:
            return False
        self._nudge.flush()
        if not chosen:
            self.canvas.say(locked_word())
        elif not self._sizing.add(chosen, dw, dh):
            self.canvas.say(tr("Masks have no size of their own: paint them."))
        return True

    def answered(self, intent: Intent, ids: tuple[str, ...] | None) -> None:
        if ids is None and isinstance(intent, MoveShapes):
            self.canvas.scene.preview_move((), 0.0, 0.0)
        elif ids is None and isinstance(intent, ChangeShapes):
            for shape in intent.shapes:
                self.canvas.scene.preview(shape.id, None)

    # --- pressing and clicking ----------------------------------------------------------------

    def _press_handle(self, at: Pointer, handle: Handle) -> bool:
        """Begin with a vertex, an edge or a handle; false where the shape itself is meant."""
        shape = self.canvas.scene.shown(handle.id)
        if not isinstance(shape, Box | Polygon):
            return False
        if isinstance(shape, Polygon) and at.alt and handle.kind == "vertex":
            self.grips.remove(handle)
            self._press = None
            return True
        if isinstance(shape, Polygon) and handle.kind == "edge" and (at.alt or at.control):
            shape, handle = add_vertex(shape, handle)
            self.grips.picked = handle
            self.canvas.scene.preview(shape.id, shape)
            self.gesture = Reshaping(self.canvas, at, shape, handle, fresh=True)
            return True
        if at.shift or at.control or at.alt:
            return False
        self.gesture = Reshaping(self.canvas, at, shape, handle)
        return True

    def _begun(self) -> Gesture | None:
        """The gesture that dragging from the press begins."""
        press = self._press
        assert press is not None
        if not self._clicks.hits:
            return Banding(self.canvas, press)
        if press.shift or press.control:
            self.canvas.scene.select(self._clicks.hits[:1], add=True)
        chosen = actions.free(self.canvas)
        if press.alt:
            return Copying(self.canvas, press, actions.selected(self.canvas))
        if not chosen:
            self.canvas.say(locked_word())
            return None
        return Moving(self.canvas, press, chosen)

    def _release_still(self, gesture: Reshaping) -> None:
        """A click on a handle: a vertex is picked, a new one is kept, an edge means its shape."""
        if gesture.fresh:
            gesture.done()
            return
        gesture.drop()
        at = gesture.start
        if gesture.handle.kind == "vertex" and isinstance(gesture.now, Polygon):
            self.grips.picked = gesture.handle
        else:
            self._clicks.press(at)
            self._clicks.click(at)

    # --- what else happens --------------------------------------------------------------------

    def _selection_changed(self) -> None:
        self.grips.picked = self._near = None
        self.settle()

    def _follow(self, at: Pointer) -> None:
        gesture = self.gesture
        if gesture is None:
            return
        if gesture.image != self.canvas.image_id:
            self.gesture = self._press = None
            self._pan.stop()
            return
        gesture.drag(at)
        self.canvas.update()

    def _drop_burst(self) -> bool:
        """Take nudges and sizes back that are not emitted yet."""
        moved, made_larger = self._nudge.drop(), self._sizing.drop()
        return moved or made_larger

    def _drop_gesture(self) -> bool:
        gesture, self.gesture, self._press = self.gesture, None, None
        self._pan.stop()
        if gesture is None:
            return False
        if gesture.image == self.canvas.image_id:
            gesture.drop()
        return True

    # --- looks --------------------------------------------------------------------------------

    def paint(self, painter: QPainter, view: View) -> None:
        if self.gesture is not None:
            self.gesture.paint(painter, view)
        elif self._near is not None:
            colour = theme().colour("accent")
            dots(painter, [view.to_screen(self._near.x, self._near.y)], colour)
        if self.grips.picked is not None:
            picked = view.to_screen(self.grips.picked.x, self.grips.picked.y)
            dots(painter, [picked], theme().colour("warning"))

    def cursor(self) -> Qt.CursorShape:
        if isinstance(self.gesture, Moving):
            return Qt.CursorShape.SizeAllCursor
        if isinstance(self.gesture, Reshaping):
            return cursor_of(self.gesture.now, self.gesture.handle)
        if self._near is not None:
            return cursor_of(self.canvas.scene.shown(self._near.id), self._near)
        over = self.canvas.scene.hovered_id
        free = over is not None and not self.canvas.scene.locked(over)
        return Qt.CursorShape.PointingHandCursor if free else Qt.CursorShape.ArrowCursor

    def hint(self) -> str:
        if not self.canvas.scene.selected:
            return tr("Click a shape, or drag around several.")
        if actions.suggestions(self.canvas):
            return tr("Enter accepts the suggestion, Delete rejects it.")
        return tr("Drag to move, Alt-drag to copy. Arrows nudge. Alt-click an edge adds a point.")
