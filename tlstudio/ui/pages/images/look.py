"""How labels, splits and states look and read, wherever images are shown."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap

from tlstudio.domain.images import ImageRow, ImageState, Split
from tlstudio.ui.label_store import LabelStore
from tlstudio.ui.words import tr


@lru_cache(maxsize=256)
def chip(colour: str, side: int = 12, gap: int = 0) -> QPixmap:
    """A dot in a label's colour, with an outline that shows on dark and light.

    `gap` leaves empty pixels at its right, towards a text.
    """
    made = QPixmap(side + gap, side)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(128, 128, 128, 160), 1))
    painter.setBrush(QColor(colour))
    painter.drawEllipse(QRectF(0.5, 0.5, side - 1, side - 1))
    painter.end()
    return made


def chip_icon(colour: str) -> QIcon:
    """The dot for a button or a menu, with room before the text."""
    return QIcon(chip(colour, 12, 4))


def label_names(labels: LabelStore, row: ImageRow) -> str:
    """The label's name, several joined; a suggestion with a question mark; else empty."""
    names = [made.name for made in map(labels.get, row.labels) if made is not None]
    if names:
        return ", ".join(names)
    hints = [made.name for made in map(labels.get, row.suggested) if made is not None]
    return tr("{name}?", name=hints[0]) if hints else ""


def split_word(split: Split | None) -> str:
    if split is None:
        return ""
    return {Split.TRAIN: tr("train"), Split.VAL: tr("val"), Split.TEST: tr("test")}[split]


def state_word(state: ImageState | str) -> str:
    return {
        "unlabelled": tr("unlabelled"),
        "draft": tr("draft"),
        "labelled": tr("labelled"),
        "reviewed": tr("reviewed"),
        "disputed": tr("disputed"),
    }[str(state)]


def fitted(picture: QPixmap, side: int) -> QPixmap:
    """The picture, made smaller where it is larger than `side` on the screen."""
    edge = round(side * picture.devicePixelRatio())
    if max(picture.width(), picture.height()) <= edge:
        return picture
    keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    return picture.scaled(edge, edge, keep, smooth)


def column_word(name: str) -> str:
    """The title of a column of the list; sorts have the same."""
    return {
        "added": tr("Added"),
        "name": tr("Name"),
        "label": tr("Label"),
        "shapes": tr("Shapes"),
        "split": tr("Split"),
        "group": tr("Group"),
        "state": tr("State"),
        "size": tr("Size"),
        "assignee": tr("Given to"),
        "tags": tr("Tags"),
        "changed": tr("Last change"),
        "unsure": tr("Least sure suggestion"),
    }[name]
