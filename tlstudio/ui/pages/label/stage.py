"""Bringing an image onto the canvas: its annotations and its pixels, both or neither."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from tlstudio.ui.lazy import service

if TYPE_CHECKING:
    from tlstudio.services.pictures import Picture
    from tlstudio.services.workbench import Opened
    from tlstudio.ui.context import Context
    from tlstudio.ui.pages.label.prefetch import Pictures

_SLOW = 200


class Stage(QObject):
    """Until the new image is there the old one stays, and edits are of what is seen.

    `shown(opened, picture)`: both are there. `sharpened(picture)`: the image on the canvas in
    full. `failed(opened, error)`: the pixels cannot be had; `opened` is None where the image
    itself is gone. `slow`: it takes long enough to say so.
    """

    shown = Signal(object, object)
    sharpened = Signal(object)
    failed = Signal(object, object)
    slow = Signal()

    def __init__(self, context: Context, pictures: Pictures, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._project = context.project
        self._pictures = pictures
        self.wanted: int | None = None
        self.image: int | None = None
        self._opened: Opened | None = None
        self._picture: Picture | None = None
        self._error: BaseException | None = None
        self._on_stage: Opened | None = None
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(_SLOW)
        self._patience.timeout.connect(self.slow)
        pictures.arrived.connect(self._arrived)
        pictures.failed.connect(self._no_picture)

    @property
    def busy(self) -> bool:
        """Whether another image than the one that is seen is on its way."""
        return self.wanted != self.image

    def go(self, image: int) -> None:
        """Bring `image` onto the canvas; asking again reads it anew."""
        self.wanted = image
        self._opened, self._error, self._on_stage = None, None, None
        self._picture = self._pictures.get(image)
        if image != self.image:
            self._patience.start()
        self._context.ops.run(
            service("workbench", "open_image"), self._project, image,
            on_done=self._read, on_error=self._gone, key="label.open",
        )  # fmt: skip
        self._pictures.want(image)

    def stop(self) -> None:
        self._patience.stop()
        self.wanted = None

    def _read(self, opened: Opened) -> None:
        if opened.row.id == self.wanted:
            self._opened = opened
            self._show()

    def _arrived(self, image: int, picture: Picture) -> None:
        if image != self.wanted or self._error is not None:
            return
        if self._on_stage is not None:
            self.sharpened.emit(picture)
        else:
            self._picture = picture
            self._show()

    def _no_picture(self, image: int, error: BaseException) -> None:
        if image != self.wanted:
            return
        self._error, self._picture = error, None
        if self._on_stage is not None:  # a draft of it was shown already
            self._opened = self._on_stage
        self._show()

    def _gone(self, error: BaseException) -> None:
        self._patience.stop()
        self.image = self.wanted
        self.failed.emit(None, error)

    def _show(self) -> None:
        if self._opened is None or (self._picture is None and self._error is None):
            return
        self._patience.stop()
        self.image = self.wanted
        self._on_stage, self._opened = self._opened, None
        if self._error is not None:
            self.failed.emit(self._on_stage, self._error)
            return
        picture, self._picture = self._picture, None
        self.shown.emit(self._on_stage, picture)
