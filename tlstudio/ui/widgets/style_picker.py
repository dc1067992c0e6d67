"""The style image of a run: dropped, chosen as a file, or picked from the project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage, QPixmap, QResizeEvent
from PySide6.QtWidgets import QFileDialog, QFrame, QLabel, QSizePolicy, QWidget

from tlstudio.ui.lazy import service
from tlstudio.ui.ops import Lane
from tlstudio.ui.widgets.answer_picture import image_of
from tlstudio.ui.widgets.basics import button, column, label, named, row
from tlstudio.ui.words import say_error, tr

if TYPE_CHECKING:
    from tlstudio.ui.context import Context

_HEIGHT = 140
_READ = 640

Seen = tuple[str, QImage]


class StylePicker(QWidget):
    """`changed` whenever another style image was chosen, or turned out not to be readable."""

    changed = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        named(self, "train_style", tr("Style image"))
        self._context = context
        self._style = ""
        self._fault = ""
        self._image: QImage | None = None
        self._picture = named(QLabel(), "train_style_picture", tr("The style image"))
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._picture.setWordWrap(True)
        self._picture.setFixedHeight(_HEIGHT)
        self._picture.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._drop = QFrame(objectName="train_style_drop")
        self._drop.setProperty("role", "drop")
        inside = column(self._picture)
        inside.setContentsMargins(8, 8, 8, 8)
        self._drop.setLayout(inside)
        self._name = label(role="dim", name="train_style_name", wrap=True)
        self._file = button(
            tr("Choose a picture…"), "train_style_file", self._ask_file, icon="folder"
        )
        self._own = button(
            tr("From the project…"), "train_style_project", self._ask_project, icon="images"
        )
        self.setLayout(column(self._drop, self._name, row(self._file, self._own, None)))
        self._show()

    def wanted(self) -> str:
        """The value of `--style`: a file, or image:ID; empty where nothing is chosen."""
        return self._style

    def problem(self) -> str:
        """Why a run cannot start with this choice; empty when it can."""
        if not self._style:
            return tr("Choose the picture whose look shall be learned")
        return self._fault

    def take_file(self, file: Path) -> None:
        """Learn the look of this file."""
        self._take(str(file), file.name)

    def take_image(self, image: int) -> None:
        """Learn the look of an image of the project."""
        self._take(f"image:{image}", "")

    def _take(self, style: str, name: str) -> None:
        self._style, self._fault, self._image = style, "", None
        self._name.setText(name)
        self._show()
        self._context.ops.run(
            _look,
            self._context.project,
            style,
            on_done=self._seen,
            on_error=self._unseen,
            owner=self,
            lane=Lane.PICTURE,
            key="train.style",
        )
        self.changed.emit()

    def _seen(self, found: Seen) -> None:
        name, self._image = found
        self._name.setText(name)
        self._show()

    def _unseen(self, error: BaseException) -> None:
        self._fault = say_error(error)
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        self._name.setVisible(bool(self._style))
        if self._image is not None:
            self._draw(self._image)
        elif self._fault:
            self._picture.setText(self._fault)
        elif self._style:
            self._picture.setText("…")
        else:
            self._picture.setText(tr("Drop a picture here: a painting, a texture, another stain"))

    def _draw(self, image: QImage) -> None:
        ratio = self.devicePixelRatioF()
        made = QPixmap.fromImage(image).scaled(
            round(max(60, self._picture.width()) * ratio),
            round(_HEIGHT * ratio),
            Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        made.setDevicePixelRatio(ratio)
        self._picture.setPixmap(made)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._image is not None:
            self._draw(self._image)

    def _ask_file(self) -> None:
        chosen = QFileDialog.getOpenFileName(self, tr("Style image"), "", tr("All files (*)"))[0]
        if chosen:
            self.take_file(Path(chosen))

    def _ask_project(self) -> None:
        from tlstudio.ui.widgets.image_question import ask_image

        image = ask_image(self._context, self, tr("The image whose look shall be learned"))
        if image is not None:
            self.take_image(image)


def _look(project: object, style: str) -> Seen:
    """On a thread: what the style image is called, and the picture itself."""
    name, pixels = service("style_images", "style_preview")(project, style, _READ)
    return name, image_of(pixels)
