"""All shapes at rest, drawn once into an image and shown from there.

Thousands of shapes take longer to draw than a frame may last. So they are drawn into an image
somewhat larger than the viewport, a few milliseconds at a time, while the image drawn before is
shown moved or scaled. When few shapes change, only their rects are drawn again.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from PySide6.QtCore import QObject, QPointF, QRect, QRectF, QTimer, Signal
from PySide6.QtGui import QImage, QPainter, QRegion

from tlstudio.ui.canvas.inking import Ink
from tlstudio.ui.canvas.look import HALO, Looks
from tlstudio.ui.canvas.packed import Ints
from tlstudio.ui.canvas.scene import Scene
from tlstudio.ui.canvas.view import Rect, View

SLICE = 0.006
_MARGIN = 0.25
_AT_ONCE = 150
_BATCH = 192
_TAG = 26.0


@dataclass(frozen=True, slots=True)
class Plan:
    """Where a layer lies: an image point p is drawn at p * scale + (left, top) in its image."""

    scale: float
    left: float
    top: float
    width: int
    height: int

    @property
    def place(self) -> tuple[float, float, float]:
        return self.scale, self.left, self.top

    def drawn(self, rect: Rect, pad: float) -> QRect:
        """(x, y, w, h) of the image as a rect of the layer's pixels, enlarged by `pad`."""
        x, y, w, h = rect
        x0, y0 = self.left + x * self.scale - pad, self.top + y * self.scale - pad
        w, h = w * self.scale + 2 * pad, h * self.scale + 2 * pad
        whole = QRectF(x0, y0, w, h).intersected(QRectF(0, 0, self.width, self.height))
        return whole.toAlignedRect()

    def undrawn(self, rect: QRect, pad: float) -> Rect:
        """A rect of the layer's pixels as (x, y, w, h) of the image, enlarged by `pad` pixels."""
        s = self.scale
        x, y = (rect.x() - pad - self.left) / s, (rect.y() - pad - self.top) / s
        return x, y, (rect.width() + 2 * pad) / s, (rect.height() + 2 * pad) / s


@dataclass(slots=True)
class _Job:
    """Drawing that goes on over several slices."""

    plan: Plan
    image: QImage
    slots: Ints
    region: QRegion | None
    ids: frozenset[str]
    generation: int
    done: int = 0
    seconds: float = field(default=0.0)


class ShapeLayer(QObject):
    """`updated` is sent when another image is shown. `awaiting` are shapes that were stored but
    are not in the image yet: whoever shows the layer draws them over it.
    """

    updated = Signal()

    def __init__(self, scene: Scene, view: View, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._scene = scene
        self._view = view
        self._image: QImage | None = None
        self._plan: Plan | None = None
        self._job: _Job | None = None
        self._dirty: list[Rect] = []
        self._stale = True
        self._waiting: set[str] = set()
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._work)
        self.looks = Looks(scene, 1.0)

    @property
    def awaiting(self) -> frozenset[str]:
        going = self._job.ids if self._job is not None else frozenset()
        return going | self._waiting

    @property
    def busy(self) -> bool:
        """Something is still to be drawn."""
        return self._timer.isActive()

    def forget(self) -> None:
        """Another image: show nothing until the new shapes are drawn."""
        self._image = self._plan = self._job = None
        self._dirty, self._waiting = [], set()
        self.redraw()

    def redraw(self) -> None:
        """Everything looks different; until it is drawn, the old image is shown."""
        self._stale = True
        self._job = None
        self._timer.start()

    def touch(self, ids: Sequence[str], rects: Sequence[Rect]) -> None:
        """Some stored shapes look different: draw what lies in `rects` again."""
        self._dirty.extend(rects)
        self._waiting.update(ids)
        if not self._stale and self._job is None:
            self._redraw_dirty()
        if self._dirty:
            self._timer.start()

    def moved(self) -> None:
        """The view has changed."""
        if not self._fits():
            self._timer.start()

    def draw(self, painter: QPainter) -> None:
        """Show the image where the view now is, however old it is; in widget pixels."""
        if self._image is None or self._plan is None:
            return
        view, plan = self._view, self._plan
        scale = view.scale / plan.scale
        left, top = view.left - plan.left * scale, view.top - plan.top * scale
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        if abs(scale * view.ratio - 1) < 1e-9:
            painter.translate(QPointF(left, top))
            painter.scale(1 / view.ratio, 1 / view.ratio)
        else:
            painter.translate(left, top)
            painter.scale(scale, scale)
        painter.drawImage(QPointF(0, 0), self._image)
        painter.restore()

    def finish(self) -> None:
        """Draw everything now, however long it takes."""
        while self.busy:
            self._work()

    def _pad(self) -> float:
        """How far a shape's drawing reaches beyond its bounds, in drawn pixels."""
        return (HALO + (_TAG if self._tagged() else 2.0)) * self._view.ratio

    def _tagged(self) -> bool:
        return self._scene.filters.tags == "always" or self._scene.has_suggestions

    def _fits(self) -> bool:
        """The image has the view's scale and covers what the viewport shows."""
        plan, view = self._plan, self._view
        if plan is None or abs(plan.scale - view.device_scale) > 1e-9 * plan.scale:
            return False
        wanted = plan.drawn(view.visible(), 0.0)
        seen = view.rect_to_screen(view.visible())
        return (
            wanted.width() >= math.floor(seen[2] * view.ratio) - 1
            and wanted.height() >= math.floor(seen[3] * view.ratio) - 1
        )

    def _work(self) -> None:
        """One slice."""
        if self._view.empty:
            self._timer.stop()
            return
        if self._job is None:
            self._next_job()
        if self._job is not None:
            self._advance(self._job, time.perf_counter() + SLICE)
        if self._job is None and not self._stale and not self._dirty and self._fits():
            self._timer.stop()

    def _next_job(self) -> None:
        if self._stale or not self._fits():
            self._start(self._plan_for_view(), None)
        elif self._dirty:
            self._redraw_dirty()

    def _plan_for_view(self) -> Plan:
        """The visible part with a margin around it, but nothing outside of the image."""
        view, ratio = self._view, self._view.ratio
        pad = math.ceil(self._pad())
        across, down = view.viewport[0] * _MARGIN, view.viewport[1] * _MARGIN
        x0 = max(-across, view.left) * ratio - pad
        y0 = max(-down, view.top) * ratio - pad
        x1 = min(view.viewport[0] + across, view.left + view.width * view.scale) * ratio + pad
        y1 = min(view.viewport[1] + down, view.top + view.height * view.scale) * ratio + pad
        x0, y0 = math.floor(x0), math.floor(y0)
        w, h = max(1, math.ceil(x1) - x0), max(1, math.ceil(y1) - y0)
        return Plan(view.device_scale, view.left * ratio - x0, view.top * ratio - y0, w, h)

    def _start(self, plan: Plan, region: QRegion | None) -> None:
        """Begin to draw all of `plan`, or the `region` of the image that is shown."""
        scene = self._scene
        if region is None:
            image = QImage(plan.width, plan.height, QImage.Format.Format_ARGB32_Premultiplied)
            image.fill(0)
            self._stale, self._dirty = False, []
            self.looks = Looks(scene, self._view.ratio)
        else:
            assert self._image is not None
            image = self._image.copy()
            _clear(image, region)
        slots = self._slots_in(plan, region or QRegion(0, 0, plan.width, plan.height))
        ids, self._waiting = frozenset(self._waiting), set()
        self._job = _Job(plan, image, slots, region, ids, scene.packed.generation)

    def _slots_in(self, plan: Plan, region: QRegion) -> Ints:
        """The shapes at rest that reach into a region of the layer's pixels."""
        scene, pad = self._scene, self._pad()
        slots = scene.packed.meeting([plan.undrawn(r, pad) for r in region], scene.visible_slots())
        covering = scene.previews.covering
        if covering:
            gone = [scene.packed.slots[k] for k in covering if k in scene.packed.slots]
            slots = slots[~np.isin(slots, gone)]
        return slots

    def _advance(self, job: _Job, until: float) -> None:
        """Draw until the time is up; when all is drawn, show it."""
        if job.generation != self._scene.packed.generation:
            self.redraw()
            return
        painter = QPainter(job.image)
        if job.region is not None:
            painter.setClipRegion(job.region)
        area = (0, 0, job.plan.width, job.plan.height)
        if job.region is not None:
            area = job.region.boundingRect().getRect()
        ink = Ink(self._scene, self.looks, job.plan.place, area)
        step = 24
        while job.done < len(job.slots):
            batch = job.slots[job.done : job.done + step]
            started = time.perf_counter()
            ink.slots(painter, batch[self._scene.packed.alive[batch]])
            job.done += len(batch)
            now = time.perf_counter()
            if now >= until:
                break
            # As many as fit into what is left of the slice, going by these.
            rate = len(batch) / max(1e-6, now - started)
            step = max(1, min(_BATCH, int(rate * (until - now))))
        painter.end()
        if job.done >= len(job.slots):
            self._image, self._plan, self._job = job.image, job.plan, None
            self.updated.emit()

    def _redraw_dirty(self) -> None:
        """Draw the dirty rects again: now if few shapes lie there, else in slices."""
        plan = self._plan
        rects, self._dirty = self._dirty, []
        if plan is None or self._image is None:
            self._stale = True
            return
        region = QRegion()
        for rect in rects:
            region += plan.drawn(rect, self._pad())
        slots = self._slots_in(plan, region)
        if region.isEmpty():
            self._waiting.clear()
        elif len(slots) <= _AT_ONCE:
            _clear(self._image, region)
            self._paint_now(plan, region, slots)
            self._waiting.clear()
        else:
            self._start(plan, region)
            self._timer.start()

    def _paint_now(self, plan: Plan, region: QRegion, slots: Ints) -> None:
        painter = QPainter(self._image)
        painter.setClipRegion(region)
        area = region.boundingRect().getRect()
        Ink(self._scene, self.looks, plan.place, area).slots(painter, slots)
        painter.end()
        self.updated.emit()


def _clear(image: QImage, region: QRegion) -> None:
    painter = QPainter(image)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Clear)
    for rect in region:
        painter.fillRect(rect, 0)
    painter.end()
