"""All shapes at rest, drawn once onto a sheet and shown from there.

Thousands of shapes take longer to draw than a frame may last. So they are drawn onto a sheet
somewhat larger than the viewport, a few milliseconds at a time, while the sheet drawn before is
shown moved or scaled. When few shapes change, only their rects are drawn again.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QPainter, QRegion

from tlstudio.ui.canvas.inking import Ink
from tlstudio.ui.canvas.look import HALO, Looks
from tlstudio.ui.canvas.packed import Ints
from tlstudio.ui.canvas.scene import Scene
from tlstudio.ui.canvas.sheet import Plan, Sheet, few, margin_of, plan_for, together
from tlstudio.ui.canvas.view import Rect, View

SLICE = 0.006
_PAUSE = 40
_FIRST = 0.02
_EASE = 0.3
_AT_ONCE = 150
_BATCH = 384
_TAG = 26.0


@dataclass(slots=True)
class _Job:
    """Drawing that goes on over several slices: regions of a sheet, each with the shapes that
    reach into it; what the viewport shows comes first. `done` shapes of the first are drawn."""

    sheet: Sheet
    parts: list[tuple[QRegion, Ints]]
    ids: frozenset[str]
    generation: int
    done: int = 0
    slices: int = 0


class ShapeLayer(QObject):
    """`updated` is sent when something else is to be seen. `awaiting` are shapes that were stored
    but are not on the sheet yet: whoever shows the layer draws them over it.
    """

    updated = Signal()

    def __init__(self, scene: Scene, view: View, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._scene = scene
        self._view = view
        self._sheet: Sheet | None = None
        self._whole: Sheet | None = None
        self._job: _Job | None = None
        self._dirty: list[Rect] = []
        self._stale = True
        self._waiting: set[str] = set()
        self._quick = False
        self._timer = QTimer(self)
        self._timer.timeout.connect(lambda: self._work())
        self.looks = Looks(scene, 1.0)

    @property
    def awaiting(self) -> frozenset[str]:
        job = self._job
        going = job.ids if job is not None and job.sheet is not self._sheet else frozenset()
        return going | self._waiting

    @property
    def together(self) -> float:
        """See Plan."""
        return self._sheet.plan.together if self._sheet is not None else 0.0

    @property
    def busy(self) -> bool:
        """Something is still to be drawn."""
        return self._timer.isActive()

    def forget(self) -> None:
        """Another image: show nothing until the new shapes are drawn."""
        self._sheet = None
        self._waiting = set()
        self.redraw()

    def redraw(self) -> None:
        """Everything looks different; until it is drawn, the old sheet is shown."""
        self._stale = True
        self._whole = self._job = None
        self._dirty = []
        self._timer.start(0)

    def touch(self, ids: Sequence[str], rects: Sequence[Rect]) -> None:
        """Some stored shapes look different: draw what lies in `rects` again.

        Whoever calls paints these rects; `updated` is sent only for what is drawn later.
        """
        self._dirty.extend(few(rects))
        self._waiting.update(ids)
        if not self._stale and self._job is None:
            self._redraw_dirty()
        if self._dirty:
            self._timer.start(0)

    def moved(self) -> None:
        """The view has changed."""
        job = self._job
        if job is not None and len(job.parts) > 1 and not self._scaled(job.sheet.plan):
            self._waiting |= job.ids
            self._job, self._stale = None, True
        if self._sheet is not None and not self._quick and not self._scaled(self._sheet.plan):
            self._timer.start(_PAUSE)  # what is begun in mid-zoom is never finished
        elif not self._fits():
            self._timer.start(0)

    def draw(self, painter: QPainter) -> None:
        """Show what there is where the view now is, in widget pixels.

        Where a whole sheet takes no longer than a slice it is drawn first, so that shapes are
        always sharp and never late.
        """
        if self._timer.isActive() and (self._sheet is None or self._quick):
            self._work(SLICE if self._sheet is not None else _FIRST)
        view, sheet, whole = self._view, self._sheet, self._whole
        if sheet is None:
            return
        if whole is not None and not sheet.plan.covers(view.visible()):
            painter.save()
            beyond = QRegion(painter.window()) - QRegion(sheet.on_screen(view).toRect())
            painter.setClipRegion(beyond)
            whole.show(painter, view)
            painter.restore()
        sheet.show(painter, view)

    def finish(self) -> None:
        """Draw everything now, however long it takes."""
        while self.busy:
            self._work()

    def _pad(self) -> float:
        """How far a shape's drawing reaches beyond its bounds, in drawn pixels."""
        tagged = self._scene.filters.tags == "always" or self._scene.has_suggestions
        return float(round((HALO + (_TAG if tagged else 2.0)) * self._view.ratio))

    def _scaled(self, plan: Plan) -> bool:
        """Whether a plan has the view's scale."""
        return abs(plan.scale - self._view.device_scale) <= 1e-9 * plan.scale

    def _fits(self) -> bool:
        """The sheet has the view's scale and covers what the viewport shows and a little more."""
        if self._sheet is None or not self._scaled(self._sheet.plan):
            return False
        around = _EASE * margin_of(self._view)
        return self._sheet.plan.covers(self._view.visible(around))

    def _work(self, seconds: float = SLICE) -> None:
        """One slice."""
        self._timer.setInterval(0)
        if self._view.empty:
            self._timer.stop()
            return
        if self._job is None:
            if self._stale or not self._fits():
                self._start_sheet()
            elif self._dirty:
                self._redraw_dirty()
                self.updated.emit()
        if self._job is not None:
            self._advance(self._job, time.perf_counter() + seconds)
        if self._job is None and not self._stale and not self._dirty and self._fits():
            self._timer.stop()

    def _start_sheet(self) -> None:
        """Begin a sheet for the view as it is, with what can be taken over from the old one."""
        view, pad = self._view, self._pad()
        margin, old = margin_of(view), self._sheet
        area = view.visible(margin)
        number = len(self._scene.packed.touching(area, self._scene.visible_slots()))
        before = old.plan.together if old is not None and self._scaled(old.plan) else None
        plan = plan_for(view, margin, pad, together(number, before))
        sheet = Sheet.blank(plan)
        missing = QRegion(sheet.image.rect())
        if self._stale or self._sheet is None or self.looks.ratio != view.ratio:
            self._dirty = []
            self.looks = Looks(self._scene, view.ratio)
        else:
            missing = sheet.take_over(self._sheet)
            missing += plan.region(self._dirty, pad)
            sheet.clear(missing)
            self._dirty = []
        self._stale = False
        self._begin(sheet, missing)

    def _begin(self, sheet: Sheet, region: QRegion) -> None:
        """Draw what lies in a region of a sheet: the visible part first, then the rest."""
        seen = region & QRegion(sheet.plan.drawn(self._view.visible(), self._pad()))
        parts = [(part, self._slots_in(sheet.plan, part)) for part in (seen, region - seen)]
        ids, self._waiting = frozenset(self._waiting), set()
        self._job = _Job(sheet, parts, ids, self._scene.packed.generation)

    def _slots_in(self, plan: Plan, region: QRegion) -> Ints:
        """The shapes at rest that reach into a region of a sheet."""
        scene, pad = self._scene, self._pad()
        rects = [plan.undrawn(rect, pad) for rect in region]  # type: ignore[attr-defined]
        slots = scene.packed.meeting(rects, scene.visible_slots())
        covering = scene.previews.covering
        if covering:
            gone = [scene.packed.slots[k] for k in covering if k in scene.packed.slots]
            slots = slots[~np.isin(slots, gone)]
        return slots

    def _advance(self, job: _Job, until: float) -> None:
        """Draw until the time is up; show the sheet once the visible part is drawn."""
        if job.generation != self._scene.packed.generation:
            self.redraw()
            return
        job.slices += 1
        self._quick &= job.slices == 1
        before = len(job.parts)
        painter = QPainter(job.sheet.image)
        while job.parts and self._draw_part(painter, job, until):
            job.parts.pop(0)
            job.done = 0
            self._sheet = job.sheet
        painter.end()
        if not job.parts:
            self._finished(job)
        elif len(job.parts) < before:
            self.updated.emit()

    def _draw_part(self, painter: QPainter, job: _Job, until: float) -> bool:
        """Draw the job's first part; false where the time is up before it is done."""
        region, slots = job.parts[0]
        painter.setClipRegion(region)
        ink = self._ink(job.sheet.plan, region)
        step = 24
        while job.done < len(slots):
            started = time.perf_counter()
            if started >= until:
                return False
            batch = slots[job.done : job.done + step]
            ink.slots(painter, batch[self._scene.packed.alive[batch]])
            job.done += len(batch)
            # As many as fit into what is left of the slice, going by these.
            now = time.perf_counter()
            rate = len(batch) / max(1e-6, now - started)
            step = max(1, min(_BATCH, int(rate * (until - now))))
        return True

    def _finished(self, job: _Job) -> None:
        self._job = None
        self._quick = job.slices == 1
        view = self._view
        if job.sheet.plan.covers((0.0, 0.0, float(view.width), float(view.height))):
            self._whole = job.sheet
        self.updated.emit()

    def _ink(self, plan: Plan, region: QRegion) -> Ink:
        rect = region.boundingRect()
        area = (rect.x(), rect.y(), rect.width(), rect.height())
        return Ink(self._scene, self.looks, plan.place, area, together=plan.together)

    def _redraw_dirty(self) -> None:
        """Draw the dirty rects again: now if few shapes lie there, else in slices."""
        rects, self._dirty = self._dirty, []
        if self._sheet is None:
            self._stale = True
            return
        if self._whole is not None and self._whole is not self._sheet:
            self._patch(self._whole, rects)
        if self._patch(self._sheet, rects):
            self._waiting.clear()
            return
        region = self._sheet.plan.region(rects, self._pad())
        sheet = Sheet(self._sheet.plan, self._sheet.image.copy())
        sheet.clear(region)
        self._begin(sheet, region)
        self._timer.start(0)

    def _patch(self, sheet: Sheet, rects: Sequence[Rect]) -> bool:
        """Draw rects of a sheet again at once; false where too many shapes lie there."""
        region = sheet.plan.region(rects, self._pad())
        if region.isEmpty():
            return True
        slots = self._slots_in(sheet.plan, region)
        if len(slots) > _AT_ONCE:
            if sheet is self._whole and sheet is not self._sheet:
                self._whole = None
            return False
        sheet.clear(region)
        painter = QPainter(sheet.image)
        painter.setClipRegion(region)
        self._ink(sheet.plan, region).slots(painter, slots)
        painter.end()
        return True
