"""Where the image lies on the screen: pure arithmetic, no widget.

Screen coordinates are the widget's device-independent pixels, image coordinates the float pixels
of the canonical image. `ratio` is how many device pixels one screen pixel has (it may be 1.25).
"""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF

CLOSEST = 64.0
FURTHEST = 0.25
_STAYS = 48.0
_EMPTY = 1e-9

Rect = tuple[float, float, float, float]


class View:
    """Scale and place of an image in a viewport. `version` grows with every change.

    `scale` is screen pixels per image pixel, between a quarter of what fits (or 1:1, if that is
    less) and 64 device pixels per image pixel; (`left`, `top`) is where the image's origin lies
    on the screen.
    """

    def __init__(self) -> None:
        self.scale = 1.0
        self.left = 0.0
        self.top = 0.0
        self.width = 0
        self.height = 0
        self.viewport = (1.0, 1.0)
        self.inset = 0.0
        self.ratio = 1.0
        self.version = 0
        self.fitted = True

    @property
    def empty(self) -> bool:
        """No image is shown."""
        return self.width <= 0 or self.height <= 0

    @property
    def device_scale(self) -> float:
        """Device pixels per image pixel."""
        return self.scale * self.ratio

    def to_screen(self, x: float, y: float) -> QPointF:
        return QPointF(self.left + x * self.scale, self.top + y * self.scale)

    def to_image(self, point: QPointF) -> tuple[float, float]:
        return (point.x() - self.left) / self.scale, (point.y() - self.top) / self.scale

    def rect_to_screen(self, rect: Rect) -> Rect:
        """(x, y, w, h) of the image as (x, y, w, h) on the screen."""
        x, y, w, h = rect
        s = self.scale
        return self.left + x * s, self.top + y * s, w * s, h * s

    def rect_to_image(self, rect: Rect) -> Rect:
        """(x, y, w, h) of the screen as (x, y, w, h) of the image, not clamped to it."""
        x, y, w, h = rect
        s = self.scale
        return (x - self.left) / s, (y - self.top) / s, w / s, h / s

    def visible(self, around: float = 0.0) -> Rect:
        """The part of the image that the viewport shows, as (x, y, w, h); all 0 where none.

        `around` adds that share of the viewport on each side.
        """
        w, h = self.viewport
        wider = (-w * around, -h * around, w * (1 + 2 * around), h * (1 + 2 * around))
        x, y, w, h = self.rect_to_image(wider)
        x0, y0 = max(0.0, x), max(0.0, y)
        x1, y1 = min(float(self.width), x + w), min(float(self.height), y + h)
        if x1 <= x0 or y1 <= y0:
            return 0.0, 0.0, 0.0, 0.0
        return x0, y0, x1 - x0, y1 - y0

    def shows_all(self) -> bool:
        """Nothing of the image lies outside the viewport (half a pixel is forgiven)."""
        x, y, w, h = self.visible()
        slack = 0.5 / self.scale
        return (
            x <= slack
            and y <= slack
            and x + w >= self.width - slack
            and y + h >= self.height - slack
        )

    def limits(self) -> tuple[float, float]:
        """The least and the greatest scale; 1:1 lies between them."""
        fit = self._fitting(self.width, self.height, 0.0)
        closest = CLOSEST / self.ratio
        return min(fit * FURTHEST, 1.0 / self.ratio, closest), max(closest, fit)

    def set_image(self, width: int, height: int) -> None:
        """Another image; an image of the same size keeps its place, any other one is fitted."""
        same = (width, height) == (self.width, self.height)
        self.width, self.height = width, height
        if same and not self.fitted:
            self._changed()
        else:
            self.fit()

    def set_viewport(self, width: float, height: float, ratio: float = 1.0) -> None:
        """The widget has another size: a fitted view is fitted again, else the middle stays."""
        before = self.viewport
        if (width, height) == before and ratio == self.ratio:
            return
        self.viewport = (max(1.0, width), max(1.0, height))
        self.ratio = max(0.1, ratio)
        if self.fitted:
            self.fit()
            return
        self.left += (self.viewport[0] - before[0]) / 2
        self.top += (self.viewport[1] - before[1]) / 2
        self._keep_near()
        self._changed()

    def fit(self, margin: float = 8.0) -> None:
        """Show the whole image, `margin` screen pixels from the viewport's edges."""
        if not self.empty:
            self.fit_rect((0.0, 0.0, float(self.width), float(self.height)), margin)
        self.fitted = True

    def fit_rect(self, rect: Rect, margin: float = 8.0) -> None:
        """Show `rect` (x, y, w, h in image pixels) as large as it fits."""
        x, y, w, h = rect
        low, high = self.limits()
        self.scale = min(high, max(low, self._fitting(w, h, margin)))
        self._centre(x + w / 2, y + h / 2)

    def centre_on(self, x: float, y: float) -> None:
        """Bring an image point to the middle of the viewport."""
        self._centre(x, y)

    def one_to_one(self, anchor: QPointF | None = None) -> None:
        """One image pixel on one device pixel; `anchor` (the middle, if None) stays in place."""
        self.zoom_at(anchor or self.middle(), 1.0 / self.device_scale)
        self.left = round(self.left * self.ratio) / self.ratio
        self.top = round(self.top * self.ratio) / self.ratio
        self._changed()

    def zoom_at(self, screen: QPointF, factor: float) -> None:
        """Scale by `factor` within the limits; the image point under `screen` stays there."""
        if self.empty or factor <= 0 or not math.isfinite(factor):
            return
        low, high = self.limits()
        scale = min(high, max(low, self.scale * factor))
        if scale == self.scale:
            return
        x, y = self.to_image(screen)
        self.scale = scale
        self.left = screen.x() - x * scale
        self.top = screen.y() - y * scale
        self.fitted = False
        if not (0 <= x <= self.width and 0 <= y <= self.height):
            self._keep_near()
        self._changed()

    def pan(self, dx: float, dy: float) -> None:
        """Move the image by screen pixels, rounded to device pixels so that nothing blurs."""
        if self.empty:
            return
        self.left += round(dx * self.ratio) / self.ratio
        self.top += round(dy * self.ratio) / self.ratio
        self.fitted = False
        self._keep_near()
        self._changed()

    def middle(self) -> QPointF:
        """The middle of the viewport, on the screen."""
        return QPointF(self.viewport[0] / 2, self.viewport[1] / 2)

    def set_inset(self, inset: float) -> None:
        """How much of the viewport lies under the rulers at its top and left; fits leave it."""
        if inset != self.inset:
            self.inset = inset
            if self.fitted:
                self.fit()

    def _fitting(self, w: float, h: float, margin: float) -> float:
        room_x = max(1.0, self.viewport[0] - self.inset - 2 * margin)
        room_y = max(1.0, self.viewport[1] - self.inset - 2 * margin)
        return min(room_x / max(_EMPTY, w), room_y / max(_EMPTY, h), 1e6)

    def _centre(self, x: float, y: float) -> None:
        middle = self.middle() + QPointF(self.inset / 2, self.inset / 2)
        self.left = round((middle.x() - x * self.scale) * self.ratio) / self.ratio
        self.top = round((middle.y() - y * self.scale) * self.ratio) / self.ratio
        self.fitted = False
        self._keep_near()
        self._changed()

    def _keep_near(self) -> None:
        """Never lose the image: some of it stays in the viewport."""
        self.left = _kept(self.left, self.width * self.scale, self.viewport[0])
        self.top = _kept(self.top, self.height * self.scale, self.viewport[1])

    def _changed(self) -> None:
        self.version += 1


def _kept(start: float, length: float, room: float) -> float:
    stays = min(_STAYS, length, room)
    return min(room - stays, max(stays - length, start))
