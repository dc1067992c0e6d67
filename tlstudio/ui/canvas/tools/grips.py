"""Where selected shapes can be taken hold of: vertices, edges and handles under the pointer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from tlstudio.domain.annotations import Annotation, Box, Polygon
from tlstudio.domain.shapes import is_degenerate, is_locked
from tlstudio.ui.canvas.hits import Handle
from tlstudio.ui.canvas.intents import ChangeShapes
from tlstudio.ui.canvas.tools.base import REACH, refuse
from tlstudio.ui.canvas.tools.reshape import add_vertex, remove_vertex, side_near
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.ui.canvas.canvas import Canvas
    from tlstudio.ui.canvas.tool import Pointer

_DIAGONAL, _OTHER = Qt.CursorShape.SizeFDiagCursor, Qt.CursorShape.SizeBDiagCursor
_UP, _ACROSS = Qt.CursorShape.SizeVerCursor, Qt.CursorShape.SizeHorCursor
_CURSORS = (_DIAGONAL, _UP, _OTHER, _ACROSS, _DIAGONAL, _UP, _OTHER, _ACROSS)  # as BOX_HANDLES
_EDGE = 0.6  # of the reach of a vertex, which lies on two edges
_LEAST = 3.0


class Grips:
    """Finds, adds and removes vertices; `picked` is the vertex that Delete would remove."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self.picked: Handle | None = None

    def find(self, at: Pointer) -> Handle | None:
        """The vertex, box handle, or else edge of a selected, unlocked shape at the pointer."""
        scene = self._canvas.scene
        if not scene.selected or self._canvas.image_id is None:
            return None
        reach = self._reach() / self._canvas.view.scale
        found = scene.vertex_at(at.x, at.y, reach) or scene.edge_at(at.x, at.y, reach * _EDGE)
        if found is not None or len(scene.selected) != 1:
            return found
        shape = scene.shown(scene.selected[0])
        if isinstance(shape, Box) and not is_locked(shape):
            return side_near(shape, at.x, at.y, reach * _EDGE)
        return None

    def _reach(self) -> float:
        """Screen pixels: less for a shape that is small on the screen, so that it can be moved."""
        scene = self._canvas.scene
        rect = scene.bounds(scene.selected) if len(scene.selected) == 1 else None
        if rect is None:
            return REACH
        return min(REACH, max(_LEAST, min(rect[2], rect[3]) * self._canvas.view.scale / 4))

    def add(self, edge: Handle) -> None:
        """A vertex where the edge was pointed at; it becomes the picked one."""
        shape = self._canvas.scene.shown(edge.id)
        if isinstance(shape, Polygon):
            shape, self.picked = add_vertex(shape, edge)
            self._change(shape)

    def remove(self, vertex: Handle) -> None:
        """Take a vertex out; says so where its ring needs it."""
        self.picked = None
        shape = self._canvas.scene.shown(vertex.id)
        if not isinstance(shape, Polygon):
            return
        made = remove_vertex(shape, vertex)
        if made is None:
            self._canvas.say(tr("An outline needs three points. Delete the shape instead."))
        else:
            self._change(made)

    def _change(self, shape: Polygon) -> None:
        image, code = self._canvas.image_id, is_degenerate(shape)
        if code is not None:
            refuse(self._canvas, code)
        elif image is not None:
            self._canvas.scene.preview(shape.id, shape)
            self._canvas.emit(ChangeShapes(image, (shape,)))


def cursor_of(shape: Annotation | None, handle: Handle) -> Qt.CursorShape:
    """The cursor that says where a handle goes."""
    return _CURSORS[handle.index] if isinstance(shape, Box) else Qt.CursorShape.CrossCursor
