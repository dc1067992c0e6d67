"""Validation images in the style that a run learns, epoch by epoch, the originals beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from tlstudio.domain.events import Examples
from tlstudio.ui.lazy import service
from tlstudio.ui.widgets.basics import box, clear, column, label, named, row
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.domain.images import ImageRow
    from tlstudio.services.run_examples import StyleExample
    from tlstudio.ui.context import Context

Drawn = list[tuple[str, QImage]]
"""The name of an image, and its restyled picture with the original in a corner."""

SIDE = 192
INSET = 64
_FRAME = QColor(255, 255, 255)


class StyleExamplesStrip(QWidget):
    """Hidden until the first examples of the run shown have come."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        named(self, "run_style_examples", tr("Examples from the validation images"))
        self._context = context
        self._heading = label("", "heading", "run_style_examples_words")
        self._note = label(tr("the original in the corner"), "dim")
        self._pictures = row(gap=8)
        self.setLayout(column(row(self._heading, self._note, None), box(self._pictures), gap=4))
        self.clear()

    def clear(self) -> None:
        """Another run: nothing to show yet."""
        self._epoch = -1
        clear(self._pictures)
        self.hide()

    def show_event(self, run_id: str, event: Examples) -> None:
        """Read and draw the examples that `event` of a run names."""
        self._context.ops.run(
            _draw,
            self._context.project,
            run_id,
            event.file,
            on_done=lambda drawn: self._show(event.epoch, drawn),
            owner=self,
            key="run.style_examples",
        )

    def _show(self, epoch: int, drawn: Drawn) -> None:
        if not drawn or epoch < self._epoch:
            return
        self._epoch = epoch
        self._heading.setText(tr("In the style after epoch {n}", n=epoch))
        clear(self._pictures)
        for place, (name, picture) in enumerate(drawn):
            self._pictures.addWidget(_tile(place, name, picture))
        self._pictures.addStretch(1)
        self.show()


def _tile(place: int, name: str, picture: QImage) -> QLabel:
    tile = named(QLabel(), f"run_style_example_{place}", tr("{name} in the style", name=name), name)
    tile.setAlignment(Qt.AlignmentFlag.AlignCenter)
    tile.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    tile.setPixmap(QPixmap.fromImage(picture))
    return tile


def _draw(project: object, run_id: str, file: str) -> Drawn:
    """On a thread: the restyled pictures, a thumbnail of the original on each."""
    found: list[StyleExample] = service("run_examples", "style_examples")(project, run_id, file)
    rows: list[ImageRow] = service("images", "image_rows")(project, [each.image for each in found])
    by_id = {each.id: each for each in rows}
    keys = [each.pixel_hash for each in rows]
    thumbs = service("images", "thumbnails")(project, keys)
    drawn = []
    for each in found:
        after = QImage(str(each.picture))
        if after.isNull():
            continue
        known = by_id.get(each.image)
        jpeg = thumbs.get(known.pixel_hash) if known is not None else None
        original = QImage.fromData(jpeg) if jpeg else QImage()
        drawn.append((known.name if known is not None else "", together(after, original)))
    return drawn


def together(after: QImage, before: QImage, side: int = SIDE, inset: int = INSET) -> QImage:
    """`after` fitted into `side` pixels, with `before` small in its lower left corner."""
    made = _fitted(after, side).convertToFormat(QImage.Format.Format_RGB32)
    if before.isNull():
        return made
    small = _fitted(before, min(inset, made.width() // 2, made.height() // 2))
    painter = QPainter(made)
    place = QRect(0, made.height() - small.height(), small.width(), small.height())
    painter.fillRect(place.adjusted(0, -2, 2, 0), _FRAME)
    painter.drawImage(place.topLeft(), small)
    painter.end()
    return made


def _fitted(picture: QImage, side: int) -> QImage:
    return picture.scaled(
        side,
        side,
        Qt.AspectRatioMode.KeepAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )
