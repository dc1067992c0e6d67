"""A picture before and after a stylizer, and saving what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog

from tlstudio.ui.lazy import service
from tlstudio.ui.task_words import style_name
from tlstudio.ui.widgets.answer_picture import image_of
from tlstudio.ui.widgets.before_after import BeforeAfter
from tlstudio.ui.words import tr

_QUALITY = 95
_SEEN = 2048
"""Longest side in pixels of what is looked at."""
_WRITTEN = (".png", ".jpg", ".jpeg")


class Repainted(NamedTuple):
    """A picture before and after, to look at, `whole` as it came, and what the style is called."""

    before: QImage
    after: QImage
    whole: QImage
    style: str


class RestyledView(BeforeAfter):
    """Hidden until there is something to compare."""

    def __init__(self) -> None:
        super().__init__("tryout_compare", tr("The image before and after"))
        self._file: Path | None = None
        self._whole: QImage | None = None
        self.hide()

    def show_pair(self, file: Path, pair: Repainted) -> None:
        """Compare the picture in `file` with what the stylizer made of it."""
        self._file, self._whole = file, pair.whole
        self.show_before(pair.before, (pair.whole.width(), pair.whole.height()))
        self.show_after(pair.after)
        self.show()

    def clear(self) -> None:
        """Nothing to compare."""
        self._file = self._whole = None
        self.show_before(None)
        self.show_after(None)
        self.hide()

    def ask_where(self) -> str:
        """Save the restyled picture where a person says, never over the original; what came of
        it in words, empty where nothing was to be done."""
        if self._whole is None or self._file is None:
            return ""
        usual = self._file.with_name(f"{self._file.stem}-restyled.png")
        chosen = QFileDialog.getSaveFileName(
            self, tr("Save the picture"), str(usual), tr("Pictures (*.png *.jpg)")
        )[0]
        return self.save_as(Path(chosen)) if chosen else ""

    def save_as(self, target: Path) -> str:
        """Write the restyled picture; a name without a known ending becomes a PNG."""
        assert self._whole is not None and self._file is not None
        if target.suffix.lower() not in _WRITTEN:
            target = target.with_name(f"{target.name}.png")
        if target.exists() and target.samefile(self._file):
            return tr("This is the original, which stays as it is: choose another name")
        if self._whole.save(str(target), quality=_QUALITY):
            return tr("Saved as {file}", file=target)
        return tr("{file} could not be written", file=target)


def repaint_file(project: object, run: str, file: Path) -> Repainted:
    """On a thread: what a stylizer makes of the first picture in `file`."""
    whole = image_of(service("restyling", "restyle_one")(project, run, file))
    before, _size = service("pictures", "preview_of_file")(file, _SEEN)
    style = service("style_images", "style_of")(project, run).get("label", "")
    return Repainted(image_of(before), _smaller(whole), whole, style_name(style))


def _smaller(picture: QImage) -> QImage:
    """What is looked at: a large picture in full would be slow to move about."""
    if max(picture.width(), picture.height()) <= _SEEN:
        return picture
    return picture.scaled(
        _SEEN,
        _SEEN,
        Qt.AspectRatioMode.KeepAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )
