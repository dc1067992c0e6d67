"""How shapes look while they are dragged or painted, until the store has answered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tlstudio.domain.annotations import Annotation
from tlstudio.ui.canvas.packed import bounds_of

if TYPE_CHECKING:
    from tlstudio.services.shaping import Bitmap
    from tlstudio.ui.canvas.scene import Scene

Rect = tuple[float, float, float, float]


class Previews:
    """Shapes that look different from what is stored.

    `moved` are stored shapes that are shown `offset` image pixels away. `painted` holds, by id,
    where the pixels of a preview changed since somebody last took note.
    """

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._shapes: dict[str, Annotation] = {}
        self._bitmaps: dict[str, Bitmap] = {}
        self.moved: frozenset[str] = frozenset()
        self.offset = (0.0, 0.0)
        self.painted: dict[str, list[Rect]] = {}

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids with a look of their own, moved ones not counted."""
        return tuple(self._shapes)

    @property
    def covering(self) -> frozenset[str]:
        """Stored shapes that must not be drawn as stored."""
        return self.moved | frozenset(self._shapes) if self._shapes else self.moved

    def get(self, key: str) -> Annotation | None:
        return self._shapes.get(key)

    def bitmap(self, key: str) -> Bitmap | None:
        return self._bitmaps.get(key)

    def set(self, key: str, shape: Annotation | None, bitmap: Bitmap | None) -> None:
        """See Scene.preview."""
        before = self._scene.rects((key,))
        covered = key in self.covering
        if shape is None:
            if key not in self._shapes:
                return
            self.drop(key)
        else:
            self._shapes[key] = shape
            if bitmap is not None and self._bitmaps.get(key) is not bitmap:
                self._bitmaps[key] = bitmap
                self.painted.pop(key, None)
        if covered != (key in self.covering):
            self._scene.stored.emit((key,), before)
        self._scene.previewed.emit([*before, *self.rects(key)])

    def pixels_changed(self, key: str, shape: Annotation, rect: Rect) -> None:
        """The bitmap of a preview was painted in place within `rect` (x, y, w, h)."""
        self._shapes[key] = shape
        self.painted.setdefault(key, []).append(rect)
        self._scene.previewed.emit([rect])

    def move(self, ids: Iterable[str], dx: float, dy: float) -> None:
        """See Scene.preview_move."""
        before = self._moved_rects()
        moved = frozenset(ids) if (dx or dy) else frozenset()
        others = moved ^ self.moved
        self.moved = moved
        self.offset = (dx, dy) if moved else (0.0, 0.0)
        if others:
            self._scene.stored.emit(tuple(others), self._scene.rects(others))
        self._scene.previewed.emit([*before, *self._moved_rects()])

    def drop(self, key: str) -> None:
        """End a preview without telling."""
        self._shapes.pop(key, None)
        self._bitmaps.pop(key, None)
        self.painted.pop(key, None)
        if key in self.moved:
            self.moved -= {key}

    def forget(self) -> None:
        """End all previews without telling."""
        self._shapes.clear()
        self._bitmaps.clear()
        self.painted.clear()
        self.moved, self.offset = frozenset(), (0.0, 0.0)

    def clear(self) -> None:
        """End all previews: everything looks as it is stored."""
        ids = self.covering
        if ids:
            rects = [*self._scene.rects(ids), *self._moved_rects()]
            self.forget()
            self._scene.stored.emit(tuple(ids), rects)
            self._scene.previewed.emit(rects)

    def rects(self, key: str) -> list[Rect]:
        """Where a preview lies."""
        shape = self._shapes.get(key)
        return [bounds_of(shape)] if shape is not None else []

    def _moved_rects(self) -> list[Rect]:
        """One rect around the moved shapes as stored, and one around them as shown."""
        if not self.moved:
            return []
        packed = self._scene.packed
        slots = [packed.slots[key] for key in self.moved if key in packed.slots]
        if not slots:
            return []
        b = packed.bounds[slots]
        x0, y0 = b[:, :2].min(axis=0).tolist()
        x1, y1 = b[:, 2:].max(axis=0).tolist()
        dx, dy = self.offset
        return [(x0, y0, x1 - x0, y1 - y0), (x0 + dx, y0 + dy, x1 - x0, y1 - y0)]
