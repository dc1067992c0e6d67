"""How labels, splits and states look and read, wherever images are shown."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QApplication

from tlstudio.domain.images import ImageRow, ImageState, Split
from tlstudio.ui.label_look import paint_swatch, patterns
from tlstudio.ui.label_store import LabelStore
from tlstudio.ui.words import tr


def chip(colour: str, side: int = 12, gap: int = 0, label_id: int = 0) -> QPixmap:
    """A dot in a label's colour, with an outline that shows on dark and light.

    With `label_id` it is a small area filled in the label's pattern, unless patterns are off.
    `gap` leaves empty pixels at its right, towards a text.
    """
    return _chip(colour, side, side, gap, label_id if patterns().on else 0, _ratio())


def swatch(colour: str, label_id: int) -> QPixmap:
    """A wider area, for lists where a label's look is explained: 22 by 14 pixels."""
    return _chip(colour, 22, 14, 0, label_id if patterns().on else 0, _ratio())


def _ratio() -> float:
    app = QApplication.instance()
    return app.devicePixelRatio() if isinstance(app, QApplication) else 1.0


@lru_cache(maxsize=512)
def _chip(colour: str, wide: int, side: int, gap: int, label_id: int, ratio: float) -> QPixmap:
    made = QPixmap(round((wide + gap) * ratio), round(side * ratio))
    made.setDevicePixelRatio(ratio)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if label_id:
        paint_swatch(painter, QRectF(0, 0, wide, side), colour, label_id)
        painter.end()
        return made
    painter.setPen(QPen(QColor(128, 128, 128, 160), 1))
    painter.setBrush(QColor(colour))
    painter.drawEllipse(QRectF((wide - side) / 2 + 0.5, 0.5, side - 1, side - 1))
    painter.end()
    return made


def chip_icon(colour: str, label_id: int = 0) -> QIcon:
    """The dot or pattern for a button or a menu, with room before the text."""
    return QIcon(chip(colour, 12, 4, label_id))


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
