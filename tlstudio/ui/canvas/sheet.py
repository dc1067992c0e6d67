"""An image of shapes that remembers where it lies, so that it can be shown at any later view."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF
from PySide6.QtGui import QImage, QPainter, QRegion

from tlstudio.ui.canvas.view import Rect, View

_MANY = 40
_LARGE = 5e6
_CROWDS = ((1500, 240.0), (400, 56.0))


@dataclass(frozen=True, slots=True)
class Plan:
    """Where a sheet lies: an image point p is drawn at p * scale + (left, top) on it.

    Shapes of up to `together` screen pixels are drawn together, as there are very many.
    """

    scale: float
    left: float
    top: float
    width: int
    height: int
    together: float = 0.0

    @property
    def place(self) -> tuple[float, float, float]:
        return self.scale, self.left, self.top

    def drawn(self, rect: Rect, pad: float) -> QRect:
        """(x, y, w, h) of the image as a rect of the sheet's pixels, enlarged by `pad`."""
        x, y, w, h = rect
        x0, y0 = self.left + x * self.scale - pad, self.top + y * self.scale - pad
        w, h = w * self.scale + 2 * pad, h * self.scale + 2 * pad
        whole = QRectF(x0, y0, w, h).intersected(QRectF(0, 0, self.width, self.height))
        return whole.toAlignedRect()

    def region(self, rects: Sequence[Rect], pad: float) -> QRegion:
        """Where rects of the image lie on the sheet."""
        found = QRegion()
        for rect in rects:
            found += self.drawn(rect, pad)
        return found

    def undrawn(self, rect: QRect, pad: float) -> Rect:
        """A rect of the sheet's pixels as (x, y, w, h) of the image, enlarged by `pad` pixels."""
        s = self.scale
        x, y = (rect.x() - pad - self.left) / s, (rect.y() - pad - self.top) / s
        return x, y, (rect.width() + 2 * pad) / s, (rect.height() + 2 * pad) / s

    def covers(self, rect: Rect) -> bool:
        """Whether all of `rect` (x, y, w, h of the image) is on the sheet; a pixel is forgiven."""
        x, y, w, h = rect
        s = self.scale
        return (
            self.left + x * s >= -1
            and self.top + y * s >= -1
            and self.left + (x + w) * s <= self.width + 1
            and self.top + (y + h) * s <= self.height + 1
        )

    def shift(self, other: Plan) -> tuple[int, int] | None:
        """How many whole pixels `other` lies from here; None if it has another scale or phase."""
        if abs(self.scale - other.scale) > 1e-9 * self.scale:
            return None
        dx, dy = other.left - self.left, other.top - self.top
        if abs(dx - round(dx)) > 1e-3 or abs(dy - round(dy)) > 1e-3:
            return None
        return round(dx), round(dy)


@dataclass(slots=True)
class Sheet:
    """`image` is ARGB, premultiplied, of the plan's size."""

    plan: Plan
    image: QImage

    @classmethod
    def blank(cls, plan: Plan) -> Sheet:
        image = QImage(plan.width, plan.height, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(0)
        return cls(plan, image)

    def show(self, painter: QPainter, view: View) -> None:
        """Draw the sheet where `view` has it now, in widget pixels."""
        plan = self.plan
        scale = view.scale / plan.scale
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        painter.translate(view.left - plan.left * scale, view.top - plan.top * scale)
        same = abs(scale * view.ratio - 1) < 1e-9
        factor = 1 / view.ratio if same else scale
        painter.scale(factor, factor)
        painter.drawImage(QPointF(0, 0), self.image)
        painter.restore()

    def on_screen(self, view: View) -> QRectF:
        """Where the sheet lies on the widget."""
        plan = self.plan
        scale = view.scale / plan.scale
        left, top = view.left - plan.left * scale, view.top - plan.top * scale
        return QRectF(left, top, plan.width * scale, plan.height * scale)

    def clear(self, region: QRegion) -> None:
        painter = QPainter(self.image)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Clear)
        for rect in region:  # type: ignore[attr-defined]
            painter.fillRect(rect, 0)
        painter.end()

    def take_over(self, old: Sheet) -> QRegion:
        """Copy what `old` has of this sheet's area; returns what is missing then."""
        missing = QRegion(0, 0, self.plan.width, self.plan.height)
        shift = old.plan.shift(self.plan)
        if shift is None or old.plan.together != self.plan.together:
            return missing
        painter = QPainter(self.image)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        painter.drawImage(shift[0], shift[1], old.image)
        painter.end()
        return missing - QRegion(shift[0], shift[1], old.plan.width, old.plan.height)


def margin_of(view: View) -> float:
    """How far beyond the viewport a sheet reaches, as a share of it; less on very large screens,
    where it would take too much memory."""
    pixels = view.viewport[0] * view.viewport[1] * view.ratio**2
    return 0.25 if pixels < _LARGE else 0.1


def together(shapes: int, before: float | None) -> float:
    """Up to which size in screen pixels shapes are drawn together where there are so many.

    `before` is what the sheet had that this one continues: it stays while the number is near.
    """
    if before is not None and before in (_together(0.7 * shapes), _together(1.4 * shapes)):
        return before
    return _together(shapes)


def _together(shapes: float) -> float:
    return next((size for least, size in _CROWDS if shapes > least), 0.0)


def plan_for(view: View, margin: float, pad: float, together: float) -> Plan:
    """The visible part and `margin` of the viewport on each side, but no more than the image.

    `pad` is how far shapes at the image's edge are drawn beyond it.
    """
    ratio = view.ratio
    across, down = view.viewport[0] * margin, view.viewport[1] * margin
    x0 = math.floor(max(-across * ratio, view.left * ratio - pad))
    y0 = math.floor(max(-down * ratio, view.top * ratio - pad))
    right = view.left + view.width * view.scale
    bottom = view.top + view.height * view.scale
    x1 = math.ceil(min((view.viewport[0] + across) * ratio, right * ratio + pad))
    y1 = math.ceil(min((view.viewport[1] + down) * ratio, bottom * ratio + pad))
    left, top = view.left * ratio - x0, view.top * ratio - y0
    return Plan(view.device_scale, left, top, max(1, x1 - x0), max(1, y1 - y0), together)


def few(rects: Sequence[Rect]) -> list[Rect]:
    """The rects, or one around them where they are very many."""
    if len(rects) <= _MANY:
        return list(rects)
    x, y, w, h = np.array(rects).T
    left, top = float(x.min()), float(y.min())
    return [(left, top, float((x + w).max()) - left, float((y + h).max()) - top)]
