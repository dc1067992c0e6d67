"""Validation images in the style that a run learns, epoch by epoch, the originals beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap
from PySide6.QtWidgets import QLabel, QSizePolicy

from tlstudio.ui.lazy import service
from tlstudio.ui.widgets.basics import label, named
from tlstudio.ui.widgets.epoch_strip import EpochStrip
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


class StyleExamplesStrip(EpochStrip):
    def __init__(self, context: Context) -> None:
        note = label(tr("the original in the corner"), "dim")
        super().__init__(
            context, "run_style_examples", [note, None], draw=_draw, tile=_tile, words=_words
        )


def _words(epoch: int) -> str:
    return tr("In the style after epoch {n}", n=epoch)


def _tile(place: int, drawn: tuple[str, QImage]) -> QLabel:
    name, picture = drawn
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
