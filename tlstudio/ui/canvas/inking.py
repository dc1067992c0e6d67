"""Drawing shapes, few or thousands, in drawn (device) pixels.

Shapes come in sizes on the screen. Those of a few pixels become small squares, small ones get a
thin outline with many of one look drawn at once, and large ones a full outline with its halo, one
by one in their z order. Where it is crowded, those of middling size (up to `together`) are drawn
together as well. Whatever its size, a shape is never left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from tlstudio.domain.annotations import Annotation, Mask
from tlstudio.ui.canvas.look import Look, Looks
from tlstudio.ui.canvas.marks import draw_lock, draw_tag, tag_text
from tlstudio.ui.canvas.mask_images import mask_image
from tlstudio.ui.canvas.packed import MASK, Ints, outline_of
from tlstudio.ui.canvas.paths import FINE, path_from, path_of, thinned

if TYPE_CHECKING:
    from tlstudio.ui.canvas.live_masks import LiveMasks
    from tlstudio.ui.canvas.scene import Scene

DOT = 4.0
SMALL = 14.0
_COARSE = 1.5
_LEAST = 3.0
INTRICATE = 600
_MARKED = 24.0
WRITTEN = 40.0

Place = tuple[float, float, float]
Area = tuple[int, int, int, int]


class Ink:
    """Draws shapes of `scene` where `place` (scale, left, top) puts them, within `area`."""

    def __init__(
        self,
        scene: Scene,
        looks: Looks,
        place: Place,
        area: Area,
        masks: LiveMasks | None = None,
        together: float = 0.0,
    ) -> None:
        self.scene = scene
        self.looks = looks
        self.place = place
        self.area = area
        self._masks = masks
        self._tiny, self._small = DOT * looks.ratio, SMALL * looks.ratio
        self._middling = max(together * looks.ratio, self._small)

    def slots(self, painter: QPainter, slots: Ints) -> None:
        """Draw stored shapes, given from the lowest to the topmost."""
        packed = self.scene.packed
        bounds = packed.bounds[slots]
        size = np.maximum(bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1])
        size = size * self.place[0]
        masks = packed.kind[slots] == MASK
        for look, group in self._by_look(slots[size < self._tiny]):
            self._dots(painter, look, packed.bounds[group])
        small = (size >= self._tiny) & (size < self._small) & ~masks
        for look, group in self._by_look(slots[small]):
            self._thin(painter, look, path_of(packed, group, *self.place, coarse=_COARSE))
        middling = (size >= self._small) & (size < self._middling) & ~masks
        for look, group in self._by_look(slots[middling]):
            self._medium(painter, look, path_of(packed, group, *self.place, coarse=_COARSE))
        large = (size >= self._middling) | (masks & (size >= self._tiny))
        for slot in slots[large].tolist():
            shape = self.scene.get(packed.ids[slot])
            if isinstance(shape, Mask):
                self._mask(painter, self.looks.of(shape), shape, shape.id)
            elif shape is not None:
                path = path_of(packed, np.array([slot]), *self.place)
                self._full(painter, self.looks.of(shape), path)
        marked = size >= _MARKED * self.looks.ratio
        if self.scene.filters.tags != "always":
            marked &= packed.marked[slots]
        for slot in slots[marked].tolist():
            shape = self.scene.get(packed.ids[slot])
            if shape is not None:
                self._marks(painter, shape)

    def shape(self, painter: QPainter, shape: Annotation, key: str | None = None) -> None:
        """Draw one shape that need not be stored, in full whatever its size."""
        look = self.looks.of(shape)
        if isinstance(shape, Mask):
            self._mask(painter, look, shape, key or shape.id)
        else:
            self._full(painter, look, self.path(shape))
        self._marks(painter, shape)

    def path(self, shape: Annotation) -> QPainterPath:
        """The outline of a shape that need not be stored; empty for a mask."""
        points, lengths = self.vertices(shape)
        return path_from(*thinned(points, lengths, FINE / self.place[0]), *self.place)

    def vertices(self, shape: Annotation) -> tuple[NDArray[np.float64], Ints]:
        """The vertices [n, 2] of a shape in image pixels, and how many each ring has."""
        packed = self.scene.packed
        slot = packed.slots.get(shape.id)
        if slot is None or self.scene.get(shape.id) is not shape:
            return outline_of(shape)
        start, first = packed.start[slot], packed.ring_start[slot]
        rings = packed.rings[first : first + packed.ring_count[slot]]
        return packed.vertices[start : start + packed.count[slot]], rings

    def drawn(self, rect: tuple[float, float, float, float]) -> QRectF:
        """(x, y, w, h) of the image in drawn pixels."""
        scale, left, top = self.place
        x, y, w, h = rect
        return QRectF(left + x * scale, top + y * scale, w * scale, h * scale)

    def _by_look(self, slots: Ints) -> Iterator[tuple[Look, Ints]]:
        """Slots sorted into looks."""
        packed = self.scene.packed
        kinds = packed.label[slots] * 2 + packed.suggestion[slots]
        for kind in np.unique(kinds).tolist():
            yield self.looks.get(kind // 2, bool(kind % 2)), slots[kinds == kind]

    def _dots(self, painter: QPainter, look: Look, bounds: np.ndarray) -> None:
        scale, left, top = self.place
        least = _LEAST * self.looks.ratio
        squares = []
        for x0, y0, x1, y1 in (bounds * scale).tolist():
            w, h = max(least, x1 - x0), max(least, y1 - y0)
            squares.append(QRectF(left + (x0 + x1 - w) / 2, top + (y0 + y1 - h) / 2, w, h))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.thin.color())
        painter.drawRects(squares)

    def _thin(self, painter: QPainter, look: Look, path: QPainterPath) -> None:
        if look.fill is not None and not look.suggestion:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.fillPath(path, look.fill)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.translate(0.8, 0.8)
        painter.strokePath(path, look.shade)
        painter.translate(-0.8, -0.8)
        painter.strokePath(path, look.thin)

    def _medium(self, painter: QPainter, look: Look, path: QPainterPath) -> None:
        """Several thin lines side by side: far quicker than one wide line."""
        if look.fill is not None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.fillPath(path, look.fill)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        for pen, dx, dy in (
            (look.shade, 1.2, 0.0),
            (look.shade, 0.0, 1.2),
            (look.middle, 0.0, 0.0),
            (look.middle, -0.5, -0.5),
        ):
            painter.translate(dx, dy)
            painter.strokePath(path, pen)
            painter.translate(-dx, -dy)

    def _full(self, painter: QPainter, look: Look, path: QPainterPath) -> None:
        if path.elementCount() > INTRICATE:
            self._medium(painter, look, path)
            return
        if look.fill is not None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.fillPath(path, look.fill)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.strokePath(path, look.halo)
        painter.strokePath(path, look.line)

    def _mask(self, painter: QPainter, look: Look, shape: Mask, key: str) -> None:
        area, bitmap = self.area_of(shape), self.scene.bitmap(key)
        if area is None or bitmap is None:
            return
        if self._masks is not None and key in self.scene.previews.ids:
            x, y, _, _ = self.area
            painter.drawImage(x, y, self._masks.image(key, bitmap, look, self))
            return
        made = mask_image(bitmap, look, self.looks.opacity, area, self.place)
        painter.drawImage(area[0], area[1], made)

    def area_of(self, shape: Annotation) -> Area | None:
        """The drawn pixels that a shape may cover; None where it is out of sight."""
        rect = self.drawn(self.scene.rect_of(shape)).toAlignedRect().adjusted(-2, -2, 2, 2)
        x, y, w, h = self.area
        x0, y0 = max(x, rect.x()), max(y, rect.y())
        x1, y1 = min(x + w, rect.x() + rect.width()), min(y + h, rect.y() + rect.height())
        return (x0, y0, x1 - x0, y1 - y0) if x1 > x0 and y1 > y0 else None

    def _marks(self, painter: QPainter, shape: Annotation) -> None:
        """A lock on locked shapes; on suggestions, how sure the model was."""
        locked = bool(shape.attributes.get("locked"))
        confidence = shape.provenance.confidence if shape.provenance.suggestion else None
        always = self.scene.filters.tags == "always"
        if not (locked or confidence is not None or always):
            return
        rect = self.drawn(self.scene.rect_of(shape))
        size = max(rect.width(), rect.height())
        if locked and size >= _MARKED * self.looks.ratio:
            draw_lock(painter, QPointF(rect.right(), rect.top()), self.looks.ratio)
        if size >= WRITTEN * self.looks.ratio and (always or confidence is not None):
            name = tag_text(self.scene, shape) if always else f"{confidence:.2f}"
            draw_tag(painter, rect.topLeft(), name, self.looks.of(shape), self.looks.ratio)


def stroke_around(painter: QPainter, path: QPainterPath, colour: QColor, away: float) -> None:
    """Thin lines on four sides of a path: wide ones of many corners take too long."""
    pen = QPen(colour, 1.0)
    for dx, dy in ((away, 0.0), (-away, 0.0), (0.0, away), (0.0, -away)):
        painter.translate(dx, dy)
        painter.strokePath(path, pen)
        painter.translate(-dx, -dy)
