"""Nudging: many small moves by keys that become one edit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer

from tlstudio.domain.annotations import Annotation, Mask
from tlstudio.ui.canvas.intents import MoveShapes
from tlstudio.ui.canvas.tools.base import bounds_around
from tlstudio.ui.canvas.tools.reshape import Rect, move_within

if TYPE_CHECKING:
    from tlstudio.ui.canvas.canvas import Canvas

PAUSE_MS = 400


class Nudge:
    """Adds up moves of the same shapes; emits them when nothing came for 400 ms, or on `flush`."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._image: int | None = None
        self._ids: tuple[str, ...] = ()
        self._around: list[Rect] = []
        self._whole = False
        self._offset = (0.0, 0.0)
        self._timer = QTimer(canvas)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self.flush)

    def add(self, shapes: Sequence[Annotation], dx: float, dy: float) -> None:
        """Move `shapes` a little further, as far as they stay in the image."""
        ids = tuple(shape.id for shape in shapes)
        if ids != self._ids or self._image != self._canvas.image_id:
            self.flush()
            self._ids, self._image = ids, self._canvas.image_id
            self._around = bounds_around(self._canvas.scene, ids)
            self._whole = any(isinstance(shape, Mask) for shape in shapes)
        wanted = self._offset[0] + dx, self._offset[1] + dy
        size = self._canvas.image_size
        self._offset = move_within(self._around, *wanted, size, whole=self._whole)
        self._canvas.scene.preview_move(self._ids, *self._offset)
        self._timer.start()

    def flush(self) -> None:
        """Emit what has come together."""
        self._timer.stop()
        image, ids, offset = self._image, self._ids, self._offset
        self._ids, self._image, self._offset = (), None, (0.0, 0.0)
        if image is not None and offset != (0.0, 0.0):
            self._canvas.emit(MoveShapes(image, ids, *offset))

    def drop(self) -> bool:
        """Take back what has not been emitted; false where there is nothing."""
        self._timer.stop()
        there = self._offset != (0.0, 0.0)
        if there and self._image == self._canvas.image_id:
            self._canvas.scene.preview_move((), 0.0, 0.0)
        self._ids, self._image, self._offset = (), None, (0.0, 0.0)
        return there
