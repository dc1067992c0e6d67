"""Select and edit: choose shapes, move them, and drag their vertices, edges and handles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt

from tlstudio.domain.annotations import Box, Polygon
from tlstudio.ui.canvas.hits import BOX_HANDLES, Handle
from tlstudio.ui.canvas.intents import ChangeShapes, MoveShapes
from tlstudio.ui.canvas.tool import Pointer, Tool
from tlstudio.ui.canvas.tools import actions
from tlstudio.ui.canvas.tools.base import SLOP, EdgePan, apart, dots, locked_word
from tlstudio.ui.canvas.tools.gestures import Banding, Copying, Gesture, Moving, Reshaping
from tlstudio.ui.canvas.tools.grips import Grips
from tlstudio.ui.canvas.tools.nudge import Nudge
from tlstudio.ui.canvas.tools.reshape import add_vertex
from tlstudio.ui.theme import theme
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent, QPainter

    from tlstudio.ui.canvas.canvas import Canvas
    from tlstudio.ui.canvas.intents import Intent
    from tlstudio.ui.canvas.view import View

_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
_FAR = 10
_PLAIN = Qt.KeyboardModifier.NoModifier
_CURSORS = {
    "nw": Qt.CursorShape.SizeFDiagCursor,
    "se": Qt.CursorShape.SizeFDiagCursor,
    "ne": Qt.CursorShape.SizeBDiagCursor,
    "sw": Qt.CursorShape.SizeBDiagCursor,
    "n": Qt.CursorShape.SizeVerCursor,
    "s": Qt.CursorShape.SizeVerCursor,
    "e": Qt.CursorShape.SizeHorCursor,
    "w": Qt.CursorShape.SizeHorCursor,
}


class SelectTool(Tool):
    """The arrow. What is under the pointer when the button goes down decides what dragging does."""

    name = "select"

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self.gesture: Gesture | None = None
        self.grips = Grips(canvas)
        self._near: Handle | None = None
        self._over = False
        self._press: Pointer | None = None
        self._hits: list[str] = []
        self._fresh = False
        self._clicked = QPointF(-1e6, -1e6)
        self._nudge = Nudge(canvas)
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
        self.gesture, self._press, self._fresh = None, at, False
        self._hits = []
        handle = self.grips.find(at)
        self.grips.picked = None
        if handle is not None and self._press_handle(at, handle):
            return
        self._hits = self._under(at)
        self._press_shape(at)
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
        self._pan.track(at)
        self._follow(at)

    def hover(self, at: Pointer) -> None:
        before, self._near = self._near, self.grips.find(at)
        hits = self._under(at) if not self._near else []
        self._over = bool(hits) and not self.canvas.scene.locked(hits[0])
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
            self._click(press)
        elif not moved and isinstance(gesture, Reshaping) and gesture.now is not None:
            self._release_still(gesture)
        elif gesture.image == self.canvas.image_id:
            gesture.done()
        self.canvas.update()

    def double(self, at: Pointer) -> bool:
        handle = self.grips.find(at)
        if handle is None:
            return bool(self._under(at))
        if handle.kind == "edge":
            self.grips.add(handle)
        return True

    # --- verbs --------------------------------------------------------------------------------

    def leave(self) -> None:
        self.settle()
        self._drop_gesture()
        self._near = self.grips.picked = None

    def settle(self) -> None:
        self._nudge.flush()

    def cancel(self) -> bool:
        """Esc: drop what is dragged, else reject selected suggestions, else deselect."""
        if self._drop_gesture() or self._nudge.drop():
            return True
        if not self.canvas.scene.selected:
            return False
        if actions.suggestions(self.canvas):
            actions.reject(self.canvas)
        self.canvas.scene.select(())
        return True

    def finish(self) -> bool:
        """Enter: accept the selected suggestions."""
        self.settle()
        return bool(actions.suggestions(self.canvas)) and actions.accept(self.canvas)

    def step_back(self) -> bool:
        return self._drop_gesture() or self._nudge.drop()

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
        self._nudge.add(chosen, dx, dy)
        return True

    def key(self, event: QKeyEvent) -> bool:
        key, held = Qt.Key(event.key()), event.modifiers()
        shift = bool(held & Qt.KeyboardModifier.ShiftModifier)
        others = held & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
        if key in _ARROWS and others == Qt.KeyboardModifier.NoModifier:
            step = _FAR if shift else 1
            dx, dy = _ARROWS[key]
            return self.nudge(dx * step, dy * step)
        self.settle()
        if key == Qt.Key.Key_Delete and held in (_PLAIN, Qt.KeyboardModifier.KeypadModifier):
            return self.delete()
        return False

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
            self._begin_with_new_vertex(at, shape, handle)
            return True
        if at.shift or at.control or at.alt:
            return False
        self.gesture = Reshaping(self.canvas, at, shape, handle)
        return True

    def _begin_with_new_vertex(self, at: Pointer, shape: Polygon, handle: Handle) -> None:
        self.grips.picked = handle
        self.canvas.scene.preview(shape.id, shape)
        self.gesture = Reshaping(self.canvas, at, shape, handle, fresh=True)

    def _press_shape(self, at: Pointer) -> None:
        """Select what is under the pointer at once, so that dragging moves it."""
        scene = self.canvas.scene
        if at.shift or at.control or not self._hits:
            return
        if not any(key in set(scene.selected) for key in self._hits):
            scene.select(self._hits[:1])
            self._fresh = True

    def _click(self, at: Pointer) -> None:
        """The button went up where it went down."""
        scene = self.canvas.scene
        again = apart(at.screen, self._clicked) <= SLOP
        self._clicked = at.screen
        if at.shift or at.control:
            scene.select(self._hits[:1], toggle=True)
        elif not self._hits:
            scene.select(())
        elif not self._fresh:
            scene.select([self._next_hit(again)])
        if len(scene.selected) == 1 and scene.locked(scene.selected[0]):
            self.canvas.say(locked_word())

    def _next_hit(self, again: bool) -> str:
        """Of the shapes under the pointer: the one below the selected one on the second click."""
        selected = self.canvas.scene.selected
        if len(selected) == 1 and selected[0] in self._hits:
            place = self._hits.index(selected[0])
            return self._hits[(place + 1) % len(self._hits)] if again else selected[0]
        return next((key for key in self._hits if key in set(selected)), self._hits[0])

    def _begun(self) -> Gesture | None:
        """The gesture that dragging from the press begins."""
        press = self._press
        assert press is not None
        if not self._hits:
            return Banding(self.canvas, press)
        if press.shift or press.control:
            self.canvas.scene.select(self._hits[:1], add=True)
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
            self._hits = self._under(at)
            self._click(at)

    # --- what else happens --------------------------------------------------------------------

    def _selection_changed(self) -> None:
        self.grips.picked = self._near = None
        self._nudge.flush()

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

    def _drop_gesture(self) -> bool:
        gesture, self.gesture, self._press = self.gesture, None, None
        self._pan.stop()
        if gesture is None:
            return False
        if gesture.image == self.canvas.image_id:
            gesture.drop()
        return True

    def _under(self, at: Pointer) -> list[str]:
        return self.canvas.scene.at(at.x, at.y, SLOP / self.canvas.view.scale)

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
        if isinstance(self.gesture, Reshaping):
            return _CURSORS.get(self.gesture.grip, Qt.CursorShape.CrossCursor)
        if isinstance(self.gesture, Moving):
            return Qt.CursorShape.SizeAllCursor
        if self._near is not None:
            shape = self.canvas.scene.shown(self._near.id)
            name = BOX_HANDLES[self._near.index] if isinstance(shape, Box) else ""
            return _CURSORS.get(name, Qt.CursorShape.CrossCursor)
        return Qt.CursorShape.PointingHandCursor if self._over else Qt.CursorShape.ArrowCursor

    def hint(self) -> str:
        if not self.canvas.scene.selected:
            return tr("Click a shape, or drag around several.")
        if actions.suggestions(self.canvas):
            return tr("Enter accepts the suggestion, Delete rejects it.")
        return tr("Drag to move, Alt-drag to copy. Arrows nudge. Alt-click an edge adds a point.")
