"""Outlines of shapes ready to lay over thumbnails: read and drawn off the UI thread."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

from tlstudio.domain.changes import Changes
from tlstudio.ui.lazy import service

if TYPE_CHECKING:
    from tlstudio.domain.marks import ShapeMark
    from tlstudio.ui.context import Context

_MOST_BYTES = 64 * 1024 * 1024
_BATCH = 16
_SHADE = QColor(0, 0, 0, 150)

Wish = tuple[int, QSize]
_Drawn = list[tuple[int, QImage | None]]


class Overlays(QObject):
    """One transparent picture of outlines for each image, as large as its thumbnail.

    `arrived` is sent with the images whose outlines are there or new, None for all of them. An
    image without shapes has none.
    """

    arrived = Signal(object)

    def __init__(self, context: Context, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._project = context.project
        self._on = True
        self._pixmaps: OrderedDict[int, QPixmap | None] = OrderedDict()
        self._sizes: dict[int, QSize] = {}
        self._wanted: list[Wish] = []
        self._colours: dict[int, str] = {}
        self._busy = False
        self._bytes = 0
        context.changes.changed.connect(self._changed)
        context.labels.changed.connect(self._recolour)
        self._recolour()

    @property
    def on(self) -> bool:
        return self._on

    def set_on(self, on: bool) -> None:
        """Show outlines, or leave the thumbnails bare."""
        self._on = on
        self._wanted = []
        self.arrived.emit(None)

    def get(self, image: int) -> QPixmap | None:
        """The outlines of an image, perhaps as they were before an edit that is not read yet."""
        if not self._on:
            return None
        found = self._pixmaps.get(image)
        if found is not None:
            self._pixmaps.move_to_end(image)
        return found

    def kept(self) -> frozenset[int]:
        """The images whose outlines are ready."""
        return frozenset(image for image, made in self._pixmaps.items() if made is not None)

    def want(self, wishes: Iterable[Wish]) -> None:
        """Make these, each in device pixels; earlier wishes that are not among them are dropped."""
        if self._on:
            self._wanted = [wish for wish in wishes if self._sizes.get(wish[0]) != wish[1]]
            self._next()

    def _next(self) -> None:
        if self._busy or not self._wanted:
            return
        batch, self._wanted = self._wanted[:_BATCH], self._wanted[_BATCH:]
        self._busy = True
        self._sizes.update(batch)  # an edit that comes meanwhile takes them out again
        self._context.ops.run(
            _draw,
            self._project,
            batch,
            dict(self._colours),
            on_done=self._keep,
            on_error=self._failed,
            owner=self,
        )

    def _failed(self, error: BaseException) -> None:
        self._busy = False
        self._context.show_error(error)

    def _keep(self, drawn: _Drawn) -> None:
        self._busy = False
        for image, made in drawn:
            self._drop(image)
            self._pixmaps[image] = None if made is None else QPixmap.fromImage(made)
            self._bytes += _size(self._pixmaps[image])
        while self._bytes > _MOST_BYTES:
            image = next(iter(self._pixmaps))
            self._drop(image)
            self._sizes.pop(image, None)
        self.arrived.emit([image for image, _made in drawn])
        self._next()

    def _drop(self, image: int) -> None:
        self._bytes -= _size(self._pixmaps.pop(image, None))

    def _changed(self, changes: Changes) -> None:
        if changes.everything:
            self._sizes.clear()
        for image in changes.images:
            self._sizes.pop(image, None)

    def _recolour(self) -> None:
        colours = {made.id: made.colour for made in self._context.labels.all()}
        if colours != self._colours:
            self._colours = colours
            self._sizes.clear()
            self.arrived.emit(None)


def _ring(mark: ShapeMark, size: QSize) -> QPolygonF:
    """The mark in pixels; the sides of a box run along pixels, so that they are sharp."""
    points = ((x * (size.width() - 1), y * (size.height() - 1)) for x, y in mark.points)
    if mark.kind == "box":
        points = ((round(x), round(y)) for x, y in points)
    return QPolygonF([QPointF(x + 0.5, y + 0.5) for x, y in points])


def outlined(picture: QPixmap, outlines: QPixmap | None) -> QPixmap:
    """A thumbnail with outlines laid over it."""
    if outlines is None:
        return picture
    made = picture.copy()
    painter = QPainter(made)
    painter.drawPixmap(made.rect(), outlines)
    painter.end()
    return made


def _size(pixmap: QPixmap | None) -> int:
    return 0 if pixmap is None else pixmap.width() * pixmap.height() * 4


def _draw(project: object, wishes: list[Wish], colours: Mapping[int, str]) -> _Drawn:
    """Draw on a thread: QImage only, no QPixmap away from the UI thread."""
    found: dict[int, list[ShapeMark]] = service("images", "shape_marks")(
        project, [image for image, _size in wishes]
    )
    drawn: _Drawn = []
    for image, size in wishes:
        time.sleep(0)  # lets the UI thread have the interpreter between two pictures
        marks = found.get(image)
        drawn.append((image, outlines(marks, size, colours) if marks else None))
    return drawn


def outlines(marks: list[ShapeMark], size: QSize, colours: Mapping[int, str]) -> QImage:
    """The marks in the colours of their labels: accepted ones solid, suggestions dashed.

    A dark line beneath lets them show on any tissue.
    """
    made = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
    made.fill(Qt.GlobalColor.transparent)
    width = max(1.25, min(2.5, max(size.width(), size.height()) / 130))
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paths: dict[tuple[int, bool], QPainterPath] = {}
    for mark in marks:
        path = paths.setdefault((mark.label, mark.suggestion), QPainterPath())
        path.addPolygon(_ring(mark, size))
        path.closeSubpath()
    for path in paths.values():
        painter.strokePath(path, QPen(_SHADE, width + 1.5))
    for (label, suggestion), path in paths.items():
        pen = QPen(QColor(colours.get(label, "#FFFFFF")), width)
        if suggestion:
            pen.setDashPattern([3.0, 2.0])
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.strokePath(path, pen)
    painter.end()
    return made
