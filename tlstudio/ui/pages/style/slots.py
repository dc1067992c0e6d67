"""The place for the content image: shows it, takes what is dropped, and offers the ways in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QImage, QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy

from tlstudio.ui.ops import Lane
from tlstudio.ui.pages.style.picked import Intake, Picked, fitted, look_image
from tlstudio.ui.widgets.basics import button, column, named, restyle, row
from tlstudio.ui.widgets.elided import Elided
from tlstudio.ui.words import say_error, tr

if TYPE_CHECKING:
    from tlstudio.ui.context import Context

_HEIGHT = 132
_SIDE = 512


class DropFrame(QFrame):
    """A dashed frame that takes files; `files` with what was dropped."""

    files = Signal(list)

    def __init__(self, name: str, says: str) -> None:
        super().__init__()
        named(self, name, says)
        self.setProperty("role", "drop")
        self.setAcceptDrops(True)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()
            self._show_over(True)

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        self._show_over(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._show_over(False)
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.files.emit(paths)

    def _show_over(self, on: bool) -> None:
        self.setProperty("over", "true" if on else "false")
        restyle(self)


class ContentSlot(DropFrame):
    """The picture whose forms are kept. `changed` when another one was chosen;
    `project_wanted` to pick one of the project's."""

    changed = Signal()
    project_wanted = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__("style_content", tr("Content image: drop a picture here"))
        self._context = context
        self.picked: Picked | None = None
        self.size_of: tuple[int, int] | None = None
        self._image: QImage | None = None
        self._why = ""
        self._picture = QLabel(objectName="style_content_picture")
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._picture.setWordWrap(True)
        self._picture.setProperty("role", "dim")
        self._picture.setFixedHeight(_HEIGHT)
        self._picture.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._name = Elided("style_content_name", "dim")
        self.intake = Intake(context, self)
        self._choose = button(tr("Choose…"), "style_content_choose")
        self._choose.setMenu(
            self.intake.menu(
                tr("Content image"), "style_content", self.take, self.project_wanted.emit,
                many=False,
            )
        )  # fmt: skip
        self.files.connect(lambda paths: self.take([Picked(path) for path in paths[:1]]))
        inside = column(self._picture, self._name, row(self._choose, None))
        inside.setContentsMargins(8, 8, 8, 8)
        self.setLayout(inside)
        self._show()

    def take(self, picked: list[Picked]) -> None:
        """Put this picture here."""
        if not picked:
            return
        self.picked, self.size_of, self._image, self._why = picked[0], None, None, ""
        self._show()
        self._context.ops.run(
            look_image,
            picked[0].path,
            picked[0].frame,
            _SIDE,
            on_done=self._seen,
            on_error=self._unseen,
            lane=Lane.PICTURE,
            key="style.content",
        )
        self.changed.emit()

    def sizeHint(self) -> QSize:
        return QSize(232, _HEIGHT + 96)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show()

    def _seen(self, found: tuple[QImage, tuple[int, int]]) -> None:
        self._image, self.size_of = found
        self._show()
        self.changed.emit()

    def _unseen(self, error: BaseException) -> None:
        self.picked, self._why = None, say_error(error)
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        if self.picked is None:
            self._picture.setText(self._why or tr("Drop the picture to keep here"))
            self._name.hide()
            return
        self._name.show()
        words = self.picked.shown
        if self.size_of is not None:
            words = tr("{name} · {w} × {h}", name=words, w=self.size_of[0], h=self.size_of[1])
        self._name.say(words, f"{words}\n{self.picked.path}")
        if self._image is not None:
            width, ratio = max(60, self._picture.width()), self.devicePixelRatioF()
            self._picture.setPixmap(fitted(self._image, width, _HEIGHT, ratio))
            self._picture.setAccessibleName(words)
        else:
            self._picture.setText("…")
