"""The shapes of the image that is shown: which there are, which are chosen, and what is where.

The scene holds what the store said (`load`, `replace`) and, beside it, previews: how a shape looks
while it is dragged or painted, until the store answers. It draws nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

from tlstudio.domain.annotations import Annotation, ImageLabel, Mask
from tlstudio.domain.labels import Label
from tlstudio.ui.canvas import hits
from tlstudio.ui.canvas.filters import Filters
from tlstudio.ui.canvas.hits import Handle
from tlstudio.ui.canvas.packed import MASK, Ints, Packed, bounds_of
from tlstudio.ui.canvas.previews import Previews

if TYPE_CHECKING:
    from tlstudio.services.shaping import Bitmap

Rect = tuple[float, float, float, float]
_Search = Callable[[Annotation, float, float, float], Handle | None]


class Scene(QObject):
    """Shapes by id. Signals: `changed` after shapes or looks changed, `selection_changed`, and
    `hovered` (see `hovered_id`). What is hidden, filtered or see-through is in `filters`.

    For who draws: `loaded` (all is new), `restyled` (all looks different), `stored` (ids, and the
    image rects (x, y, w, h) where they were and are), `previewed` (rects).
    """

    changed = Signal()
    selection_changed = Signal()
    hovered = Signal()
    loaded = Signal()
    restyled = Signal()
    stored = Signal(object, object)
    previewed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.packed = Packed()
        self.labels: dict[int, Label] = {}
        self.filters = Filters(self)
        self.previews = Previews(self)
        self.selected: tuple[str, ...] = ()
        self.hovered_id: str | None = None
        self.has_suggestions = False
        self._shapes: dict[str, Annotation] = {}
        self._bitmaps: dict[str, Bitmap] = {}

    def load(
        self,
        annotations: Iterable[Annotation],
        bitmaps: Mapping[str, Bitmap],
        labels: Iterable[Label] | None = None,
    ) -> None:
        """Another image: forget all, previews and the selection included."""
        shapes = list(annotations)
        self._shapes = {shape.id: shape for shape in shapes}
        self._bitmaps = dict(bitmaps)
        self.packed.load(shapes)
        self.previews.forget()
        if labels is not None:
            self.labels = {label.id: label for label in labels}
        had, self.selected, self.hovered_id = bool(self.selected), (), None
        self.has_suggestions = any(s.provenance.suggestion for s in shapes)
        self.filters.shapes_changed()
        self.loaded.emit()
        self.changed.emit()
        if had:
            self.selection_changed.emit()

    def set_labels(self, labels: Iterable[Label]) -> None:
        """Labels were added, renamed or recoloured."""
        self.labels = {label.id: label for label in labels}
        self.restyle()

    def replace(
        self,
        ids: Iterable[str],
        annotations: Iterable[Annotation],
        bitmaps: Mapping[str, Bitmap] | None = None,
    ) -> None:
        """What the store now has of `ids`: those not among `annotations` are gone.

        Only these shapes are read and drawn anew; their previews end.
        """
        fresh = list(annotations)
        touched = list(dict.fromkeys([*ids, *(shape.id for shape in fresh)]))
        rects = self.rects(touched)
        for key in touched:
            self._shapes.pop(key, None)
            self._bitmaps.pop(key, None)
            self.previews.drop(key)
        self.packed.drop(touched)
        self._shapes.update((shape.id, shape) for shape in fresh)
        self._bitmaps.update(bitmaps or {})
        if self.packed.wasteful:
            self.packed.load(self._shapes.values())
        else:
            self.packed.add([s for s in fresh if not isinstance(s, ImageLabel)])
        self.has_suggestions |= any(s.provenance.suggestion for s in fresh)
        self.filters.shapes_changed()
        self.stored.emit(touched, [*rects, *self.rects(s.id for s in fresh)])
        self.changed.emit()
        self._let_go_of_the_gone()

    def get(self, key: str) -> Annotation | None:
        """A shape as the store has it."""
        return self._shapes.get(key)

    def shown(self, key: str) -> Annotation | None:
        """A shape as it looks now: its preview, else what the store has."""
        return self.previews.get(key) or self._shapes.get(key)

    def bitmap(self, key: str) -> Bitmap | None:
        """The pixels of a mask as they look now."""
        return self.previews.bitmap(key) or self._bitmaps.get(key)

    def all(self) -> list[Annotation]:
        """Everything the store has, labels of the whole image included."""
        return list(self._shapes.values())

    def shapes(self) -> list[Annotation]:
        """Everything with a place in the image, from the lowest to the topmost."""
        ids = self.packed.ids
        return [self._shapes[ids[slot]] for slot in self.packed.order.tolist()]

    def bounds(self, ids: Iterable[str]) -> Rect | None:
        """The rect (x, y, w, h) around shapes as they look now; None where there are none."""
        shapes = (s for s in map(self.shown, ids) if s and not isinstance(s, ImageLabel))
        rects = [self.rect_of(shape) for shape in shapes]
        if not rects:
            return None
        x0, y0 = min(r[0] for r in rects), min(r[1] for r in rects)
        x1, y1 = max(r[0] + r[2] for r in rects), max(r[1] + r[3] for r in rects)
        return x0, y0, x1 - x0, y1 - y0

    def rect_of(self, shape: Annotation) -> Rect:
        """(x, y, w, h) of a shape, which need not be stored."""
        slot = self.packed.slots.get(shape.id)
        if slot is None or self._shapes.get(shape.id) is not shape:
            return bounds_of(shape)
        x0, y0, x1, y1 = self.packed.bounds[slot].tolist()
        return x0, y0, x1 - x0, y1 - y0

    def locked(self, key: str) -> bool:
        """Whether a shape is locked: it is seen but neither chosen by a click nor changed."""
        shape = self._shapes.get(key)
        return shape is not None and bool(shape.attributes.get("locked"))

    def visible(self, key: str) -> bool:
        """Whether a shape is drawn at all."""
        slot = self.packed.slots.get(key)
        return slot is not None and bool(self.filters.mask[slot])

    def visible_slots(self) -> Ints:
        """Slots of the shapes that are drawn, from the lowest to the topmost."""
        order = self.packed.order
        return order[self.filters.mask[order]]

    def select(self, ids: Iterable[str], add: bool = False, toggle: bool = False) -> None:
        """Choose shapes, in this order; `add` to those chosen, or `toggle` each of them."""
        wanted = [key for key in dict.fromkeys(ids) if key in self.packed.slots]
        now: Sequence[str] = wanted
        if toggle:
            both = set(wanted) & set(self.selected)
            now = [k for k in [*self.selected, *wanted] if k not in both]
        elif add:
            now = [*self.selected, *(k for k in wanted if k not in set(self.selected))]
        self._set_selected(tuple(now))

    def hover(self, key: str | None) -> None:
        """The pointer is over a shape, or over none."""
        if key == self.hovered_id:
            return
        self.hovered_id = key
        self.hovered.emit()

    def preview(self, key: str, shape: Annotation | None, bitmap: Bitmap | None = None) -> None:
        """Show `shape` in place of the one with that id until it is replaced; None ends it.

        An id that the store does not have shows a shape that is still to be stored.
        """
        self.previews.set(key, shape, bitmap)

    def preview_move(self, ids: Iterable[str], dx: float, dy: float) -> None:
        """Show shapes of any kind moved by image pixels; (0, 0) ends it. Quick for thousands."""
        self.previews.move(ids, dx, dy)

    def at(self, x: float, y: float, tolerance: float) -> list[str]:
        """Shapes at an image point, best first: inside of them, or `tolerance` near an outline.

        Unlocked ones come before locked ones. Then a clearly smaller shape comes before a larger
        one, as it could not be reached otherwise; of shapes of like size (within a factor of 4 in
        area) the topmost comes first.
        """
        near = (x - tolerance, y - tolerance, 2 * tolerance, 2 * tolerance)
        found: list[tuple[bool, int, int, str]] = []
        candidates = self.packed.touching(near, self.visible_slots()).tolist()
        for height, slot in enumerate(candidates):
            key = self.packed.ids[slot]
            if self._hit(key, slot, x, y, tolerance):
                x0, y0, x1, y1 = self.packed.bounds[slot].tolist()
                size = int(math.log(max(1.0, (x1 - x0) * (y1 - y0)), 4))
                found.append((self.locked(key), size, -height, key))
        return [key for *_, key in sorted(found)]

    def inside(self, rect: Rect) -> list[str]:
        """Visible, unlocked shapes that lie wholly within `rect` (x, y, w, h), lowest first."""
        x, y, w, h = rect
        slots = self.visible_slots()
        b = self.packed.bounds[slots]
        within = (b[:, 0] >= x) & (b[:, 1] >= y) & (b[:, 2] <= x + w) & (b[:, 3] <= y + h)
        keys = (self.packed.ids[slot] for slot in slots[within].tolist())
        return [key for key in keys if not self.locked(key)]

    def vertex_at(self, x: float, y: float, tolerance: float) -> Handle | None:
        """The nearest vertex of a selected polygon, or handle of a selected box."""
        return self._handle(hits.vertex_near, x, y, tolerance)

    def edge_at(self, x: float, y: float, tolerance: float) -> Handle | None:
        """The nearest edge of a selected polygon."""
        return self._handle(hits.edge_near, x, y, tolerance)

    def rects(self, ids: Iterable[str]) -> list[Rect]:
        """Where shapes lie, as stored and as previewed."""
        found: list[Rect] = []
        for key in ids:
            slot = self.packed.slots.get(key)
            if slot is not None:
                x0, y0, x1, y1 = self.packed.bounds[slot].tolist()
                found.append((x0, y0, x1 - x0, y1 - y0))
            found.extend(self.previews.rects(key))
        return found

    def restyle(self) -> None:
        """Say that everything looks different."""
        self.restyled.emit()
        self.changed.emit()

    def _hit(self, key: str, slot: int, x: float, y: float, tolerance: float) -> bool:
        if self.packed.kind[slot] == MASK:
            return self._mask_hit(key, x, y)
        rings = self.packed.outline(slot)
        return hits.inside(rings, x, y) or hits.near(rings, x, y, tolerance)

    def _mask_hit(self, key: str, x: float, y: float) -> bool:
        shape, bitmap = self._shapes[key], self.bitmap(key)
        assert isinstance(shape, Mask)
        if bitmap is None:
            return shape.x <= x < shape.x + shape.w and shape.y <= y < shape.y + shape.h
        within = 0 <= x < bitmap.width and 0 <= y < bitmap.height
        return within and bool(bitmap.at(int(x), int(y)))

    def _handle(self, search: _Search, x: float, y: float, tolerance: float) -> Handle | None:
        best, least = None, math.inf
        for key in self._reachable(x, y, tolerance):
            shape = self.shown(key)
            handle = search(shape, x, y, tolerance) if shape is not None else None
            if handle is not None:
                distance = math.hypot(handle.x - x, handle.y - y)
                if distance < least:
                    best, least = handle, distance
        return best

    def _reachable(self, x: float, y: float, tolerance: float) -> list[str]:
        """Selected, unlocked, visible shapes whose bounds are near a point."""
        keys = [k for k in self.selected if k in self.packed.slots]
        if not keys:
            return []
        slots = np.fromiter((self.packed.slots[k] for k in keys), np.int64, len(keys))
        near = (x - tolerance, y - tolerance, 2 * tolerance, 2 * tolerance)
        close = self.packed.touching(near, slots)
        found = [self.packed.ids[slot] for slot in close.tolist()]
        found += [k for k in self.previews.ids if k in set(keys) and k not in found]
        return [k for k in found if self.visible(k) and not self.locked(k)]

    def _set_selected(self, ids: tuple[str, ...]) -> None:
        if ids != self.selected:
            self.selected = ids
            self.selection_changed.emit()

    def _let_go_of_the_gone(self) -> None:
        self._set_selected(tuple(k for k in self.selected if k in self.packed.slots))
        if self.hovered_id is not None and self.hovered_id not in self.packed.slots:
            self.hover(None)
