"""Drawing shapes, few or thousands, in drawn (device) pixels.

Shapes come in sizes on the screen. Those of a few pixels become small squares, small ones get a
thin outline with many of one look drawn at once, and large ones a full outline with its halo, one
by one in their z order. Where it is crowded, those of middling size are drawn together as well.
Whatever its size, a shape is never left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen

from tlstudio.domain.annotations import Annotation, Mask
from tlstudio.ui.canvas.look import Look, Looks
from tlstudio.ui.canvas.mask_images import mask_image
from tlstudio.ui.canvas.packed import MASK, Ints, bounds_of, outline_of
from tlstudio.ui.canvas.paths import path_from, path_of

if TYPE_CHECKING:
    from tlstudio.ui.canvas.live_masks import LiveMasks
    from tlstudio.ui.canvas.scene import Scene

DOT = 4.0
SMALL = 14.0
MIDDLING = 56.0
_COARSE = 1.5
_LEAST = 3.0
_MARKED = 24.0
_WRITTEN = 40.0
_PLATE = QColor(20, 21, 23, 215)

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
        crowded: bool = False,
    ) -> None:
        self.scene = scene
        self.looks = looks
        self.place = place
        self.area = area
        self._masks = masks
        self._tiny, self._small = DOT * looks.ratio, SMALL * looks.ratio
        self._middling = MIDDLING * looks.ratio if crowded else self._small

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
        points, lengths = outline_of(shape)
        return path_from(points, lengths, *self.place)

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
        if look.fill is not None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.fillPath(path, look.fill)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.strokePath(path, look.halo)
        painter.strokePath(path, look.line)

    def _mask(self, painter: QPainter, look: Look, shape: Mask, key: str) -> None:
        rect = self.drawn(bounds_of(shape)).toAlignedRect().adjusted(-2, -2, 2, 2)
        x, y, w, h = self.area
        x0, y0 = max(x, rect.x()), max(y, rect.y())
        x1, y1 = min(x + w, rect.x() + rect.width()), min(y + h, rect.y() + rect.height())
        bitmap = self.scene.bitmap(key)
        if x1 <= x0 or y1 <= y0 or bitmap is None:
            return
        if self._masks is not None and key in self.scene.previews.ids:
            painter.drawImage(x, y, self._masks.image(key, bitmap, look, self))
            return
        area = (x0, y0, x1 - x0, y1 - y0)
        opacity = self.looks.opacity
        painter.drawImage(x0, y0, mask_image(bitmap, look, opacity, area, self.place))

    def _marks(self, painter: QPainter, shape: Annotation) -> None:
        """A lock on locked shapes; on suggestions, how sure the model was."""
        locked = bool(shape.attributes.get("locked"))
        confidence = shape.provenance.confidence if shape.provenance.suggestion else None
        always = self.scene.filters.tags == "always"
        if not (locked or confidence is not None or always):
            return
        rect = self.drawn(bounds_of(shape))
        size = max(rect.width(), rect.height())
        if locked and size >= _MARKED * self.looks.ratio:
            draw_lock(painter, QPointF(rect.right(), rect.top()), self.looks.ratio)
        if size >= _WRITTEN * self.looks.ratio and (always or confidence is not None):
            name = tag_text(self.scene, shape) if always else f"{confidence:.2f}"
            draw_tag(painter, rect.topLeft(), name, self.looks.of(shape), self.looks.ratio)


def tag_text(scene: Scene, shape: Annotation) -> str:
    """What a name tag says: the label, and of a suggestion how sure the model was."""
    label = scene.labels.get(shape.label)
    parts = [label.name if label else "?"]
    if shape.provenance.suggestion and shape.provenance.confidence is not None:
        parts.append(f"{shape.provenance.confidence:.2f}")
    return " ".join(parts)


def draw_tag(painter: QPainter, at: QPointF, text: str, look: Look, ratio: float) -> QRectF:
    """Write `text` in a small plate that stands on `at`; returns the plate."""
    font = QFont(painter.font())
    font.setPixelSize(max(1, round(11 * ratio)))
    painter.setFont(font)
    metrics = painter.fontMetrics()
    w, h = metrics.horizontalAdvance(text) + 8 * ratio, metrics.height() + 2 * ratio
    plate = QRectF(at.x() - ratio, at.y() - h - 2 * ratio, w, h)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(QPen(look.colour, ratio))
    painter.setBrush(_PLATE)
    painter.drawRoundedRect(plate, 3 * ratio, 3 * ratio)
    painter.setPen(Qt.GlobalColor.white)
    painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)
    return plate


def draw_lock(painter: QPainter, corner: QPointF, ratio: float) -> None:
    """A padlock left of and below `corner`."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.save()
    painter.translate(corner.x() - 13 * ratio, corner.y() + 3 * ratio)
    painter.scale(ratio, ratio)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_PLATE)
    painter.drawRoundedRect(QRectF(-2, -2, 13, 15), 3, 3)
    painter.setPen(QPen(Qt.GlobalColor.white, 1.5))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawArc(QRectF(2, 0.5, 5, 8), 0, 180 * 16)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(Qt.GlobalColor.white)
    painter.drawRect(QRectF(1, 5, 7, 5.5))
    painter.restore()
