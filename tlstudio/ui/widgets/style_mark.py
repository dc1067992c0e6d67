"""The style image of a run in small, with its name beside it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from tlstudio.ui.lazy import service
from tlstudio.ui.task_words import style_name
from tlstudio.ui.widgets.answer_picture import image_of
from tlstudio.ui.widgets.basics import column, label, named, row
from tlstudio.ui.words import tr

SIDE = 56
_READ = 256


class Look(NamedTuple):
    """A style image: what a person calls it, and the picture where it can be read."""

    name: str
    picture: QImage | None


def read_look(project: object, run_id: str) -> Look:
    """On a thread: the style image that a run learns from; without a name where it has none."""
    found = service("style_images", "style_of")(project, run_id)
    if not found:
        return Look("", None)
    pixels, _size = service("pictures", "preview_of_file")(Path(found["path"]), _READ)
    return Look(style_name(found["label"]), image_of(pixels))


class StyleMark(QWidget):
    """Hidden where there is no style image to show."""

    def __init__(self) -> None:
        super().__init__()
        named(self, "run_style", tr("Style image"))
        self._picture = QLabel(objectName="run_style_picture")
        self._picture.setFixedSize(SIDE, SIDE)
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._name = label(role="dim", name="run_style_name", wrap=True)
        self._name.setMaximumWidth(200)
        words = column(None, label(tr("In the look of"), "dim"), self._name, None, gap=0)
        self.setLayout(row(self._picture, words))
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)
        self.hide()

    def show_look(self, look: Look) -> None:
        """Show `look`, or nothing where it has no name."""
        self.setVisible(bool(look.name))
        self._name.setText(look.name)
        self.setAccessibleDescription(look.name)
        if look.picture is None:
            self._picture.setText("–")
            return
        ratio = self.devicePixelRatioF()
        side = round(SIDE * ratio)
        made = QPixmap.fromImage(look.picture).scaled(
            side,
            side,
            Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        made.setDevicePixelRatio(ratio)
        self._picture.setPixmap(made)
        self._picture.setToolTip(look.name)
