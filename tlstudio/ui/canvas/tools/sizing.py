"""Sizing by keys: many small changes of width and height that become one edit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer

from tlstudio.domain.annotations import Annotation, Box, Polygon
from tlstudio.domain.shapes import bounds, parts_bounds, shifted
from tlstudio.ui.canvas.intents import ChangeShapes
from tlstudio.ui.canvas.tools.nudge import PAUSE_MS
from tlstudio.ui.canvas.tools.reshape import Size

if TYPE_CHECKING:
    from tlstudio.ui.canvas.canvas import Canvas

_LEAST = 2.0  # image pixels that a side keeps


def sized(shape: Box | Polygon, dw: float, dh: float, size: Size) -> Box | Polygon:
    """`shape` wider by `dw` and higher by `dh`, as far as the image goes.

    The left top corner stays where it is; a polygon is stretched.
    """
    if isinstance(shape, Box):
        w, h = _side(shape.x, shape.w, dw, size[0]), _side(shape.y, shape.h, dh, size[1])
        return replace(shape, w=w, h=h)
    x0, y0, w, h = parts_bounds(shape.parts)
    across = _side(x0, w, dw, size[0]) / w if w else 1.0
    down = _side(y0, h, dh, size[1]) / h if h else 1.0
    parts = tuple(
        tuple(
            tuple(
                (min(size[0], x0 + (x - x0) * across), min(size[1], y0 + (y - y0) * down))
                for x, y in ring
            )
            for ring in part
        )
        for part in shape.parts
    )
    return replace(shape, parts=parts)


def _side(start: float, length: float, by: float, end: float) -> float:
    return min(max(length + by, min(length, _LEAST)), end - start)


class Sizing:
    """Adds up sizes of the same shapes; emits them when nothing came for 400 ms, or on `flush`."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._image: int | None = None
        self._now: dict[str, Box | Polygon] = {}
        self._timer = QTimer(canvas)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self.flush)

    def add(self, shapes: Sequence[Annotation], dw: float, dh: float) -> bool:
        """Size those of `shapes` that are boxes or polygons; false where there are none."""
        fit = {s.id: s for s in shapes if isinstance(s, Box | Polygon)}
        if fit.keys() != self._now.keys() or self._image != self._canvas.image_id:
            self.flush()
            self._image, self._now = self._canvas.image_id, self._as_moved(fit)
        size, scene = self._canvas.image_size, self._canvas.scene
        for key, shape in self._now.items():
            self._now[key] = sized(shape, dw, dh, (float(size[0]), float(size[1])))
            scene.preview(key, self._now[key])
        if len(self._now) == 1:
            rect = bounds(next(iter(self._now.values()))) or (0, 0, 0, 0)
            self._canvas.say(f"{rect[2]:.0f} × {rect[3]:.0f}")
        self._timer.start()
        return bool(fit)

    def flush(self) -> None:
        """Emit what has come together."""
        self._timer.stop()
        image, shapes = self._image, tuple(self._now.values())
        self._image, self._now = None, {}
        if image is not None and shapes:
            self._canvas.emit(ChangeShapes(image, shapes))

    def drop(self) -> bool:
        """Take back what has not been emitted; false where there is nothing."""
        self._timer.stop()
        there = bool(self._now)
        if self._image == self._canvas.image_id:
            for key in self._now:
                self._canvas.scene.preview(key, None)
        self._image, self._now = None, {}
        return there

    def _as_moved(self, shapes: dict[str, Box | Polygon]) -> dict[str, Box | Polygon]:
        """The shapes where they are seen: nudges may not be stored yet."""
        previews = self._canvas.scene.previews
        dx, dy = previews.offset
        moved = {
            key: shifted(shape, dx, dy) if key in previews.moved else shape
            for key, shape in shapes.items()
        }
        if previews.moved & shapes.keys():
            self._canvas.scene.preview_move((), 0.0, 0.0)
        return moved
