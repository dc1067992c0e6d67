"""Thumbnails ready to paint: read and decoded off the UI thread, newest wishes first."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QPixmap

from tlstudio.ui.lazy import service

if TYPE_CHECKING:
    from tlstudio.ui.context import Context

_MOST_BYTES = 160 * 1024 * 1024
_BATCH = 24
_REDUCED = 256  # longest side of what is kept of larger images

_Drawn = list[tuple[str, QImage | None]]


class Thumbnails(QObject):
    """`arrived` is sent when some of the wanted pictures are there."""

    arrived = Signal()

    def __init__(self, context: Context, parent: QObject, side: int = 160) -> None:
        super().__init__(parent)
        self._context = context
        self._project = context.project
        self._side = side
        self._pixmaps: OrderedDict[str, QPixmap] = OrderedDict()
        self._sharp: set[str] = set()
        self._absent: set[str] = set()
        self._wanted: list[str] = []
        self._busy = False
        self._bytes = 0
        self._retry = QTimer(self)
        self._retry.setSingleShot(True)
        self._retry.setInterval(3000)
        self._retry.timeout.connect(self._try_absent)

    def set_side(self, side: int) -> None:
        """Pictures from now on fit a square of `side` device pixels."""
        if side != self._side:
            self._side = side
            self._sharp.clear()

    def get(self, key: str) -> QPixmap | None:
        """The picture of a pixel hash, perhaps at an earlier size; None while it is unknown."""
        found = self._pixmaps.get(key)
        if found is not None:
            self._pixmaps.move_to_end(key)
        return found

    def absent(self, key: str) -> bool:
        """Whether there is no thumbnail (not made yet, or its file is gone)."""
        return key in self._absent

    def want(self, keys: Iterable[str]) -> None:
        """Fetch these; whatever was wanted before and is not among them is forgotten."""
        self._wanted = [k for k in keys if k and k not in self._sharp and k not in self._absent]
        self._next()

    def forget_absent(self) -> None:
        """Look again for the ones that were not there (after an import)."""
        self._absent.clear()
        self.arrived.emit()

    def _try_absent(self) -> None:
        if self._absent:
            self.forget_absent()

    def _next(self) -> None:
        if self._busy or not self._wanted:
            return
        batch, self._wanted = self._wanted[:_BATCH], self._wanted[_BATCH:]
        self._busy = True
        self._context.ops.run(
            _draw,
            self._project,
            batch,
            self._side,
            on_done=lambda drawn, side=self._side: self._keep(drawn, side),
            on_error=self._failed,
            owner=self,
        )

    def _failed(self, error: BaseException) -> None:
        self._busy = False
        self._context.show_error(error)

    def _keep(self, drawn: _Drawn, side: int) -> None:
        self._busy = False
        for key, image in drawn:
            if image is None:
                self._absent.add(key)
                self._retry.start()
                continue
            old = self._pixmaps.pop(key, None)
            if old is not None:
                self._bytes -= _size(old)
            made = QPixmap.fromImage(image)
            self._pixmaps[key] = made
            self._bytes += _size(made)
            if side == self._side:
                self._sharp.add(key)
        while self._bytes > _MOST_BYTES and len(self._pixmaps) > _BATCH:
            key, old = self._pixmaps.popitem(last=False)
            self._sharp.discard(key)
            self._bytes -= _size(old)
        self.arrived.emit()
        self._next()


def _size(pixmap: QPixmap) -> int:
    return pixmap.width() * pixmap.height() * 4


def _draw(project: object, keys: list[str], side: int) -> _Drawn:
    """Decode and scale on a thread: QImage only, no QPixmap away from the UI thread."""
    found: dict[str, bytes] = service("images", "thumbnails")(project, keys)
    drawn: _Drawn = []
    for key in keys:
        time.sleep(0)  # lets the UI thread have the interpreter between two pictures
        image = QImage.fromData(found[key]) if key in found else QImage()
        if image.isNull():
            drawn.append((key, None))
            continue
        fitted = image.size().scaled(QSize(side, side), Qt.AspectRatioMode.KeepAspectRatio)
        if fitted.width() < image.width() or max(image.width(), image.height()) < side:
            image = _fit(image, fitted, side)
        drawn.append((key, image.convertToFormat(QImage.Format.Format_RGB32)))
    return drawn


def _fit(image: QImage, fitted: QSize, side: int) -> QImage:
    """Small images are enlarged without smoothing up to a whole factor, so that their pixels stay
    what they are; what is a reduction anyway fills its place.
    """
    ways = Qt.TransformationMode
    if fitted.width() < image.width() or max(image.width(), image.height()) >= _REDUCED:
        return image.scaled(fitted, mode=ways.SmoothTransformation)
    factor = max(1, side // max(image.width(), image.height()))
    return image.scaled(image.size() * factor, mode=ways.FastTransformation)
