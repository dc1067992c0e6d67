"""What the Label page says in the status line: where the pointer is, zoom, progress."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from tlstudio.domain.images import ImageState
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.ui.context import Context
    from tlstudio.ui.pages.label.page import LabelPage

DONE = (ImageState.LABELLED.value, ImageState.REVIEWED.value, ImageState.DISPUTED.value)


class PageStatus(QObject):
    """Speaks only while the page is in front."""

    def __init__(self, page: LabelPage, context: Context) -> None:
        super().__init__(page)
        self._page = page
        self._context = context
        self._place = ""
        self._on = False
        canvas = page.canvas
        canvas.pointer_moved.connect(self._pointer)
        canvas.pointer_left.connect(self._left)
        canvas.view_changed.connect(self._tell)
        canvas.said.connect(self._said)
        page.navigator.counted.connect(lambda _counts: self._tell())

    def show(self) -> None:
        self._on = True
        self._tell()

    def hide(self) -> None:
        self._on = False
        self._context.position_text.emit("")

    def progress_text(self) -> str:
        """143 of 364 labelled."""
        progress = self._page.navigator.progress
        if not progress:
            return ""
        done = sum(progress.get(state, 0) for state in DONE)
        total = sum(progress.values())
        return tr("{n} of {all} labelled", n=f"{done:,}", all=f"{total:,}")

    def _pointer(self, x: float, y: float, value: object) -> None:
        self._place = f"{x:.0f}, {y:.0f}"
        if isinstance(value, tuple):
            self._place += "  " + " ".join(_number(part) for part in value)
            picture = self._page.canvas.picture
            if picture is not None and picture.unit:
                self._place += f" {picture.unit}"
        self._tell()

    def _left(self) -> None:
        self._place = ""
        self._tell()

    def _said(self, text: str) -> None:
        if self._on and text:
            self._context.status_text.emit(text)

    def _tell(self) -> None:
        if not self._on:
            return
        canvas = self._page.canvas
        parts = [self.progress_text()]
        if canvas.image_id is not None:
            width, height = canvas.image_size
            parts.append(f"{width} × {height}")
            parts.append(f"{canvas.view.device_scale * 100:.0f} %")
        parts.append(self._place)
        self._context.position_text.emit("    ".join(filter(None, parts)))


def _number(value: float) -> str:
    return f"{value:.0f}" if float(value).is_integer() else f"{value:.4g}"
