"""Shapes that are drawn anew in every frame: under the pointer, chosen, dragged, just stored."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from tlstudio.domain.annotations import Annotation, Box, Mask
from tlstudio.ui.canvas import hits
from tlstudio.ui.canvas.inking import INTRICATE, WRITTEN, Area, Ink, Place, stroke_around
from tlstudio.ui.canvas.live_masks import LiveMasks
from tlstudio.ui.canvas.look import WIDTH, Looks, faded
from tlstudio.ui.canvas.marks import draw_lock, draw_tag, tag_text
from tlstudio.ui.canvas.mask_images import rim_image
from tlstudio.ui.canvas.paths import path_from, thinned
from tlstudio.ui.canvas.scene import Scene
from tlstudio.ui.canvas.shape_layer import ShapeLayer
from tlstudio.ui.canvas.view import View
from tlstudio.ui.theme import theme

FEW = 200
_WITH_HANDLES = 12
_HANDLE, _LEAST = 7.0, 4.0
_APART = 9.0
_WHITE = QColor("#FFFFFF")
_RIM = QColor(0, 0, 0, 200)


class LiveLayer:
    """Draws over the layer of shapes at rest, at the view as it is now."""

    def __init__(self, scene: Scene, view: View) -> None:
        self._scene = scene
        self._view = view
        self.masks = LiveMasks(scene)

    def draw(self, painter: QPainter, below: ShapeLayer) -> None:
        """In widget pixels, over the shapes at rest, and what these do not show yet."""
        view, scene, looks = self._view, self._scene, below.looks
        ratio = view.ratio
        place = (view.device_scale, view.left * ratio, view.top * ratio)
        w, h = view.viewport
        area = (0, 0, round(w * ratio), round(h * ratio))
        painter.save()
        painter.scale(1 / ratio, 1 / ratio)
        ink = Ink(scene, looks, place, area, self.masks, below.together)
        self._awaiting(painter, ink, below.awaiting)
        self._moved(painter, looks, place, area)
        for key in scene.previews.ids:
            shape = scene.previews.get(key)
            if shape is not None:
                ink.shape(painter, shape, key)
        self._hovered(painter, ink)
        self._selected(painter, ink)
        painter.restore()
        self.masks.keep_only(scene.previews.ids)

    def _awaiting(self, painter: QPainter, ink: Ink, keys: Iterable[str]) -> None:
        packed, scene = self._scene.packed, self._scene
        covering = scene.previews.covering
        keys = [k for k in keys if k not in covering and scene.visible(k)]
        if keys and len(keys) <= FEW:
            slots = np.array(sorted(packed.slots[k] for k in keys))
            ink.slots(painter, packed.touching(self._view.visible(), slots))

    def _moved(self, painter: QPainter, looks: Looks, place: Place, area: Area) -> None:
        previews, packed = self._scene.previews, self._scene.packed
        keys = [k for k in previews.moved if k in packed.slots and k not in previews.ids]
        if not keys:
            return
        dx, dy = previews.offset
        scale, left, top = place
        away = (scale, left + dx * scale, top + dy * scale)
        slots = np.array(sorted(packed.slots[k] for k in keys))
        if len(keys) <= FEW:
            Ink(self._scene, looks, away, area).slots(painter, slots)
        else:
            self._frames(painter, slots, away, theme().colour("accent"))

    def _frames(self, painter: QPainter, slots: np.ndarray, place: Place, colour: QColor) -> None:
        """Only the bounds of very many shapes."""
        b = self._scene.packed.bounds[slots]
        corners = np.stack((b[:, [0, 1]], b[:, [2, 1]], b[:, [2, 3]], b[:, [0, 3]]), axis=1)
        path = path_from(corners.reshape(-1, 2), np.full(len(b), 4), *place)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.strokePath(path, QPen(colour, 1.0))

    def _hovered(self, painter: QPainter, ink: Ink) -> None:
        key = self._scene.hovered_id
        if key is None or key in self._scene.selected or not self._scene.visible(key):
            return
        shape = self._scene.shown(key)
        if shape is None or key in self._scene.previews.covering:
            return
        if isinstance(shape, Mask):
            self._rim(painter, ink, key, shape)
            self._tag(painter, ink, shape)
            return
        path, ratio = ink.path(shape), ink.looks.ratio
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.fillPath(path, faded(ink.looks.of(shape).colour, 0.2))
        if path.elementCount() > INTRICATE:
            stroke_around(painter, path, _RIM, 1.0)
            painter.strokePath(path, QPen(_WHITE, 1.0))
        else:
            painter.strokePath(path, QPen(_RIM, 4.5 * ratio))
            painter.strokePath(path, QPen(_WHITE, 2.0 * ratio))
        self._tag(painter, ink, shape)

    def _selected(self, painter: QPainter, ink: Ink) -> None:
        scene, packed = self._scene, self._scene.packed
        chosen = [k for k in scene.selected if scene.visible(k)]
        if len(chosen) > FEW:
            stay = [k for k in chosen if k not in scene.previews.moved]
            slots = np.array([packed.slots[k] for k in stay], np.int64)
            close = packed.touching(self._view.visible(), slots)
            self._frames(painter, close, ink.place, theme().colour("accent"))
            return
        for key in chosen:
            shape = scene.shown(key)
            if shape is None:
                continue
            at = self._at(ink, key)
            if isinstance(shape, Mask):
                self._mask_chosen(painter, at, key, shape, len(chosen) <= _WITH_HANDLES)
            else:
                self._outlined(painter, at, shape)
            if scene.locked(key):
                rect = at.drawn(self._scene.rect_of(shape))
                draw_lock(painter, QPointF(rect.right(), rect.top()), at.looks.ratio)
            elif len(chosen) <= _WITH_HANDLES and not isinstance(shape, Mask):
                self._handles(painter, at, shape)
            if len(chosen) <= _WITH_HANDLES:
                self._tag(painter, at, shape)

    def _at(self, ink: Ink, key: str) -> Ink:
        """Where a shape is shown: elsewhere while it is moved."""
        previews = self._scene.previews
        if key not in previews.moved or key in previews.ids:
            return ink
        (scale, left, top), (dx, dy) = ink.place, previews.offset
        away = (scale, left + dx * scale, top + dy * scale)
        return Ink(self._scene, ink.looks, away, ink.area, self.masks)

    def _outlined(self, painter: QPainter, ink: Ink, shape: Annotation) -> None:
        path, ratio = ink.path(shape), ink.looks.ratio
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        if path.elementCount() > INTRICATE:
            stroke_around(painter, path, _RIM, 2.0)
            stroke_around(painter, path, _WHITE, 1.0)
            painter.strokePath(path, ink.looks.of(shape).middle)
            return
        painter.strokePath(path, QPen(_RIM, 5.0 * ratio))
        painter.strokePath(path, QPen(_WHITE, 3.5 * ratio))
        # Only suggestions stay dashed: dashes would creep where little is painted again.
        look = ink.looks.of(shape)
        painter.strokePath(path, look.line if look.suggestion else QPen(look.colour, WIDTH * ratio))

    def _mask_chosen(
        self, painter: QPainter, ink: Ink, key: str, shape: Mask, outlined: bool
    ) -> None:
        """The pixels' outline, unless they are being painted, within dashed bounds."""
        if outlined and key not in self._scene.previews.ids:
            self._rim(painter, ink, key, shape)
        rect = ink.drawn(self._scene.rect_of(shape))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, style in ((_RIM, Qt.PenStyle.SolidLine), (_WHITE, Qt.PenStyle.DashLine)):
            painter.setPen(QPen(colour, 1.0, style))
            painter.drawRect(rect)

    def _rim(self, painter: QPainter, ink: Ink, key: str, shape: Mask) -> None:
        area, bitmap = ink.area_of(shape), self._scene.bitmap(key)
        if area is not None and bitmap is not None:
            rim = rim_image(bitmap, area, ink.place, _WHITE, _RIM)
            painter.drawImage(area[0], area[1], rim)

    def _handles(self, painter: QPainter, ink: Ink, shape: Annotation) -> None:
        """Squares on all vertices that are far enough apart to be told from each other."""
        ratio = ink.looks.ratio
        scale, left, top = ink.place
        if isinstance(shape, Box):
            spots = np.array(hits.box_handles(shape))
        else:
            spots = thinned(*ink.vertices(shape), _APART * ratio / scale)[0]
        spots = spots * scale + (left, top)
        x, y, w, h = ink.area
        seen = (spots[:, 0] >= x) & (spots[:, 0] <= x + w)
        seen &= (spots[:, 1] >= y) & (spots[:, 1] <= y + h)
        _, _, w, h = self._scene.rect_of(shape)
        side = min(_HANDLE, max(_LEAST, max(w, h) * scale / ratio / 8)) * ratio
        corners = (spots[seen] - side / 2).tolist()
        squares = [QRectF(px, py, side, side) for px, py in corners]
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(QPen(_RIM, ratio))
        painter.setBrush(_WHITE)
        painter.drawRects(squares)

    def _tag(self, painter: QPainter, ink: Ink, shape: Annotation) -> None:
        rect, tags = ink.drawn(self._scene.rect_of(shape)), self._scene.filters.tags
        written = max(rect.width(), rect.height()) >= WRITTEN * ink.looks.ratio
        if tags == "never" or (tags == "always" and written):
            return
        x, y, w, h = ink.area
        if not rect.intersects(QRectF(x, y, w, h)):
            return
        at = QPointF(
            min(max(rect.left(), x + 2.0), x + w - 30.0 * ink.looks.ratio),
            min(max(rect.top() - 4 * ink.looks.ratio, y + 24.0 * ink.looks.ratio), float(y + h)),
        )
        text = tag_text(self._scene, shape)
        draw_tag(painter, at, text, ink.looks.of(shape), ink.looks.ratio)
