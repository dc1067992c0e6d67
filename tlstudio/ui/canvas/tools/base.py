"""What the tools share: reach on the screen, words, lines that show on any image, edge panning."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QPainterPath, QPen

from tlstudio.domain.annotations import Annotation, ImageLabel, Polygon
from tlstudio.ui.canvas.look import contrast_to
from tlstudio.ui.words import say, tr

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter

    from tlstudio.services.pictures import Picture
    from tlstudio.ui.canvas.canvas import Canvas
    from tlstudio.ui.canvas.scene import Scene
    from tlstudio.ui.canvas.tool import Pointer
    from tlstudio.ui.canvas.view import Rect, View

SLOP = 4.0  # screen pixels: whoever moves less has clicked
REACH = 8.0  # screen pixels within which a vertex or an edge is meant

_DARK = QColor(0, 0, 0, 190)
_LIGHT = QColor("#FFFFFF")
_LINE = QColor("#8AB8FF")


def apart(first: QPointF, second: QPointF) -> float:
    """Distance on the screen."""
    return math.hypot(first.x() - second.x(), first.y() - second.y())


def current_label(canvas: Canvas) -> int | None:
    """The label new shapes get; says what to do where none is chosen."""
    if canvas.label_id is None:
        canvas.say(tr("Choose a label first: press its key or click it."))
    return canvas.label_id


def full_picture(canvas: Canvas) -> Picture | None:
    """The picture with all its pixels; says so while it is still loading."""
    picture = canvas.picture
    if picture is None or picture.preview:
        canvas.say(tr("The image is still loading."))
        return None
    return picture


def refuse(canvas: Canvas, code: str) -> None:
    """Say why a shape is not taken; `code` is one of domain.shapes."""
    canvas.say(say(code, {}))


def locked_word() -> str:
    return tr("This shape is locked. Unlock it to change it.")


def path_of(points: list[QPointF], *, closed: bool = False) -> QPainterPath:
    path = QPainterPath()
    for number, point in enumerate(points):
        if number:
            path.lineTo(point)
        else:
            path.moveTo(point)
    if closed and points:
        path.closeSubpath()
    return path


def bounds_around(scene: Scene, ids: Sequence[str]) -> list[Rect]:
    """The rect (x, y, w, h) around shapes as they look now, for thousands too; none for none."""
    looks = set(scene.previews.ids)
    found = [rect for key in ids if key in looks and (rect := scene.bounds((key,))) is not None]
    slots = [scene.packed.slots[k] for k in ids if k in scene.packed.slots and k not in looks]
    if slots:
        b = scene.packed.bounds[slots]
        (x0, y0), (x1, y1) = b[:, :2].min(axis=0).tolist(), b[:, 2:].max(axis=0).tolist()
        found.append((x0, y0, x1 - x0, y1 - y0))
    return found


def outline_of(view: View, shape: Annotation, dx: float = 0.0, dy: float = 0.0) -> QPainterPath:
    """A shape's outline on the screen, moved by image pixels; of a mask its bounds."""
    path = QPainterPath()
    if isinstance(shape, Polygon):
        for part in shape.parts:
            for ring in part:
                path.addPath(
                    path_of([view.to_screen(x + dx, y + dy) for x, y in ring], closed=True)
                )
    elif not isinstance(shape, ImageLabel):
        rect = (shape.x + dx, shape.y + dy, float(shape.w), float(shape.h))
        path.addRect(QRectF(*view.rect_to_screen(rect)))
    return path


def stroke(
    painter: QPainter, path: QPainterPath, colour: QColor | None = None, *, dashed: bool = False
) -> None:
    """A line in `colour` (a light blue, if None) with a rim that makes it show on any image."""
    colour = colour or _LINE
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(contrast_to(colour), 4.0))
    painter.drawPath(path)
    pen = QPen(colour, 1.75)
    if dashed:
        pen.setDashPattern([4, 3])
    painter.setPen(pen)
    painter.drawPath(path)


def label_colour(canvas: Canvas, label: int | None) -> QColor | None:
    """The colour of a label, for what is drawn with it."""
    known = canvas.scene.labels.get(label) if label is not None else None
    return QColor(known.colour) if known is not None else None


def dots(painter: QPainter, points: list[QPointF], colour: QColor | None = None) -> None:
    """Small squares at vertices."""
    painter.setPen(QPen(_DARK, 1))
    painter.setBrush(colour or _LIGHT)
    for point in points:
        painter.drawRect(QRectF(point.x() - 3, point.y() - 3, 6, 6))


def tag(painter: QPainter, text: str, near: QPointF, view: View) -> None:
    """Words on a dark ground beside a point, moved so that they stay in the viewport."""
    metrics = painter.fontMetrics()
    width, height = metrics.horizontalAdvance(text) + 12, metrics.height() + 6
    x = min(near.x() + 14, view.viewport[0] - width - 4)
    y = min(near.y() + 14, view.viewport[1] - height - 4)
    ground = QRectF(max(4.0, x), max(4.0, y), width, height)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_DARK)
    painter.drawRoundedRect(ground, 4, 4)
    painter.setPen(_LIGHT)
    painter.drawText(ground, Qt.AlignmentFlag.AlignCenter, text)


class EdgePan:
    """Pans while the pointer rests near the border of the view with work unfinished.

    `again` is called with the pointer at its place on the screen and the image point that has
    come under it. Panning starts after a short rest, so that crossing the border does nothing.
    """

    ZONE = 20.0
    REST = 12  # ticks of 16 ms
    FASTEST = 16.0

    def __init__(self, canvas: Canvas, again: Callable[[Pointer], None]) -> None:
        self._canvas = canvas
        self._again = again
        self._at: Pointer | None = None
        self._rested = 0
        self._timer = QTimer(canvas)
        self._timer.setInterval(16)
        self._timer.timeout.connect(self._tick)

    def track(self, at: Pointer) -> None:
        """The pointer is here now."""
        self._at = at
        if self._speed(at) == (0.0, 0.0):
            self.stop()
        elif not self._timer.isActive():
            self._rested = 0
            self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    def _speed(self, at: Pointer) -> tuple[float, float]:
        width, height = self._canvas.view.viewport
        return self._along(at.screen.x(), width), self._along(at.screen.y(), height)

    def _along(self, place: float, length: float) -> float:
        if place < self.ZONE:
            return min(self.FASTEST, (self.ZONE - place) / 2)
        if place > length - self.ZONE:
            return -min(self.FASTEST, (place - length + self.ZONE) / 2)
        return 0.0

    def _tick(self) -> None:
        at = self._at
        pressed = at is not None and at.button != Qt.MouseButton.NoButton
        if at is None or not (pressed or self._canvas.underMouse()):
            self.stop()
            return
        self._rested += 1
        if self._rested < self.REST:
            return
        view = self._canvas.view
        before = view.left, view.top
        self._canvas.pan(*self._speed(at))
        if (view.left, view.top) == before:
            return
        x, y = view.to_image(at.screen)
        self._at = replace(at, x=x, y=y)
        self._again(self._at)
