"""Masks while they are painted: only what the last stroke touched is coloured again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QRect
from PySide6.QtGui import QImage, QPainter

from tlstudio.ui.canvas.mask_images import mask_image

if TYPE_CHECKING:
    from tlstudio.services.shaping import Bitmap
    from tlstudio.ui.canvas.inking import Ink
    from tlstudio.ui.canvas.look import Look
    from tlstudio.ui.canvas.scene import Scene

_EDGE = 2


@dataclass(slots=True)
class _Kept:
    key: tuple[Any, ...]
    bitmap: Bitmap
    image: QImage


class LiveMasks:
    """One image of the viewport for each mask that is being painted."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._kept: dict[str, _Kept] = {}

    def image(self, key: str, bitmap: Bitmap, look: Look, ink: Ink) -> QImage:
        """The mask in `ink.area`; made anew if the view or the look changed, else patched."""
        painted = self._scene.previews.painted.pop(key, [])
        now = (ink.place, ink.area, look.colour.rgba(), look.suggestion, ink.looks.opacity)
        kept = self._kept.get(key)
        if kept is None or kept.key != now or kept.bitmap is not bitmap:
            image = mask_image(bitmap, look, ink.looks.opacity, ink.area, ink.place)
            kept = self._kept[key] = _Kept(now, bitmap, image)
        elif painted:
            self._patch(kept, painted, look, ink)
        return kept.image

    def keep_only(self, ids: Iterable[str]) -> None:
        """Forget masks that are not painted any more."""
        if self._kept:
            wanted = set(ids)
            self._kept = {k: kept for k, kept in self._kept.items() if k in wanted}

    def _patch(self, kept: _Kept, painted: list[Any], look: Look, ink: Ink) -> None:
        x, y, w, h = ink.area
        whole = QRect(x, y, w, h)
        dirty = QRect()
        for rect in painted:
            drawn = ink.drawn(rect).toAlignedRect()
            dirty = dirty.united(drawn.adjusted(-_EDGE, -_EDGE, _EDGE, _EDGE))
        dirty = dirty.intersected(whole)
        if dirty.isEmpty():
            return
        area = (dirty.x(), dirty.y(), dirty.width(), dirty.height())
        patch = mask_image(kept.bitmap, look, ink.looks.opacity, area, ink.place)
        painter = QPainter(kept.image)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        painter.drawImage(dirty.x() - x, dirty.y() - y, patch)
        painter.end()
