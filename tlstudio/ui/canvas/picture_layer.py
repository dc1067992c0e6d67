"""The picture under the shapes: one rendered frame, kept until the view or the display changes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from tlstudio.ui.canvas.view import View

if TYPE_CHECKING:
    from tlstudio.services.pictures import Adjust, Picture

THUMB = 150
_LARGE = 4e6
_GRID_DARK, _GRID_LIGHT = QColor(0, 0, 0, 56), QColor(255, 255, 255, 56)


class PictureLayer:
    """Shows `picture` through `adjust` where the view puts it."""

    def __init__(self, view: View) -> None:
        self._view = view
        self.picture: Picture | None = None
        self.adjust: Adjust | None = None
        self._frame: QImage | None = None
        self._at = QRectF()
        self._key: tuple[Any, ...] = ()
        self._thumb: QImage | None = None
        self._thumb_key: tuple[Any, ...] = ()
        self._generation = 0
        self._rough = False

    def show(self, picture: Picture | None) -> None:
        self.picture = picture
        self._generation += 1
        if picture is None:
            self._frame = self._thumb = None

    def set_adjust(self, adjust: Adjust) -> None:
        self.adjust = adjust
        self._generation += 1

    def set_rough(self, on: bool) -> bool:
        """Draw at half the resolution, for a view in motion; true where that changes anything.

        Only very large screens need it: there a sharp frame takes longer than a frame may.
        """
        w, h = self._view.viewport
        on = on and w * h * self._view.ratio**2 > _LARGE
        changed = on != self._rough
        self._rough = on
        return changed

    def draw(self, painter: QPainter) -> None:
        """Draw the visible part, in widget pixels."""
        frame = self.frame()
        if frame is None:
            return
        ratio = self._view.ratio
        painter.save()
        painter.scale(1 / ratio, 1 / ratio)
        if self._rough:
            painter.drawImage(self._at, frame)
        else:
            painter.drawImage(self._at.topLeft(), frame)
        painter.restore()

    def frame(self) -> QImage | None:
        """The visible part at device pixels; None where there is nothing to show."""
        key = (self._view.version, self._generation, self._view.ratio, self._rough)
        if self._frame is None or key != self._key:
            self._frame, self._key = self._rendered(), key
        return self._frame

    def thumb(self) -> QImage | None:
        """The whole picture, THUMB pixels long at its longer side (device-independent)."""
        view = self._view
        if self.picture is None or view.empty:
            return None
        key = (self._generation, view.ratio)
        if self._thumb is None or key != self._thumb_key:
            side = THUMB * view.ratio / max(view.width, view.height)
            size = (max(1, round(view.width * side)), max(1, round(view.height * side)))
            whole = (0.0, 0.0, float(view.width), float(view.height))
            self._thumb, self._thumb_key = self._image(whole, size), key
        return self._thumb

    def _rendered(self) -> QImage | None:
        """Whole device pixels only, so that image pixels keep their places while panning."""
        view = self._view
        if self.picture is None or view.empty:
            return None
        scale, left, top = view.device_scale, view.left * view.ratio, view.top * view.ratio
        width, height = (math.ceil(side * view.ratio) for side in view.viewport)
        x0, x1 = max(0, round(left)), min(width, round(left + view.width * scale))
        y0, y1 = max(0, round(top)), min(height, round(top + view.height * scale))
        if x1 <= x0 or y1 <= y0:
            return None
        self._at = QRectF(x0, y0, x1 - x0, y1 - y0)
        ix0, ix1 = max(0.0, (x0 - left) / scale), min(float(view.width), (x1 - left) / scale)
        iy0, iy1 = max(0.0, (y0 - top) / scale), min(float(view.height), (y1 - top) / scale)
        part = 2 if self._rough else 1
        size = (max(1, (x1 - x0) // part), max(1, (y1 - y0) // part))
        return self._image((ix0, iy0, ix1 - ix0, iy1 - iy0), size)

    def _image(self, rect: tuple[float, float, float, float], size: tuple[int, int]) -> QImage:
        from tlstudio.services.pictures import Adjust, render

        assert self.picture is not None
        return to_image(render(self.picture, rect, size, self.adjust or Adjust()))


def to_image(pixels: NDArray[np.uint8]) -> QImage:
    """uint8 [h, w] or [h, w, 3] as an image of its own memory, quick to draw."""
    pixels = np.ascontiguousarray(pixels)
    h, w = pixels.shape[:2]
    grey = pixels.ndim == 2
    kind = QImage.Format.Format_Grayscale8 if grey else QImage.Format.Format_RGB888
    image = QImage(pixels.data, w, h, w * (1 if grey else 3), kind)
    return image.convertToFormat(QImage.Format.Format_RGB32)


def draw_grid(painter: QPainter, view: View) -> None:
    """Lines between image pixels, once these are large enough to be told apart."""
    if view.scale < 16 or view.empty:
        return
    x, y, w, h = view.visible()
    left, top, width, height = view.rect_to_screen((x, y, w, h))
    thin = 1 / view.ratio
    for colour, nudge in ((_GRID_DARK, 0.0), (_GRID_LIGHT, thin)):
        for column in range(math.ceil(x), math.floor(x + w) + 1):
            at = view.left + column * view.scale + nudge
            painter.fillRect(QRectF(at, top, thin, height), colour)
        for row in range(math.ceil(y), math.floor(y + h) + 1):
            at = view.top + row * view.scale + nudge
            painter.fillRect(QRectF(left, at, width, thin), colour)


def frame_of(view: View, thumb: QRectF) -> QRectF:
    """Where the viewport lies in a thumbnail of the whole image."""
    x, y, w, h = view.visible()
    across, down = thumb.width() / view.width, thumb.height() / view.height
    return QRectF(thumb.x() + x * across, thumb.y() + y * down, w * across, h * down)
